#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "lib/clock/clock.h"
#include "lib/json/text.h"
#include "lib/sync/mutex.h"
#include "operator/kube/api.h"
#include "operator/kube/object_meta.h"
#include "operator/kube/rate_limiter.h"
#include "operator/kube/resource_type.h"

namespace penstock::kube {

// What apply() does about a field that another manager has: it is a conflict (409), or is taken.
enum class Conflicts : std::uint8_t { kFail, kTake };

// Reads and writes single objects. Every write names the one field manager; nothing is forced but
// where it says so. Threads: any.
class Client {
 public:
  static constexpr std::string_view kFieldManager = "penstock-operator";

  // Whether this replica may write at this moment.
  using MayWrite = std::function<bool()>;

  // Without `may_write` it always may. Where it may not, every call but get() fails unsent.
  Client(Transport& transport, const clock::Clock& clock, const RateLimit& limit,
         MayWrite may_write = {})
      : transport_(transport), clock_(clock), may_write_(std::move(may_write)), limiter_(limit) {}

  // `patience`: of its Request.
  ApiResult<json::Value> get(const std::string& path, std::chrono::milliseconds patience = {});
  ApiResult<json::Value> create(const std::string& collection, const json::Value& object,
                                Priority priority = Priority::kChange,
                                std::chrono::milliseconds patience = {});
  ApiResult<json::Value> update(const std::string& path, const json::Value& object,
                                std::chrono::milliseconds patience = {});
  // Server-side apply. Only what is the operator's own as a whole may take fields from others.
  ApiResult<json::Value> apply(const std::string& path, const json::Value& object,
                               Conflicts conflicts = Conflicts::kFail,
                               Priority priority = Priority::kChange);
  // The whole status of an object, by apply(), as a report. One that is gone meanwhile is no error:
  // applying a status creates nothing. Where `of` names a version it is refused as outdated() of
  // any other, so also of another object that has the name now.
  ApiResult<void> apply_status(const ResourceType& type, const ObjectMeta& of,
                               const json::Value& status, Conflicts conflicts = Conflicts::kFail);
  // RFC 7386.
  ApiResult<json::Value> merge(const std::string& path, const json::Value& patch,
                               Priority priority = Priority::kChange);
  // The same, but lists whose elements have a key are merged by it. For the API's own kinds only.
  ApiResult<json::Value> strategic_merge(const std::string& path, const json::Value& patch);
  ApiResult<void> remove(const std::string& path);

  // Ends waits for the rate limit; calls fail from then on.
  void stop() { stop_.request_stop(); }

 private:
  ApiResult<json::Value> send(Request request, Priority priority = Priority::kChange);
  // Blocks until the limit has room. False: stopped.
  bool await_turn(Priority priority);

  Transport& transport_;
  const clock::Clock& clock_;
  const MayWrite may_write_;
  std::stop_source stop_;
  sync::Mutex mutex_;
  RateLimiter limiter_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::kube
