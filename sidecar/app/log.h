#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unistd.h>

#include "lib/sync/mutex.h"

namespace penstock::app {

// Writes the program's output on a thread of its own, so that a slow reader of standard output
// never stops a worker.
//
// Threads: any. Bounded: buffers that hold kQueueBytes of memory wait at most, and as much is being
// written. What comes on top is dropped whole and counted, and a line on standard error says so.
class LogWriter {
 public:
  static constexpr std::size_t kQueueBytes = 4 << 20;
  // Written buffers that are kept for write() to give back: so many, and only large ones.
  static constexpr std::size_t kSpareMax = 4;
  static constexpr std::size_t kSpareBytesMin = 64 << 10;

  // The descriptors are not closed; tests bring their own.
  explicit LogWriter(int output = STDOUT_FILENO, int errors = STDERR_FILENO);
  ~LogWriter();  // writes what is queued
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
  struct Piece {
    int descriptor;
    std::string text;
  };
  // False: no room, and the piece is as it was.
  bool add(Piece& piece) PENSTOCK_REQUIRES(mutex_);
  // Waits for pieces and takes them all, in exchange for those that are written. False: the end.
  bool take(std::vector<Piece>& pieces);
  void run();

  const int output_;
  const int errors_;
  mutable sync::Mutex mutex_;
  sync::Condition wake_;
  std::vector<Piece> queue_ PENSTOCK_GUARDED_BY(mutex_);
  std::size_t queued_bytes_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_said_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> spare_ PENSTOCK_GUARDED_BY(mutex_);  // written, empty, with their memory
  bool stopping_ PENSTOCK_GUARDED_BY(mutex_) = false;
  bool waiting_ PENSTOCK_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace penstock::app
