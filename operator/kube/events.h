#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/kube/client.h"
#include "operator/kube/object_meta.h"

namespace penstock::kube {

// Writes events.k8s.io Events. The same event again within kWindow counts up the one that is there.
// Best effort: what cannot be written is dropped. Threads: any.
class EventRecorder {
 public:
  static constexpr std::chrono::minutes kWindow{10};
  static constexpr std::size_t kRememberedMax = 4'096;

  EventRecorder(Client& client, const clock::Clock& clock, std::string instance)
      : client_(client), clock_(clock), instance_(std::move(instance)) {}

  // About `object` of `type`. `reason` is CamelCase; `note` is for people and cut to 1 KiB.
  void record(const ResourceType& type, const ObjectMeta& object, bool warning,
              const std::string& reason, std::string note);

 private:
  struct Sent {
    std::string name;
    std::int64_t count = 1;
    clock::Instant at{};
  };
  void forget_old(clock::Instant now) PENSTOCK_REQUIRES(mutex_);

  Client& client_;
  const clock::Clock& clock_;
  const std::string instance_;
  sync::Mutex mutex_;
  std::map<std::string, Sent> sent_ PENSTOCK_GUARDED_BY(mutex_);
  std::uint64_t number_ PENSTOCK_GUARDED_BY(mutex_) = 0;
};

}  // namespace penstock::kube
