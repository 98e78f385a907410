#pragma once

#include <memory>

#include "lib/task/event.h"
#include "lib/task/task.h"
#include "sidecar/http/client_sink.h"
#include "sidecar/http/response_sink.h"
#include "sidecar/http/session_host.h"
#include "sidecar/http/upstream_call.h"
#include "sidecar/request/call_context.h"
#include "sidecar/request/caller_context.h"

namespace penstock::http {

class FlightRun;

// The way past the log for the caller that leads a flight: while it keeps pace, its client gets
// every byte as it arrives, and a flight of one caller wakes nobody. In the leading session's
// frame.
struct FlightLead {
  ClientSink& sink;
  Event& event;              // set once the run has let go, or the client has left
  FlightRun* run = nullptr;  // while it brings the answer
  SinkState state = SinkState::kReady;
};

// The upstream call of a flight, from the leader's request to the flight's end. Belongs to the
// worker of the caller that started it, and goes on when that caller leaves.
class FlightRun final : public ResponseSink {
 public:
  // Takes the request's text from `leader`, whose session waits for `lead` to be let go.
  FlightRun(WorkerIo& io, const std::shared_ptr<const Snapshot>& snapshot,
            request::CallerContext& leader, FlightLead& lead);

  // `ended` is called once; it may destroy this object, but where it is watched() not before the
  // event loop's next turn: an event of this object may still be due in this one.
  void start(task_detail::PromiseBase::Done ended, void* argument);
  void abort();
  // The lead was let go while the call ran: the flight's callers are watched by events.
  [[nodiscard]] bool watched() const { return static_cast<bool>(watcher_); }
  // The leader reads the log from here on, or leaves: it is a caller like any other.
  void release_lead();

 private:
  Task<> run();
  PENSTOCK_OWN_FRAME Task<> watch_callers();
  void watch();
  void publish_end(CallOutcome outcome);
  SinkState state();
  SinkState led(SinkState state);

  void on_interim(const http1::ResponseHead& /*head*/) override {}
  SinkState on_head(const http1::ResponseHead& head, const request::HeadArrival& arrival,
                    bool usage_added) override;
  void on_arrival(std::string_view payload) override;
  SinkState on_payload(std::string_view payload) override;
  SinkState flush() override;
  Task<SinkState> ready() override;

  WorkerIo& io_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<request::Flight> flight_;
  request::Flight::Caller* leader_;
  FlightLead* lead_;
  request::CallContext call_;
  UpstreamCall upstream_;
  Event moved_;
  Event left_;
  Task<> watcher_;  // since the lead was let go
  bool ended_ = false;
  Task<> task_;
};

}  // namespace penstock::http
