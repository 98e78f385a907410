#include "sidecar/app/log.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include "lib/sync/mutex.h"
#include "sidecar/request/json_text.h"

namespace penstock::app {
namespace {

std::string rfc3339_now() {
  std::timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text.data(), size};
}

std::string log_line(std::string_view level, std::string_view message) {
  std::string line = R"({"time":")" + rfc3339_now() + R"(","level":")";
  line += level;
  line += R"(","message":)";
  request::append_json_string(line, message);
  line += "}\n";
  return line;
}

}  // namespace

// What the writer shares with its thread, so that one that hangs in a write needs nobody to wait
// for it.
class LogWriter::Queue : public std::enable_shared_from_this<Queue> {
 public:
  Queue(int output, int errors) : output_(output), errors_(errors) {}

  void begin() {
    std::thread([self = shared_from_this()] { self->run(); }).detach();
  }
  void end(std::chrono::milliseconds limit);
  std::string write(std::string&& lines);
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
  void write_all(int descriptor, std::string_view text) const;

  const int output_;
  const int errors_;
  mutable sync::Mutex mutex_;
  sync::Condition wake_;
  sync::Condition done_;
  std::vector<Piece> queue_ PENSTOCK_GUARDED_BY(mutex_);
  std::size_t queued_bytes_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::uint64_t dropped_said_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> spare_ PENSTOCK_GUARDED_BY(mutex_);  // written, empty, with their memory
  bool stopping_ PENSTOCK_GUARDED_BY(mutex_) = false;
  bool waiting_ PENSTOCK_GUARDED_BY(mutex_) = false;
  bool ended_ PENSTOCK_GUARDED_BY(mutex_) = false;
  std::atomic<bool> abandoned_ = false;  // the descriptors may be others' by now
};

void LogWriter::Queue::end(std::chrono::milliseconds limit) {
  const sync::MutexLock lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
  while (!ended_) {
    if (!done_.wait_for(mutex_, limit)) {
      abandoned_ = true;
      return;
    }
  }
}

// A buffer that is mostly empty is copied and stays where it is: else the lines of a quiet second
// would wait in the memory of a busy one.
std::string LogWriter::Queue::write(std::string&& lines) {
  const bool copied = lines.size() <= lines.capacity() / 2;
  Piece piece{output_, copied ? std::string(lines) : std::move(lines)};
  std::string buffer;
  const sync::MutexLock lock(mutex_);
  if (!add(piece)) {
    ++dropped_;
    buffer = std::move(copied ? lines : piece.text);
  } else if (copied) {
    buffer = std::move(lines);
  } else if (!spare_.empty()) {
    buffer = std::move(spare_.back());
    spare_.pop_back();
  }
  buffer.clear();
  return buffer;
}

void LogWriter::Queue::note(std::string_view level, std::string_view message) {
  Piece piece{errors_, log_line(level, message)};
  const sync::MutexLock lock(mutex_);
  if (!add(piece)) {
    ++dropped_;
  }
}

bool LogWriter::Queue::add(Piece& piece) {
  const std::size_t bytes = sizeof(Piece) + piece.text.capacity();
  if (queued_bytes_ + bytes > kQueueBytes) {
    return false;
  }
  queued_bytes_ += bytes;
  queue_.push_back(std::move(piece));
  if (std::exchange(waiting_, false)) {
    wake_.notify_one();
  }
  return true;
}

std::uint64_t LogWriter::Queue::dropped_buffers() const {
  const sync::MutexLock lock(mutex_);
  return dropped_;
}

bool LogWriter::Queue::take(std::vector<Piece>& pieces) {
  const sync::MutexLock lock(mutex_);
  for (Piece& written : pieces) {
    if (spare_.size() < kSpareMax && written.text.capacity() >= kSpareBytesMin) {
      written.text.clear();
      spare_.push_back(std::move(written.text));
    }
  }
  pieces.clear();
  while (queue_.empty() && !stopping_) {
    waiting_ = true;
    wake_.wait(mutex_);
  }
  pieces.swap(queue_);
  queued_bytes_ = 0;
  if (const std::uint64_t dropped = dropped_ - dropped_said_; dropped > 0) {
    dropped_said_ = dropped_;
    pieces.push_back({errors_, log_line("warn", std::to_string(dropped) +
                                                    " buffers of log lines dropped: standard "
                                                    "output is read too slowly")});
  }
  return !pieces.empty();
}

void LogWriter::Queue::run() {
  std::vector<Piece> pieces;
  while (take(pieces)) {
    for (const Piece& piece : pieces) {
      write_all(piece.descriptor, piece.text);
    }
  }
  const sync::MutexLock lock(mutex_);
  ended_ = true;
  done_.notify_all();
}

void LogWriter::Queue::write_all(int descriptor, std::string_view text) const {
  while (!text.empty() && !abandoned_) {
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      // Who shares the other end's description made it non-blocking; here is time to wait.
      pollfd room{.fd = descriptor, .events = POLLOUT, .revents = 0};
      static_cast<void>(::poll(&room, 1, -1));
    } else if (errno != EINTR) {
      return;  // nobody reads any more
    }
  }
}

LogWriter::LogWriter(int output, int errors, std::chrono::milliseconds end_max)
    : queue_(std::make_shared<Queue>(output, errors)), end_max_(end_max) {
  queue_->begin();
}

LogWriter::~LogWriter() {
  queue_->end(end_max_);
}

std::string LogWriter::write(std::string&& lines) {
  return queue_->write(std::move(lines));
}

void LogWriter::note(std::string_view level, std::string_view message) {
  queue_->note(level, message);
}

std::uint64_t LogWriter::dropped_buffers() const {
  return queue_->dropped_buffers();
}

}  // namespace penstock::app
