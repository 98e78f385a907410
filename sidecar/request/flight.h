#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result/result.h"
#include "lib/sync/mutex.h"
#include "sidecar/domain/request_traits.h"
#include "sidecar/http1/head.h"
#include "sidecar/request/call_summary.h"
#include "sidecar/request/head_arrival.h"

namespace penstock::request {

class Flight;

// Told that a flight moved on. wake() may be called from any thread, must not block, and may come
// more often than there is news; `flight` names it and is not to be touched. One listener stands
// for all callers of one worker, so that an event costs one message a worker.
class FlightListener {
 public:
  virtual ~FlightListener() = default;
  virtual void wake(const Flight& flight) noexcept = 0;
};

// The response head that all callers of a flight share; `head` views into `text`.
struct SharedHead {
  std::string text;
  http1::ResponseHead head;
  HeadArrival arrival;
  bool usage_in_stream =
      false;  // an OpenAI stream that tells its usage, asked for by us or by a caller

  [[nodiscard]] bool strips_usage_for(const domain::RequestTraits& traits) const {
    return usage_in_stream && !traits.wants_usage;
  }
};

enum class FlightEnd : std::uint8_t {
  kRunning,
  kComplete,   // the upstream ended in its normal way
  kTruncated,  // the upstream failed after the first byte
  kFailed,     // no response came: every caller gets `error`
};

struct FlightLimits {
  // Beyond it the flight takes no more callers and keeps no history.
  std::uint64_t retained_bytes_max = 8ULL << 20;
  // How far the fastest caller may fall behind before the upstream read stops.
  std::uint64_t lag_bytes_max = 1ULL << 20;
  // How far another may fall behind that one, once no history is kept, before it is cut off.
  std::uint64_t behind_bytes_max = 8ULL << 20;
  std::uint32_t callers_max = 10'000;
};

// One upstream call that any number of identical requests share: an append-only log of the
// response's payload.
//
// Nobody's connection owns the call: callers attach with a cursor of their own and leave freely. A
// caller never slows another; the fastest one slows the upstream (should_pause). Once history is no
// longer kept, a caller that falls behind_bytes_max behind the fastest is cut off (lost).
//
// What the call costs is booked on one of them: on its first caller, and where that one leaves
// early on another that is there. The last one out keeps the debt.
//
// Threads: one driver; callers on any worker. One mutex, held for pointer work only: payload is
// written before it is published and read after, outside the lock.
class Flight {
 public:
  struct Caller {
    std::uint64_t position = 0;  // payload bytes taken so far
    // Of the event that follows them, where append() told: what the call got meanwhile may be more.
    std::int64_t next_sequence_number = 0;
    bool lost = false;
    bool joined = false;

    // The flight's, under its mutex.
    Caller* newer = nullptr;
    Caller* older = nullptr;
  };

  explicit Flight(const FlightLimits& limits) : limits_(limits) {}

  // --- the driver's side ---------------------------------------------------------------------
  // Who is woken when the callers' state changes; until then nobody is.
  void set_driver(std::shared_ptr<FlightListener> driver);
  void publish_head(std::shared_ptr<const SharedHead> head);
  // `served`, where it is set, has got `payload` by another way: its cursor moves along.
  // `next_sequence_number`: of the event to come in a stream that numbers them; else 0. Wakes
  // nobody: see announce().
  void append(std::string_view payload, Caller* served, std::int64_t next_sequence_number = 0);
  // Wakes the callers that listen.
  void announce();
  // `error` matters for kFailed only.
  void finish(FlightEnd end, ErrorCode error, const CallSummary& summary);
  // True while even the fastest caller lags too far behind; the driver is woken when that changes.
  bool should_pause();
  // True, from then on, once no caller is left: nobody can join any more either.
  bool abandoned();
  std::uint32_t callers();
  // The whole payload, into an empty `body` that `keeper` keeps and nobody changes from here on;
  // false when history was dropped. Bytes that no caller has seen yet are moved, and callers read
  // them there. Driver only, once, after the last append().
  bool take_whole_payload(std::string& body, std::shared_ptr<const void> keeper);

