#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include <httplib.h>

#include "lib/sync/mutex.h"

namespace penstock::webhook {

// A thread for each connection at once, made when one is needed: API servers keep their connections
// open, and one that waits holds a thread. Beyond `most` connections wait for their turn.
class ConnectionThreads final : public httplib::TaskQueue {
 public:
  explicit ConnectionThreads(std::size_t most) : most_(most) {}

  void enqueue(std::function<void()> connection) override {
    {
      const sync::MutexLock lock(mutex_);
      waiting_.push_back(std::move(connection));
      if (idle_ < waiting_.size() && threads_.size() < most_) {
        threads_.emplace_back([this] { run(); });
      }
    }
    changed_.notify_one();
  }

  // After the connections that are being served.
  void shutdown() override {
    std::vector<std::jthread> ending;
    {
      const sync::MutexLock lock(mutex_);
      stopping_ = true;
      ending.swap(threads_);
    }
    changed_.notify_all();
  }

 private:
  void run() {
    const sync::MutexLock lock(mutex_);
    while (true) {
      ++idle_;
      while (waiting_.empty() && !stopping_) {
        changed_.wait(mutex_);
      }
      --idle_;
      if (waiting_.empty()) {
        return;
      }
      const std::function<void()> connection = std::move(waiting_.front());
      waiting_.pop_front();
      mutex_.unlock();
      connection();
      mutex_.lock();
    }
  }

  const std::size_t most_;
  sync::Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> waiting_ PENSTOCK_GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_ PENSTOCK_GUARDED_BY(mutex_);
  std::size_t idle_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  bool stopping_ PENSTOCK_GUARDED_BY(mutex_) = false;
};

}  // namespace penstock::webhook
