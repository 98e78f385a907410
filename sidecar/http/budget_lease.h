#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace penstock::http {

// What one request took of a number of bytes that all share; goes back at the end of its life.
// Threads: any may share the total, one has the lease.
class BudgetLease {
 public:
  explicit BudgetLease(std::atomic<std::uint64_t>& total) : total_(total) {}
  ~BudgetLease() { give_back(); }
  BudgetLease(const BudgetLease&) = delete;
  BudgetLease& operator=(const BudgetLease&) = delete;

  // False: all together would have taken more than `most`.
  bool take(std::uint64_t bytes, std::uint64_t most) {
    if (total_.fetch_add(bytes, std::memory_order_relaxed) + bytes > most) {
      total_.fetch_sub(bytes, std::memory_order_relaxed);
      return false;
    }
    taken_ += bytes;
    return true;
  }
  void give_back() { total_.fetch_sub(std::exchange(taken_, 0), std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t>& total_;
  std::uint64_t taken_ = 0;
};

}  // namespace penstock::http
