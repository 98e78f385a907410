#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "lib/clock/clock.h"

namespace penstock::kube {

// Which keys ("namespace/name") are to be looked at, and when. A key waits once, however often it
// is added; one that is added while it is worked on is worked on again afterwards, never by two at
// once. Namespaces take turns, so that one with a thousand keys delays no other.
// Pure: `now` comes from the caller. Threads: none; see Workers.
class WorkQueue {
 public:
  using Instant = clock::Instant;

  explicit WorkQueue(std::uint64_t seed) : random_(seed) {}

  void add(std::string_view key);
  // At `due`, or earlier where something else adds it; an earlier due time wins.
  void add_at(std::string_view key, Instant due);
  // After a failure: later each time, until done() is told of a success.
  void retry(std::string_view key, Instant now, std::optional<std::chrono::seconds> retry_after);

  // The next key to work on. It stays out of the queue until done().
  std::optional<std::string> take(Instant now);
  void done(std::string_view key, bool succeeded);

  // When the next delayed key is due.
  [[nodiscard]] std::optional<Instant> next_due() const;
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  void release_due(Instant now);
  void enqueue(const std::string& key);

  std::map<std::string, std::deque<std::string>, std::less<>> by_namespace_;
  std::deque<std::string> turns_;  // namespaces that have keys, in their order
  std::set<std::string, std::less<>> waiting_;
  std::set<std::string, std::less<>> working_;
  std::set<std::string, std::less<>> again_;  // added while worked on
  std::map<std::string, Instant, std::less<>> delayed_;
  std::set<std::pair<Instant, std::string>> by_due_;
  std::map<std::string, unsigned, std::less<>> failures_;
  std::uint64_t random_;
};

}  // namespace penstock::kube
