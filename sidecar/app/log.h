#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "lib/sync/mutex.h"

namespace penstock::app {

// Writes the program's output on a thread of its own, so that a slow reader of standard output
// never stops a worker.
//
// Threads: any. Bounded: past kQueueBytes whole buffers are dropped and counted.
class LogWriter {
 public:
  static constexpr std::size_t kQueueBytes = 4 << 20;
  static constexpr std::size_t kSpareMax = 4;

  LogWriter();
  ~LogWriter();  // writes what is queued
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Whole lines for standard output (the access log). Returns an empty buffer to go on with.
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
  void add(Piece piece) PENSTOCK_REQUIRES(mutex_);
  void run();

  mutable sync::Mutex mutex_;
  sync::Condition wake_;
  std::vector<Piece> queue_ PENSTOCK_GUARDED_BY(mutex_);
  std::size_t queued_bytes_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> spare_ PENSTOCK_GUARDED_BY(mutex_);  // written, empty, with their memory
  bool stopping_ PENSTOCK_GUARDED_BY(mutex_) = false;
  bool waiting_ PENSTOCK_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace penstock::app
