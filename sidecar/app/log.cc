#include "sidecar/app/log.h"

#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include <unistd.h>

#include "sidecar/request/json_text.h"

namespace penstock::app {
namespace {

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n < 0) {
      if (errno == EINTR) {
        continue;
      }
      return;  // nobody reads any more
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string rfc3339_now() {
  std::timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text.data(), size};
}

}  // namespace

LogWriter::LogWriter() : thread_([this] { run(); }) {}

LogWriter::~LogWriter() {
  {
    const sync::MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

std::string LogWriter::write(std::string&& lines) {
  const sync::MutexLock lock(mutex_);
  add({STDOUT_FILENO, std::move(lines)});
  std::string buffer;
  if (!spare_.empty()) {
    buffer = std::move(spare_.back());
    spare_.pop_back();
  }
  return buffer;
}

void LogWriter::note(std::string_view level, std::string_view message) {
  std::string line = R"({"time":")" + rfc3339_now() + R"(","level":")";
  line += level;
  line += R"(","message":)";
  request::append_json_string(line, message);
  line += "}\n";
  const sync::MutexLock lock(mutex_);
  add({STDERR_FILENO, std::move(line)});
}

void LogWriter::add(Piece piece) {
  if (queued_bytes_ + piece.text.size() > kQueueBytes) {
    ++dropped_;
    return;
  }
  queued_bytes_ += piece.text.size();
  queue_.push_back(std::move(piece));
  if (std::exchange(waiting_, false)) {
    wake_.notify_one();
  }
}

std::uint64_t LogWriter::dropped_buffers() const {
  const sync::MutexLock lock(mutex_);
  return dropped_;
}

void LogWriter::run() {
  std::vector<Piece> pieces;
  for (;;) {
    {
      const sync::MutexLock lock(mutex_);
      for (Piece& written : pieces) {
        if (spare_.size() < kSpareMax && written.descriptor == STDOUT_FILENO) {
          written.text.clear();
          spare_.push_back(std::move(written.text));
        }
      }
      pieces.clear();
      while (queue_.empty() && !stopping_) {
        waiting_ = true;
        wake_.wait(mutex_);
      }
      if (queue_.empty()) {
        return;
      }
      pieces.swap(queue_);
      queued_bytes_ = 0;
    }
    for (const Piece& piece : pieces) {
      write_all(piece.descriptor, piece.text);
    }
  }
}

}  // namespace penstock::app
