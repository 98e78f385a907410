#include "operator/kube/workers.h"

#include <utility>

namespace penstock::kube {

void Workers::add(const std::string& key) {
  {
    const sync::MutexLock lock(mutex_);
    queue_.add(key);
    ++changes_;
  }
  changed_.notify_one();
}

void Workers::start(int threads, Handler handler) {
  handler_ = std::move(handler);
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
  }
}

void Workers::stop() {
  for (std::jthread& thread : threads_) {
    thread.request_stop();
  }
  threads_.clear();
}

void Workers::suspend(Suspended why) {
  const sync::MutexLock lock(mutex_);
  suspended_.insert(why);
}

void Workers::resume(Suspended why) {
  {
    const sync::MutexLock lock(mutex_);
    suspended_.erase(why);
    ++changes_;
  }
  changed_.notify_all();
}

std::size_t Workers::waiting() const {
  const sync::MutexLock lock(mutex_);
  return queue_.size();
}

void Workers::run(const std::stop_token& stop) {
  while (const std::optional<std::string> key = await(stop)) {
    const WorkOutcome outcome = handler_(*key);
    {
      const sync::MutexLock lock(mutex_);
      queue_.done(*key, outcome.succeeded);
      if (!outcome.succeeded) {
        queue_.retry(*key, clock_.now(), outcome.retry_after);
      }
      if (outcome.again_in) {
        queue_.add_at(*key, clock_.now() + *outcome.again_in);
      }
      ++changes_;
    }
    changed_.notify_one();  // a key may have come back
  }
}

std::optional<std::string> Workers::await(const std::stop_token& stop) {
  const sync::MutexLock lock(mutex_);
  while (!stop.stop_requested()) {
    if (suspended_.empty()) {
      if (std::optional<std::string> key = queue_.take(clock_.now())) {
        return key;
      }
    }
    const std::uint64_t seen = changes_;
    const auto changed = [this, seen] { return changes_ != seen; };
    const auto due = suspended_.empty() ? queue_.next_due() : std::nullopt;
    if (due) {
      changed_.wait_until(mutex_, stop, *due, changed);
    } else {
      changed_.wait(mutex_, stop, changed);
    }
  }
  return std::nullopt;
}

}  // namespace penstock::kube
