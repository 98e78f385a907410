#include "sidecar/request/request_text.h"

#include "sidecar/domain/free_memory.h"

namespace penstock::request {
namespace {

// What an idle text may keep of a string's memory: enough for most heads, and for short bodies.
constexpr std::size_t kKeepBytesMax = 4096;

void clear_or_free(std::string& text) {
  if (text.capacity() > kKeepBytesMax) {
    domain::free_memory(text);
  } else {
    text.clear();
  }
}

}  // namespace

void RequestText::own_body(std::string&& bytes) {
  owned_body_ = std::move(bytes);
  body_ = owned_body_;
  owns_body_ = true;
  facts.reset();
}

void RequestText::own() {
  if (!owns_head_) {
    owned_head_.assign(head_bytes_);
    head.rebase(head_bytes_.data(), owned_head_.data());
    head_bytes_ = owned_head_;
    owns_head_ = true;
  }
  if (!owns_body_ && !body_.empty()) {
    owned_body_.assign(body_);
    if (facts) {
      facts->rebase(body_.data(), owned_body_.data());
    }
    body_ = owned_body_;
    owns_body_ = true;
  }
}

void RequestText::clear() {
  head.clear();
  traceparent.clear();
  facts.reset();
  head_bytes_ = {};
  body_ = {};
  clear_or_free(owned_head_);
  clear_or_free(owned_body_);
  lease.give_back();
  owns_head_ = false;
  owns_body_ = false;
}

RequestTextPool::Taken RequestTextPool::take() {
  if (idle_.empty()) {
    return Taken(new RequestText(), Return(*this));
  }
  Taken text(idle_.back().release(), Return(*this));
  idle_.pop_back();
  return text;
}

void RequestTextPool::give_back(std::unique_ptr<RequestText> text) {
  if (idle_.size() < kIdleMax) {
    text->clear();
    idle_.push_back(std::move(text));
  }
}

}  // namespace penstock::request
