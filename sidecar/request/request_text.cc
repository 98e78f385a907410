#include "sidecar/request/request_text.h"

#include "sidecar/domain/free_memory.h"

namespace penstock::request {

void RequestText::own() {
  if (!owns_head_) {
    owned_head_.assign(head_bytes_);
    head.rebase(head_bytes_.data(), owned_head_.data());
    head_bytes_ = owned_head_;
    owns_head_ = true;
  }
  if (!owns_body_ && !body_.empty()) {
    owned_body_.reserve(body_.size() + kPadding);
    owned_body_.assign(body_);
    body_ = owned_body_;
    body_readable_ = owned_body_.capacity();
    owns_body_ = true;
  }
}

void RequestText::release() {
  head = {};
  head_bytes_ = {};
  body_ = {};
  body_readable_ = 0;
  domain::free_memory(owned_head_);
  domain::free_memory(owned_body_);
  owns_head_ = true;
  owns_body_ = true;
}

}  // namespace penstock::request
