#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/resolve/resolved_policy.h"

namespace penstock::stages {

// What workers tell each other of a policy's backends: in how many of them each is out of use, for
// each judges by its own calls; and which refused our stream option, which one alone finds out.
//
// Threads: any.
class BackendBoard {
 public:
  explicit BackendBoard(std::size_t backends)
      : out_of_use_(std::make_unique<std::atomic<std::uint32_t>[]>(backends)),
        refuses_option_(std::make_unique<std::atomic<bool>[]>(backends)) {}

  void take_out(std::uint32_t backend) { out_of_use_[backend].fetch_add(1); }
  void put_back(std::uint32_t backend) { out_of_use_[backend].fetch_sub(1); }
  [[nodiscard]] bool healthy(std::size_t backend) const { return out_of_use_[backend] == 0; }

  // It answered 400 to the stream_options that we put in: not asked again while this policy runs.
  void note_option_refused(std::uint32_t backend) {
    refuses_option_[backend].store(true, std::memory_order_relaxed);
  }
  [[nodiscard]] bool refuses_option(std::uint32_t backend) const {
    return refuses_option_[backend].load(std::memory_order_relaxed);
  }

 private:
  std::unique_ptr<std::atomic<std::uint32_t>[]> out_of_use_;
  std::unique_ptr<std::atomic<bool>[]> refuses_option_;
};

// Whether we ask this backend's streams for their usage where the client does not.
[[nodiscard]] inline bool asks_for_usage(const resolve::ResolvedPolicy& policy,
                                         std::uint32_t backend, const BackendBoard& board) {
  const resolve::Backend& asked = policy.backends[backend];
  const bool always = asked.stream_usage == resolve::StreamUsage::kAlways;
  const bool automatic = asked.stream_usage == resolve::StreamUsage::kAuto;
  return asked.dialect == resolve::DialectName::kOpenAi &&
         (always || (automatic && !board.refuses_option(backend)));
}

}  // namespace penstock::stages
