#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace penstock::stages {

// In how many workers each backend of a policy is out of use: each worker judges by its own calls.
//
// Threads: any.
class BackendBoard {
 public:
  explicit BackendBoard(std::size_t backends)
      : out_of_use_(std::make_unique<std::atomic<std::uint32_t>[]>(backends)) {}

  void take_out(std::uint32_t backend) { out_of_use_[backend].fetch_add(1); }
  void put_back(std::uint32_t backend) { out_of_use_[backend].fetch_sub(1); }
  [[nodiscard]] bool healthy(std::size_t backend) const { return out_of_use_[backend] == 0; }

 private:
  std::unique_ptr<std::atomic<std::uint32_t>[]> out_of_use_;
};

}  // namespace penstock::stages
