#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "deploy/demo/server/journal.h"

namespace penstock::demo::server {

// What the simulated model needs time for. Milliseconds.
struct Timing {
  std::int64_t first_token_ms = 0;
  std::int64_t per_token_ms = 0;
  std::int64_t jitter_percent = 0;  // each delay varies by up to this much either way
  std::uint64_t seed = 1;
};

// Answers that wait for POST /simulate/release.
//
// Threads: safe. `wake` is called at most once, from the releasing thread.
class Holds {
 public:
  using Ticket = std::pair<std::string, std::uint64_t>;

  Ticket add(const std::string& id, std::function<void()> wake);
  void remove(const Ticket& ticket);
  // Wakes everybody who waits for the id, or everybody at all where it is empty; returns how many.
  std::size_t release(const std::string& id);
  [[nodiscard]] std::size_t count(const std::string& id) const;

 private:
  mutable std::mutex mutex_;
  std::uint64_t next_ = 0;
  std::map<Ticket, std::function<void()>> waiting_;
};

// An x-simulate value for requests that carry none.
//
// Threads: safe.
class Preset {
 public:
  [[nodiscard]] std::string get() const;
  void set(std::string value);

 private:
  mutable std::mutex mutex_;
  std::string value_;
};

// What all sessions of all threads share.
struct Shared {
  Shared(const Timing& pace, std::size_t journal_capacity, std::uint64_t first_id)
      : timing(pace), journal(journal_capacity), id_seed(first_id) {}

  const Timing timing;
  Counters counters;
  Journal journal;
  UseCounts uses;
  Holds holds;
  Preset preset;
  const std::uint64_t id_seed;
  std::atomic<std::uint64_t> next_request{1};
};

// The answer to /simulate/..., and whether it was understood.
[[nodiscard]] model::Answer control(Shared& shared, std::string_view method,
                                    std::string_view target, std::string_view body);

}  // namespace penstock::demo::server
