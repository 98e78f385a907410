#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/kube/api.h"
#include "operator/kube/work_queue.h"

namespace penstock::kube {

// What came of working on a key.
struct WorkOutcome {
  bool succeeded = true;  // false: it comes back after a growing delay
  std::string problem;    // what went wrong, for the log
  std::optional<std::chrono::seconds> retry_after;
  std::optional<std::chrono::milliseconds> again_in;  // look once more then, whatever became of it
};

// Why a call to the API ended the work on a key.
inline WorkOutcome failed(const ApiError& error) {
  return {.succeeded = false, .problem = error.message, .retry_after = error.retry_after};
}

// Why no keys are handed out.
enum class Suspended : std::uint8_t {
  kFollowing,   // another replica leads
  kIncomplete,  // what there is to be seen is not all known yet
};

// A WorkQueue and the threads that work on it. Threads: add() from any.
class Workers {
 public:
  using Handler = std::function<WorkOutcome(const std::string& key)>;

  Workers(const clock::Clock& clock, std::uint64_t seed) : clock_(clock), queue_(seed) {}
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void add(const std::string& key);

  // Nothing is handed out before this.
  void start(int threads, Handler handler);
  // Ends after the keys that are being worked on.
  void stop();
  // Hands out no further keys until resume() was called for each reason; they wait.
  void suspend(Suspended why = Suspended::kFollowing);
  void resume(Suspended why = Suspended::kFollowing);

  // Keys that wait for a thread.
  [[nodiscard]] std::size_t waiting() const;

 private:
  void run(const std::stop_token& stop);
  std::optional<std::string> await(const std::stop_token& stop);

  const clock::Clock& clock_;
  Handler handler_;
  mutable sync::Mutex mutex_;
  std::condition_variable_any changed_;
  WorkQueue queue_ PENSTOCK_GUARDED_BY(mutex_);
  std::set<Suspended> suspended_ PENSTOCK_GUARDED_BY(mutex_);
  // Counts changes of the queue, under the mutex; atomic for the waits' conditions alone.
  std::atomic<std::uint64_t> changes_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace penstock::kube
