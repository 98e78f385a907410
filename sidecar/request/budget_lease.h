#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace penstock::request {

// What one request took of a number of bytes that all share; goes back at the end of its life. It
// moves along with what it was taken for.
// Threads: any may share the total, one has the lease.
class BudgetLease {
 public:
  // Of nothing, until it takes over another's.
  BudgetLease() = default;
  explicit BudgetLease(std::atomic<std::uint64_t>& total) : total_(&total) {}
  ~BudgetLease() { give_back(); }
  BudgetLease(const BudgetLease&) = delete;
  BudgetLease& operator=(const BudgetLease&) = delete;

  // False: all together would have taken more than `most`.
  bool take(std::uint64_t bytes, std::uint64_t most) {
    if (total_->fetch_add(bytes, std::memory_order_relaxed) + bytes > most) {
      total_->fetch_sub(bytes, std::memory_order_relaxed);
      return false;
    }
    taken_ += bytes;
    return true;
  }
  // The same for what comes whole, be it more than `most`: where nobody holds any but this one and
  // `beside`, of the same owner, it fits.
  bool take_whole(std::uint64_t bytes, std::uint64_t most, const BudgetLease& beside) {
    const std::uint64_t before = total_->fetch_add(bytes, std::memory_order_relaxed);
    if (before > taken_ + beside.taken_ && before + bytes > most) {
      total_->fetch_sub(bytes, std::memory_order_relaxed);
      return false;
    }
    taken_ += bytes;
    return true;
  }
  void give_back() {
    if (taken_ > 0) {
      total_->fetch_sub(std::exchange(taken_, 0), std::memory_order_relaxed);
    }
  }
  // What `other` has taken is this one's from here on; what this one had goes back.
  void take_over(BudgetLease& other) {
    give_back();
    total_ = other.total_;
    taken_ = std::exchange(other.taken_, 0);
  }

 private:
  std::atomic<std::uint64_t>* total_ = nullptr;
  std::uint64_t taken_ = 0;
};

}  // namespace penstock::request
