#pragma once

#include <chrono>
#include <map>
#include <string>

#include "lib/clock/clock.h"
#include "lib/json/text.h"
#include "lib/sync/mutex.h"
#include "operator/controllers/growing_pause.h"
#include "operator/kube/client.h"
#include "operator/kube/object_meta.h"
#include "operator/kube/resource_type.h"
#include "operator/kube/workers.h"

namespace penstock::controllers {

// Writes statuses, each where it differs from what stands there and not too often: what changes
// meanwhile goes with the next write. They are the operator's own as a whole: what somebody else
// has written into one is taken back, more slowly each time, and the log says from whom. Threads:
// any, but one object at a time.
class StatusWriter {
 public:
  // At most one write of a status in this time; a first change is written at once.
  static constexpr std::chrono::milliseconds kPause{1'000};

  StatusWriter(kube::Client& client, const clock::Clock& clock) : client_(client), clock_(clock) {}

  struct Done {
    // With the time to come again, where it is too early, and what is for the log, also of a
    // success.
    kube::WorkOutcome outcome;
    bool written = false;
  };
  Done write(const kube::ResourceType& type, const kube::ObjectMeta& of, const json::Value& before,
             const json::Value& status);

  // Of an object that is gone.
  void forget(const kube::ResourceType& type, const std::string& ns, const std::string& name);

 private:
  // So often in a row the watch may lag; beyond, it is a failure like others.
  static constexpr int kOutdatedMost = 3;

  // After `refused`: another manager has some of its fields.
  Done take_back(const kube::ResourceType& type, const kube::ObjectMeta& of,
                 const json::Value& status, const kube::ApiError& refused);
  Done done(const std::string& key, const kube::ApiResult<void>& written);

  kube::Client& client_;
  const clock::Clock& clock_;
  sync::Mutex mutex_;
  std::map<std::string, clock::Instant> written_ PENSTOCK_GUARDED_BY(mutex_);
  std::map<std::string, int> outdated_ PENSTOCK_GUARDED_BY(mutex_);  // writes, in a row
  std::map<std::string, GrowingPause> taken_back_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::controllers
