#include "sidecar/http1/head.h"

#include <utility>

namespace penstock::http1 {
namespace {

// Pointer arithmetic across two blocks, one of which may be gone: done on integers, where it is
// defined.
class Move {
 public:
  Move(const char* from, const char* to)
      : offset_(reinterpret_cast<std::uintptr_t>(to) - reinterpret_cast<std::uintptr_t>(from)) {}

  void apply(std::string_view& view) const {
    if (view.data() != nullptr) {
      const std::uintptr_t moved = reinterpret_cast<std::uintptr_t>(view.data()) + offset_;
      view = std::string_view(reinterpret_cast<const char*>(moved), view.size());
    }
  }

  void apply(HeadFields& head) const {
    for (HeaderField& field : head.fields) {
      apply(field.name);
      apply(field.value);
    }
  }

 private:
  std::uintptr_t offset_;
};

template <class Head>
void reset(Head& head) {
  std::vector<HeaderField> kept = std::move(head.fields);
  kept.clear();
  head = Head{};
  head.fields = std::move(kept);
}

}  // namespace

const HeaderField* HeadFields::find(HeaderId id) const {
  if (!present.contains(id)) {
    return nullptr;
  }
  for (const HeaderField& field : fields) {
    if (field.id == id) {
      return &field;
    }
  }
  return nullptr;
}

void RequestHead::clear() {
  reset(*this);
}

void RequestHead::rebase(const char* old_base, const char* new_base) {
  const Move move(old_base, new_base);
  for (std::string_view* view : {&method, &target, &path, &host, &upgrade}) {
    move.apply(*view);
  }
  move.apply(*this);
}

void ResponseHead::clear() {
  reset(*this);
}

void ResponseHead::rebase(const char* old_base, const char* new_base) {
  const Move move(old_base, new_base);
  move.apply(reason);
  move.apply(upgrade);
  move.apply(*this);
}

}  // namespace penstock::http1
