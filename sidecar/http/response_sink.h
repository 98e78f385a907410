#pragma once

#include <cstdint>
#include <string_view>

#include "lib/task/task.h"
#include "sidecar/http1/head.h"
#include "sidecar/request/head_arrival.h"

namespace penstock::http {

enum class SinkState : std::uint8_t {
  kReady,
  kBlocked,  // everything was taken, but wait with ready() before bringing more
  kGone,     // nobody takes any more
};

// Where the answer of an upstream call goes: to the one client of the call, or into a shared
// flight.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;

  // An interim response (1xx other than 101).
  virtual void on_interim(const http1::ResponseHead& head) = 0;
  // May hold the head back until the first payload or flush().
  // `arrival`: how it came. `usage_added`: an event stream tells its usage because we asked, not
  // the client.
  virtual SinkState on_head(const http1::ResponseHead& head, const request::HeadArrival& arrival,
                            bool usage_added) = 0;
  // Payload that on_payload() will bring next, before the call's stages complete where it is the
  // last: what keeps the answer whole takes it here.
  virtual void on_arrival(std::string_view /*payload*/) {}
  // `payload` holds only during the call.
  virtual SinkState on_payload(std::string_view payload) = 0;
  // What was held back leaves now: nothing more is there to read at the moment.
  virtual SinkState flush() = 0;
  // After kBlocked.
  virtual Task<SinkState> ready() = 0;
};

}  // namespace penstock::http
