#include "sidecar/store/alias_table.h"

#include <utility>

#include "sidecar/store/allocation.h"

namespace penstock::store {

AliasNode::AliasNode(const digest::Hash128& raw_key, const digest::Digest& key,
                     domain::KnownRequest request)
    : hash(raw_key.low),
      raw(raw_key),
      alias(std::make_shared<const Alias>(key, std::move(request))) {}

std::size_t AliasNode::byte_size() const {
  return sizeof(*this) + sizeof(Alias) + kSharedBlockBytes + alias->request.heap_bytes() +
         4 * kAllocationOverheadBytes;
}

AliasTable::~AliasTable() {
  const sync::MutexLock lock(mutex_);
  for (std::size_t i = 0; i < index_.buckets(); ++i) {
    while (AliasNode* node = index_.bucket(i)) {
      index_.remove(*node);
      delete node;
    }
  }
}

std::shared_ptr<const Alias> AliasTable::find(const digest::Hash128& raw) {
  const sync::MutexLock lock(mutex_);
  const AliasNode* node = index_.find(raw.low, raw);
  return node == nullptr ? nullptr : node->alias;
}

std::unique_ptr<AliasNode> AliasTable::insert(std::unique_ptr<AliasNode> node) {
  const sync::MutexLock lock(mutex_);
  std::unique_ptr<AliasNode> displaced(index_.find(node->hash, node->raw));
  if (displaced != nullptr) {
    index_.remove(*displaced);
    --size_;
  }
  index_.insert(*node.release());
  ++size_;
  return displaced;
}

std::unique_ptr<AliasNode> AliasTable::remove(const digest::Hash128& raw,
                                              const digest::Digest& key) {
  const sync::MutexLock lock(mutex_);
  AliasNode* node = index_.find(raw.low, raw);
  if (node == nullptr || node->alias->key != key) {
    return nullptr;
  }
  index_.remove(*node);
  --size_;
  return std::unique_ptr<AliasNode>(node);
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
