#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/kube/client.h"
#include "operator/kube/object_meta.h"

namespace penstock::kube {

// Writes events.k8s.io Events, on a thread of its own: they come after everything that matters, at
// most kPerSecond of them, and what cannot be written or has to wait too long is dropped. The same
// event again within kWindow counts up the one that is there. Threads: any.
class EventRecorder {
 public:
  static constexpr std::chrono::minutes kWindow{10};
  static constexpr int kPerSecond = 25;
  static constexpr std::size_t kRememberedMax = 4'096;
  static constexpr std::size_t kWaitingMax = 2'048;

  EventRecorder(Client& client, const clock::Clock& clock, std::string instance);
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  // About `object` of `type`. `reason` is CamelCase; `note` is for people; it becomes one line, cut
  // to 1 KiB.
  void record(const ResourceType& type, const ObjectMeta& object, bool warning,
              const std::string& reason, const std::string& note);

 private:
  struct Sent {
    std::string name;
    std::int64_t count = 1;
    clock::Instant at{};
  };
  struct Waiting {
    ResourceType type;
    ObjectMeta object;
    bool warning = false;
    std::string reason;
    std::string note;
  };
  void run(const std::stop_token& stop);
  std::optional<Waiting> next(const std::stop_token& stop);
  void write(const Waiting& event);
  void forget_old(clock::Instant now);

  Client& client_;
  const clock::Clock& clock_;
  const std::string instance_;
  std::map<std::string, Sent> sent_;  // the thread's
  clock::Instant forget_at_;          // the thread's
  std::uint64_t number_ = 0;
  sync::Mutex mutex_;
  std::condition_variable_any added_;
  std::deque<Waiting> waiting_ PENSTOCK_GUARDED_BY(mutex_);
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace penstock::kube
