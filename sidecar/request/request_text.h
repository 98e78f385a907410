#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sidecar/http1/head.h"

namespace penstock::request {

// A request's bytes: parsed head and, where it was collected, the body.
//
// Starts as views into the worker's receive buffer, which hold only until the coroutine suspends;
// own() copies them before that. A cache hit never suspends, so it never copies.
class RequestText {
 public:
  // What simdjson may read (never use) behind a body.
  static constexpr std::size_t kPadding = 64;

  http1::RequestHead head;

  void borrow_head(std::string_view bytes) { head_bytes_ = bytes; }
  void borrow_body(std::string_view bytes, std::size_t readable) {
    body_ = bytes;
    body_readable_ = readable;
  }
  // Takes a collected body; padding is added.
  void own_body(std::string&& bytes) {
    bytes.reserve(bytes.size() + kPadding);
    owned_body_ = std::move(bytes);
    body_ = owned_body_;
    body_readable_ = owned_body_.capacity();
    owns_body_ = true;
  }

  // Copies what is still borrowed.
  void own();
  // Frees everything but the small facts: nothing needs the text any more.
  void release();

  [[nodiscard]] std::string_view body() const { return body_; }
  // How many bytes may be read from body().data(), padding included.
  [[nodiscard]] std::size_t body_readable() const { return body_readable_; }

 private:
  std::string_view head_bytes_;
  std::string_view body_;
  std::size_t body_readable_ = 0;
  std::string owned_head_;
  std::string owned_body_;
  bool owns_head_ = false;
  bool owns_body_ = false;
};

}  // namespace penstock::request
