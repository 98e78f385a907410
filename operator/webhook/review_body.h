#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace penstock::webhook {

// What large bodies may hold together. Small ones are not counted, so that nobody who sends large
// ones keeps an ordinary review from being read.
// Threads: any.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes) : left_(bytes) {}

  bool take(std::size_t bytes) {
    std::size_t left = left_.load();
    do {
      if (left < bytes) {
        return false;
      }
    } while (!left_.compare_exchange_weak(left, left - bytes));
    return true;
  }
  void give_back(std::size_t bytes) { left_ += bytes; }

 private:
  std::atomic<std::size_t> left_;
};

// The body of one request as it arrives, whatever its length is said to be. What cannot be kept is
// read on and dropped, so that the answer finds its connection in order, up to a bound.
// Threads: one at a time.
class ReviewBody {
 public:
  // Of pods, which have some 10 KB each.
  static constexpr std::size_t kSmallBytes = 128U << 10U;
  // An API server takes no object above 3 MiB.
  static constexpr std::size_t kBytesMax = 4U << 20U;
  static constexpr std::size_t kReadMax = 16U << 20U;

  explicit ReviewBody(BodyBudget& budget) : budget_(budget) {}
  ~ReviewBody() { budget_.give_back(counted_); }
  ReviewBody(const ReviewBody&) = delete;
  ReviewBody& operator=(const ReviewBody&) = delete;

  // False: there is no point in reading on.
  bool add(std::string_view piece) {
    read_ += piece.size();
    if (refusal_ == 0) {
      refusal_ = keep(piece);
      if (refusal_ != 0) {
        budget_.give_back(std::exchange(counted_, 0));
        text_ = std::string();
      }
    }
    return read_ <= kReadMax;
  }

  // The status to refuse it with: 413, or 503 while others hold the budget; 0: it is whole.
  [[nodiscard]] int refusal() const { return refusal_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  int keep(std::string_view piece) {
    const std::size_t size = text_.size() + piece.size();
    if (size > kBytesMax) {
      return 413;
    }
    if (size > kSmallBytes) {
      if (!budget_.take(size - counted_)) {
        return 503;
      }
      counted_ = size;
    }
    text_ += piece;
    return 0;
  }

  BodyBudget& budget_;
  std::string text_;
  std::size_t counted_ = 0;  // taken from the budget
  std::size_t read_ = 0;
  int refusal_ = 0;
};

}  // namespace penstock::webhook
