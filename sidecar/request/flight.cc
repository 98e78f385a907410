#include "sidecar/request/flight.h"

#include <algorithm>
#include <cstring>

namespace penstock::request {

// A run of payload. Bytes before `used` never change; the driver writes behind it before it
// publishes.
struct Flight::Segment {
  explicit Segment(std::uint64_t first, std::size_t size)
      : begin(first), capacity(size), bytes(std::make_unique_for_overwrite<char[]>(size)) {}

  const std::uint64_t begin;
  const std::size_t capacity;
  std::size_t used = 0;  // guarded by the flight's mutex for everybody but the driver
  std::unique_ptr<char[]> bytes;
};

namespace {
constexpr std::size_t kSegmentBytesMin = 4096;
}  // namespace

void Flight::set_driver(std::shared_ptr<FlightListener> driver) {
  const sync::MutexLock lock(mutex_);
  driver_ = std::move(driver);
}

void Flight::publish_head(std::shared_ptr<const SharedHead> head) {
  {
    const sync::MutexLock lock(mutex_);
    head_ = std::move(head);
  }
  announce();
}

void Flight::append(std::string_view payload, Caller* served) {
  if (payload.empty()) {
    return;
  }
  const std::size_t room = tail_ == nullptr ? 0 : tail_->capacity - tail_->used;
  const std::size_t fits = std::min(room, payload.size());
  if (fits > 0) {
    std::memcpy(tail_->bytes.get() + tail_->used, payload.data(), fits);
  }
  std::shared_ptr<Segment> next;
  if (fits < payload.size()) {
    const std::string_view rest = payload.substr(fits);
    const std::uint64_t begin = tail_ == nullptr ? 0 : tail_->begin + tail_->capacity;
    next = std::make_shared<Segment>(begin, std::max(kSegmentBytesMin, rest.size()));
    std::memcpy(next->bytes.get(), rest.data(), rest.size());
    next->used = rest.size();
  }
  const sync::MutexLock lock(mutex_);
  if (fits > 0) {
    tail_->used += fits;
  }
  if (next != nullptr) {
    tail_ = next;
    log_.push_back(std::move(next));
  }
  size_ += payload.size();
  if (served != nullptr) {
    served->position = size_;
  }
  keeps_history_ = keeps_history_ && size_ <= limits_.retained_bytes_max;
  if (!keeps_history_) {
    drop_history();
  }
}

void Flight::drop_history() {
  if (callers_.size() > 1) {
    for (Caller* caller : callers_) {
      caller->lost = caller->lost || size_ - caller->position > limits_.retained_bytes_max;
    }
  }
  const std::uint64_t needed = slowest_position();
  const auto keep = std::find_if(log_.begin(), log_.end(), [needed](const auto& segment) {
    return segment->begin + segment->used > needed;
  });
  log_.erase(log_.begin(), keep);
}

std::uint64_t Flight::slowest_position() {
  std::uint64_t slowest = size_;
  for (const Caller* caller : callers_) {
    slowest = caller->lost ? slowest : std::min(slowest, caller->position);
  }
  return slowest;
}

void Flight::finish(FlightEnd end, ErrorCode error, const CallSummary& summary) {
  {
    const sync::MutexLock lock(mutex_);
    end_ = end;
    error_ = error;
    summary_ = summary;
    driver_.reset();
  }
  announce();
}

bool Flight::should_pause() {
  const sync::MutexLock lock(mutex_);
  paused_ = callers_.size() == 1 && size_ - callers_.front()->position > limits_.lag_bytes_max;
  return paused_;
}

bool Flight::abandoned() {
  const sync::MutexLock lock(mutex_);
  abandoned_ = abandoned_ || callers_.empty();
  return abandoned_;
}

std::uint32_t Flight::callers() {
  const sync::MutexLock lock(mutex_);
  return static_cast<std::uint32_t>(callers_.size());
}

std::optional<std::string> Flight::whole_payload() {
  const sync::MutexLock lock(mutex_);
  if (!keeps_history_) {
    return std::nullopt;
  }
  std::string whole;
  whole.reserve(size_);
  for (const auto& segment : log_) {
    whole.append(segment->bytes.get(), segment->used);
  }
  return whole;
}

bool Flight::join(Caller& caller) {
  std::shared_ptr<FlightListener> unpaused;
  {
    const sync::MutexLock lock(mutex_);
    if (end_ != FlightEnd::kRunning || abandoned_ || !keeps_history_ ||
        callers_.size() >= limits_.callers_max) {
      return false;
    }
    callers_.push_back(&caller);
    unpaused = unpaused_driver();
  }
  if (unpaused != nullptr) {
    unpaused->wake(*this);
  }
  return true;
}

void Flight::listen(const std::shared_ptr<FlightListener>& listener) {
  const sync::MutexLock lock(mutex_);
  if (std::find(listeners_.begin(), listeners_.end(), listener) == listeners_.end()) {
    listeners_.push_back(listener);
    listened_.store(true, std::memory_order_release);
  }
}

void Flight::leave(Caller& caller) {
  std::shared_ptr<FlightListener> driver;
  {
    const sync::MutexLock lock(mutex_);
    std::erase(callers_, &caller);
    // The driver looks for itself whether it goes on without callers.
    driver = callers_.empty() ? driver_ : unpaused_driver();
  }
  if (driver != nullptr) {
    driver->wake(*this);
  }
}

std::shared_ptr<FlightListener> Flight::unpaused_driver() {
  if (!paused_) {
    return nullptr;
  }
  paused_ = callers_.size() == 1 && size_ - callers_.front()->position > limits_.lag_bytes_max;
  return paused_ ? nullptr : driver_;
}

Flight::News Flight::take(Caller& caller) {
  News news;
  std::shared_ptr<FlightListener> unpaused;
  {
    const sync::MutexLock lock(mutex_);
    news.head = head_;
    news.lost = caller.lost;
    if (!caller.lost && caller.position < size_) {
      const auto after = std::upper_bound(
          log_.begin(), log_.end(), caller.position,
          [](std::uint64_t position, const auto& segment) { return position < segment->begin; });
      const std::shared_ptr<Segment>& segment = *std::prev(after);
      const std::size_t from = caller.position - segment->begin;
      news.payload = std::string_view(segment->bytes.get() + from, segment->used - from);
      news.owner = segment;
      caller.position += news.payload.size();
      unpaused = unpaused_driver();
    }
    if (caller.position == size_) {
      news.end = end_;
      news.error = error_;
    }
  }
  if (unpaused != nullptr) {
    unpaused->wake(*this);
  }
  return news;
}

CallSummary Flight::summary() {
  const sync::MutexLock lock(mutex_);
  return summary_;
}

void Flight::announce() {
  // A caller looks once more after it began to listen, so one that begins just now misses nothing.
  if (!listened_.load(std::memory_order_acquire)) {
    return;
  }
  // At most one listener a worker: the copy is short, and waking happens outside the lock.
  std::vector<std::shared_ptr<FlightListener>> listeners;
  {
    const sync::MutexLock lock(mutex_);
    listeners = listeners_;
  }
  for (const auto& listener : listeners) {
    listener->wake(*this);
  }
}

}  // namespace penstock::request
