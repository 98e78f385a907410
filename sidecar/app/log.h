#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <unistd.h>

namespace penstock::app {

// Writes the program's output on a thread of its own, so that a slow reader of standard output
// never stops a worker.
//
// Threads: any. Bounded: buffers that hold kQueueBytes of memory wait at most, and as much is being
// written. What comes on top is dropped whole and counted, and a line on standard error says so.
// The end waits for kEndMax at most: one that nobody reads does not keep the program.
class LogWriter {
 public:
  static constexpr std::size_t kQueueBytes = 4 << 20;
  // Written buffers that are kept for write() to give back: so many, and only large ones.
  static constexpr std::size_t kSpareMax = 4;
  static constexpr std::size_t kSpareBytesMin = 64 << 10;
  static constexpr std::chrono::milliseconds kEndMax{2'000};

  // The descriptors are not closed; tests bring their own.
  explicit LogWriter(int output = STDOUT_FILENO, int errors = STDERR_FILENO,
                     std::chrono::milliseconds end_max = kEndMax);
  // Writes what is queued, as far as it is read until then. A write that hangs is left behind, and
  // nothing follows it.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Whole lines for standard output (the access log). Returns an empty buffer to go on with, which
  // may be the same one.
  std::string write(std::string&& lines);
  // One JSON line of the program's own log to standard error: time, level, message. Never a secret,
  // never content.
  void note(std::string_view level, std::string_view message);

  [[nodiscard]] std::uint64_t dropped_buffers() const;

 private:
  class Queue;

  const std::shared_ptr<Queue> queue_;
  const std::chrono::milliseconds end_max_;
};

}  // namespace penstock::app
