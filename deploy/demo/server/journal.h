#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/demo/model/answer.h"

namespace penstock::demo::server {

// What the simulated server has seen: the witness that tests ask what truly reached the upstream.

struct Record {
  std::uint64_t number = 0;      // of the request, from 1, over all connections
  std::uint64_t connection = 0;  // from 1
  model::Operation operation = model::Operation::kUnknown;
  std::string method;
  std::string target;
  int minor_version = 1;
  std::vector<model::Header> headers;  // as received; credentials as "sha256:" and 16 digits
  std::vector<std::string> trailers;
  std::string body;  // the first kBodyKept bytes
  std::uint64_t body_bytes = 0;
  std::string body_sha256;
  int status = 0;  // 0 while no answer has begun
  std::uint64_t events_sent = 0;
  std::uint64_t bytes_sent = 0;
  bool finished = false;
  bool aborted = false;  // the client left before the answer was complete
};

inline constexpr std::size_t kBodyKept = 16 * 1024;

// Counters never go backwards except by reset(); open and in_flight are levels.
struct Counters {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> aborted{0};
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::int64_t> open{0};
  std::atomic<std::int64_t> in_flight{0};
  std::atomic<std::uint64_t>
      by_operation[static_cast<std::size_t>(model::Operation::kUnknown) + 1] = {};
};

// Threads: safe.
class Journal {
 public:
  // Keeps the last `capacity` records; 0 keeps none.
  explicit Journal(std::size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] bool enabled() const { return capacity_ > 0; }

  void add(Record record);
  // Finds the record by its number and changes it; nothing happens where it has left already.
  void answered(std::uint64_t number, int status);
  void finished(std::uint64_t number, bool aborted, std::uint64_t events, std::uint64_t bytes);

  // A JSON array, oldest first. `after` leaves out records up to that number.
  [[nodiscard]] std::string json(std::uint64_t after, bool bodies) const;
  void clear();

 private:
  Record* find(std::uint64_t number);

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<Record> records_;
};

// How often a key has been used, for `times`.
//
// Threads: safe. Bounded: past 10,000 keys all are forgotten.
class UseCounts {
 public:
  // Counts one more use and returns how many there were before.
  std::uint64_t use(const std::string& key);
  void clear();

 private:
  std::mutex mutex_;
  std::map<std::string, std::uint64_t, std::less<>> uses_;
};

[[nodiscard]] bool is_credential(std::string_view header_name);
[[nodiscard]] std::string hex(std::span<const unsigned char> bytes);
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
[[nodiscard]] std::string counters_json(const Counters& counters, std::size_t held);

}  // namespace penstock::demo::server