  // --- the callers' side ---------------------------------------------------------------------
  // False: too late, or too many callers. `caller` stays in place until leave().
  bool join(Caller& caller);
  // `listener` hears of all that is published from here on.
  void listen(const std::shared_ptr<FlightListener>& listener);
  // True: the call is booked on this caller, which waits for ended() where it has not seen the end.
  [[nodiscard]] bool leave(Caller& caller);

  struct Segment;
  struct News {
    std::shared_ptr<const SharedHead> head;  // once published
    std::string_view payload;                // new for this caller; lives as long as `owner`
    std::shared_ptr<const Segment> owner;
    FlightEnd end = FlightEnd::kRunning;  // set only when nothing comes after `payload`
    ErrorCode error = ErrorCode::kUpstreamFailed;
    bool lost = false;
  };
  // Takes what is new for `caller` and moves its cursor. Neither payload nor end: wait for wake().
  News take(Caller& caller);
  bool ended();
  // What the call used and cost. REQUIRES: it ended.
  CallSummary summary();

 private:
  std::uint64_t slowest_position() PENSTOCK_REQUIRES(mutex_);
  void drop_history() PENSTOCK_REQUIRES(mutex_);
  void move_to(Caller& caller, std::uint64_t position) PENSTOCK_REQUIRES(mutex_);
  std::uint64_t fastest_position() PENSTOCK_REQUIRES(mutex_);
  [[nodiscard]] bool all_callers_lag() PENSTOCK_REQUIRES(mutex_);
  std::shared_ptr<FlightListener> unpaused_driver() PENSTOCK_REQUIRES(mutex_);

  const FlightLimits limits_;
  sync::Mutex mutex_;
  std::shared_ptr<FlightListener> driver_ PENSTOCK_GUARDED_BY(mutex_);
  Caller* newest_ PENSTOCK_GUARDED_BY(mutex_) = nullptr;
  std::uint32_t callers_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::uint32_t lost_ PENSTOCK_GUARDED_BY(mutex_) = 0;  // of these
  const Caller* payer_ PENSTOCK_GUARDED_BY(mutex_) = nullptr;
  std::vector<std::shared_ptr<FlightListener>> listeners_ PENSTOCK_GUARDED_BY(mutex_);
  std::atomic<bool> listened_{false};  // listeners_ is not empty; never back to false
  std::shared_ptr<const SharedHead> head_ PENSTOCK_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Segment>> log_ PENSTOCK_GUARDED_BY(mutex_);
  std::shared_ptr<Segment> tail_;                          // the driver's: the end of the log
  std::uint64_t expected_bytes_ = 0;                       // the driver's; 0: not known
  std::uint64_t size_ PENSTOCK_GUARDED_BY(mutex_) = 0;     // payload bytes published so far
  std::uint64_t fastest_ PENSTOCK_GUARDED_BY(mutex_) = 0;  // position, of all that were there …
  bool fastest_left_ PENSTOCK_GUARDED_BY(mutex_) = false;  // … so it is to be found again
  bool keeps_history_ PENSTOCK_GUARDED_BY(mutex_) = true;
  bool was_read_ PENSTOCK_GUARDED_BY(mutex_) = false;  // somebody may hold a view into the log
  bool abandoned_ PENSTOCK_GUARDED_BY(mutex_) = false;
  bool paused_ PENSTOCK_GUARDED_BY(mutex_) = false;
  FlightEnd end_ PENSTOCK_GUARDED_BY(mutex_) = FlightEnd::kRunning;
  ErrorCode error_ PENSTOCK_GUARDED_BY(mutex_) = ErrorCode::kUpstreamFailed;
  CallSummary summary_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::request
