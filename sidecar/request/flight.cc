#include "sidecar/request/flight.h"

#include <algorithm>

namespace penstock::request {

// A run of payload. Bytes before `used` never change; the driver writes behind it before it
// publishes.
struct Flight::Segment {
  Segment(std::uint64_t first, std::size_t size) : begin(first) { bytes.reserve(size); }

  [[nodiscard]] const char* data() const { return moved_to == nullptr ? bytes.data() : moved_to; }

  const std::uint64_t begin;
  std::size_t used = 0;  // guarded by the flight's mutex for everybody but the driver
  std::int64_t next_sequence_number = 0;  // of the event behind them; guarded by the mutex
  std::string bytes;  // never grows beyond its first capacity, so it stays where it is,

  // but for take_whole_payload(). Guarded by the flight's mutex until a view is given out.
  const char* moved_to = nullptr;
  std::shared_ptr<const void> keeper;
};

namespace {
constexpr std::size_t kSegmentBytesMin = 4096;
// What is reserved on the word of a head at most.
constexpr std::size_t kSegmentBytesExpectedMax = 64 * 1024;
}  // namespace

void Flight::set_driver(std::shared_ptr<FlightListener> driver) {
  const sync::MutexLock lock(mutex_);
  driver_ = std::move(driver);
}

void Flight::publish_head(std::shared_ptr<const SharedHead> head) {
  if (head->head.framing == http1::Framing::kLength) {
    expected_bytes_ = head->head.content_length;
  }
  {
    const sync::MutexLock lock(mutex_);
    head_ = std::move(head);
  }
  announce();
}

void Flight::append(std::string_view payload, Caller* served, std::int64_t next_sequence_number) {
  if (payload.empty()) {
    return;
  }
  const std::size_t room = tail_ == nullptr ? 0 : tail_->bytes.capacity() - tail_->used;
  // The number is that of the payload's end, so a reader has to get to it at once.
  const bool stays_whole = next_sequence_number != 0 && payload.size() > room;
  const std::size_t fits = stays_whole ? 0 : std::min(room, payload.size());
  if (fits > 0) {
    tail_->bytes.append(payload.substr(0, fits));
  }
  std::shared_ptr<Segment> next;
  if (fits < payload.size()) {
    const std::string_view rest = payload.substr(fits);
    // A length that the head told makes the first segment the whole answer, and no larger.
    const std::size_t least = tail_ == nullptr && expected_bytes_ != 0
                                  ? std::min<std::size_t>(expected_bytes_, kSegmentBytesExpectedMax)
                                  : kSegmentBytesMin;
    const std::uint64_t begin = tail_ == nullptr ? 0 : tail_->begin + tail_->used + fits;
    next = std::make_shared<Segment>(begin, std::max(least, rest.size()));
    next->bytes.append(rest);
    next->used = rest.size();
  }
  const sync::MutexLock lock(mutex_);
  if (fits > 0) {
    tail_->used += fits;
    tail_->next_sequence_number = next_sequence_number;
  }
  if (next != nullptr) {
    next->next_sequence_number = next_sequence_number;
    tail_ = next;
    log_.push_back(std::move(next));
  }
  size_ += payload.size();
  if (served != nullptr) {
    move_to(*served, size_);
    served->next_sequence_number = next_sequence_number;
  }
  keeps_history_ = keeps_history_ && size_ <= limits_.retained_bytes_max;
  if (!keeps_history_) {
    drop_history();
  }
}

void Flight::drop_history() {
  const std::uint64_t fastest = fastest_position();
  for (Caller* caller = newest_; caller != nullptr; caller = caller->older) {
    if (!caller->lost && fastest - caller->position > limits_.behind_bytes_max) {
      caller->lost = true;
      ++lost_;
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
  for (const Caller* caller = newest_; caller != nullptr; caller = caller->older) {
    slowest = caller->lost ? slowest : std::min(slowest, caller->position);
  }
  return slowest;
}

void Flight::move_to(Caller& caller, std::uint64_t position) {
  caller.position = position;
  fastest_ = std::max(fastest_, position);
}

// Looked for only after the one that was it has left: there may be thousands.
std::uint64_t Flight::fastest_position() {
  if (fastest_left_) {
    fastest_left_ = false;
    fastest_ = 0;
    for (const Caller* caller = newest_; caller != nullptr; caller = caller->older) {
      fastest_ = caller->lost ? fastest_ : std::max(fastest_, caller->position);
    }
  }
  return fastest_;
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
  paused_ = all_callers_lag();
  return paused_;
}

bool Flight::all_callers_lag() {
  return callers_ > lost_ && size_ - fastest_position() > limits_.lag_bytes_max;
}

bool Flight::abandoned() {
  const sync::MutexLock lock(mutex_);
  abandoned_ = abandoned_ || callers_ == lost_;  // which nothing reaches any more
  return abandoned_;
}

std::uint32_t Flight::callers() {
  const sync::MutexLock lock(mutex_);
  return callers_;
}

bool Flight::take_whole_payload(std::string& body, std::shared_ptr<const void> keeper) {
  const sync::MutexLock lock(mutex_);
  if (!keeps_history_) {
    return false;
  }
  const bool is_unseen = !was_read_ && log_.size() == 1;
  // With much room to spare a copy takes less of the memory that it will stay in.
  if (is_unseen && log_.front()->bytes.capacity() <= size_ + size_ / 8) {
    Segment& all = *log_.front();
    body = std::move(all.bytes);
    all.moved_to = body.data();
    all.keeper = std::move(keeper);
    return true;
  }
  body.reserve(size_);
  for (const auto& segment : log_) {
    body.append(segment->data(), segment->used);
  }
  return true;
}

bool Flight::join(Caller& caller) {
  const sync::MutexLock lock(mutex_);
  if (end_ != FlightEnd::kRunning || abandoned_ || !keeps_history_ ||
      callers_ >= limits_.callers_max) {
    return false;
  }
  caller.joined = true;
  caller.older = newest_;
  if (newest_ != nullptr) {
    newest_->newer = &caller;
  }
  newest_ = &caller;
  ++callers_;
  payer_ = payer_ == nullptr ? &caller : payer_;
  return true;
}

void Flight::listen(const std::shared_ptr<FlightListener>& listener) {
  const sync::MutexLock lock(mutex_);
  if (std::find(listeners_.begin(), listeners_.end(), listener) == listeners_.end()) {
    listeners_.push_back(listener);
    listened_.store(true, std::memory_order_release);
  }
}

bool Flight::leave(Caller& caller) {
  std::shared_ptr<FlightListener> driver;
  bool pays = false;
  {
    const sync::MutexLock lock(mutex_);
    if (caller.joined) {
      caller.joined = false;
      (caller.newer == nullptr ? newest_ : caller.newer->older) = caller.older;
      if (caller.older != nullptr) {
        caller.older->newer = caller.newer;
      }
      caller.newer = nullptr;
      caller.older = nullptr;
      --callers_;
      lost_ -= caller.lost ? 1 : 0;
    }
    fastest_left_ = fastest_left_ || caller.position == fastest_;
    if (payer_ == &caller && end_ == FlightEnd::kRunning && newest_ != nullptr) {
      payer_ = newest_;
    }
    pays = payer_ == &caller;
    // The driver looks for itself whether it goes on without callers. Nobody's leaving makes the
    // fastest of the others any faster.
    driver = callers_ == lost_ ? driver_ : nullptr;
  }
  if (driver != nullptr) {
    driver->wake(*this);
  }
  return pays;
}

std::shared_ptr<FlightListener> Flight::unpaused_driver() {
  if (!paused_) {
    return nullptr;
  }
  paused_ = all_callers_lag();
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
      news.payload = std::string_view(segment->data() + from, segment->used - from);
      was_read_ = true;
      news.owner = segment;
      move_to(caller, caller.position + news.payload.size());
      caller.next_sequence_number = segment->next_sequence_number;
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

bool Flight::ended() {
  const sync::MutexLock lock(mutex_);
  return end_ != FlightEnd::kRunning;
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
