#include "sidecar/http/shared_head.h"

#include <functional>

namespace penstock::http {
namespace {

// The bytes from the first to the last that any of the views covers.
class Extent {
 public:
  void add(std::string_view view) {
    if (view.data() == nullptr) {
      return;
    }
    const char* const end = view.data() + view.size();
    begin_ = begin_ == nullptr || std::less<>()(view.data(), begin_) ? view.data() : begin_;
    end_ = end_ == nullptr || std::less<>()(end_, end) ? end : end_;
  }
  [[nodiscard]] std::string_view bytes() const {
    return {begin_, static_cast<std::size_t>(end_ - begin_)};
  }

 private:
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
};

}  // namespace

void copy_head(const http1::ResponseHead& from, request::SharedHead& to) {
  Extent extent;
  extent.add(from.reason);
  extent.add(from.upgrade);
  for (const http1::HeaderField& field : from.fields) {
    extent.add(field.name);
    extent.add(field.value);
  }
  const std::string_view bytes = extent.bytes();
  to.text.assign(bytes);
  to.head = from;
  to.head.rebase(bytes.data(), to.text.data());
}

}  // namespace penstock::http
