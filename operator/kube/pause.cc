#include "operator/kube/pause.h"

#include <condition_variable>
#include <mutex>

namespace penstock::kube {

bool pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  if (time <= std::chrono::milliseconds(0)) {
    return !stop.stop_requested();
  }
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace penstock::kube
