#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/dialect/request_facts.h"
#include "sidecar/http1/head.h"
#include "sidecar/request/budget_lease.h"

namespace penstock::request {

// A request's bytes: parsed head and, where it was collected, the body; and what was read from
// them.
//
// Starts as views into the worker's receive buffer, which hold only until the coroutine suspends;
// own() copies them before that. A cache hit never suspends, so it never copies.
class RequestText {
 public:
  http1::RequestHead head;
  std::string traceparent;  // goes upstream in place of the client's; empty: as it came
  // What the body says; empty until somebody asks (CallerContext::facts()).
  std::optional<dialect::RequestFacts> facts;
  BudgetLease lease;  // of a collected body; goes back when the text does

  void borrow_head(std::string_view bytes) { head_bytes_ = bytes; }
  void borrow_body(std::string_view bytes) { body_ = bytes; }
  // Takes a collected body. What was read of another body is forgotten.
  void own_body(std::string&& bytes);

  // Copies what is still borrowed.
  void own();
  // As new, but for the memory of what is small.
  void clear();

  [[nodiscard]] std::string_view body() const { return body_; }

 private:
  std::string_view head_bytes_;
  std::string_view body_;
  std::string owned_head_;
  std::string owned_body_;
  bool owns_head_ = false;
  bool owns_body_ = false;
};

// One worker's request texts that are not in use: a request takes its text from here and gives it
// back as soon as nothing needs it, which for a stream is long before its end.
//
// Threads: the worker's. Keeps at most kIdleMax of them, none with much memory.
class RequestTextPool {
 public:
  static constexpr std::size_t kIdleMax = 64;

  class Return {
   public:
    Return() = default;
    explicit Return(RequestTextPool& pool) : pool_(&pool) {}
    void operator()(RequestText* text) const {
      pool_->give_back(std::unique_ptr<RequestText>(text));
    }

   private:
    RequestTextPool* pool_ = nullptr;
  };
  using Taken = std::unique_ptr<RequestText, Return>;

  // The pool outlives what is taken.
  [[nodiscard]] Taken take();

 private:
  void give_back(std::unique_ptr<RequestText> text);

  std::vector<std::unique_ptr<RequestText>> idle_;
};

}  // namespace penstock::request
