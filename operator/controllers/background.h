#pragma once

#include <deque>
#include <functional>
#include <thread>

#include "lib/sync/mutex.h"

namespace penstock::controllers {

// Does what may take long beside the threads that work on keys: those never wait for it.
// Threads: any.
class Background {
 public:
  using Task = std::function<void()>;

  Background() = default;
  virtual ~Background() = default;
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  virtual void run(Task task) = 0;
};

// One task after the other, in their order, on a thread that begins with the first of them. Its end
// waits for the task that runs and drops those that wait. Callers bound how many wait.
class BackgroundThread final : public Background {
 public:
  ~BackgroundThread() override;

  void run(Task task) override;

 private:
  void work();

  sync::Mutex mutex_;
  sync::Condition changed_;
  std::deque<Task> tasks_ PENSTOCK_GUARDED_BY(mutex_);
  bool ending_ PENSTOCK_GUARDED_BY(mutex_) = false;
  std::jthread thread_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::controllers
