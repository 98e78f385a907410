#include "sidecar/store/alias_table.h"

#include <utility>

#include "sidecar/store/allocation.h"

namespace penstock::store {

std::size_t Alias::byte_size() const {
  return sizeof(*this) + kSharedBlockBytes + request.heap_bytes() + 3 * kAllocationOverheadBytes;
}

AliasTable::~AliasTable() {
  const sync::MutexLock lock(mutex_);
  for (std::size_t i = 0; i < index_.buckets(); ++i) {
    for (Alias* alias : index_.nodes_of(i)) {
      index_.remove(*alias);
      std::exchange(alias->self, nullptr).reset();
    }
  }
}

std::shared_ptr<const Alias> AliasTable::find(const digest::Hash128& raw) {
  const sync::MutexLock lock(mutex_);
  const Alias* alias = index_.find(raw.low, raw);
  return alias == nullptr ? nullptr : alias->self;
}

std::shared_ptr<Alias> AliasTable::insert(std::shared_ptr<Alias> alias) {
  const sync::MutexLock lock(mutex_);
  std::shared_ptr<Alias> displaced;
  if (Alias* old = index_.find(alias->hash, alias->raw)) {
    index_.remove(*old);
    displaced = std::move(old->self);
    --size_;
  }
  Alias& own = *alias;
  own.self = std::move(alias);
  index_.insert(own);
  ++size_;
  return displaced;
}

void AliasTable::remove(Alias& alias) {
  std::shared_ptr<Alias> self;  // let go of outside the mutex
  const sync::MutexLock lock(mutex_);
  if (alias.self != nullptr) {
    index_.remove(alias);
    self = std::move(alias.self);
    --size_;
  }
}

std::size_t AliasTable::size() {
  const sync::MutexLock lock(mutex_);
  return size_;
}

std::size_t AliasTable::overhead_bytes() {
  const sync::MutexLock lock(mutex_);
  return sizeof(*this) + index_.overhead_bytes();
}

}  // namespace penstock::store
