#include "operator/controllers/background.h"

#include <utility>

namespace penstock::controllers {

BackgroundThread::~BackgroundThread() {
  std::jthread thread;
  {
    const sync::MutexLock lock(mutex_);
    ending_ = true;
    tasks_.clear();
    thread = std::move(thread_);
  }
  changed_.notify_one();
}

void BackgroundThread::run(Task task) {
  {
    const sync::MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
    if (!thread_.joinable()) {
      thread_ = std::jthread([this] { work(); });
    }
  }
  changed_.notify_one();
}

void BackgroundThread::work() {
  while (true) {
    Task task;
    {
      const sync::MutexLock lock(mutex_);
      while (tasks_.empty() && !ending_) {
        changed_.wait(mutex_);
      }
      if (ending_) {
        return;
      }
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

}  // namespace penstock::controllers
