#pragma once

#include <memory>

#include "lib/task/event.h"
#include "lib/task/task.h"
#include "sidecar/http/response_sink.h"
#include "sidecar/http/session_host.h"
#include "sidecar/http/upstream_call.h"
#include "sidecar/request/call_context.h"
#include "sidecar/request/caller_context.h"

namespace penstock::http {

// The upstream call of a flight, from the leader's request to the flight's end. Belongs to the
// worker of the caller that started it, and goes on when that caller leaves.
class FlightRun final : public ResponseSink {
 public:
  // Takes the request's text from `leader`.
  FlightRun(WorkerIo& io, const std::shared_ptr<const Snapshot>& snapshot,
            request::CallerContext& leader);

  // `ended` is called once; it may destroy this object, but not before the event loop's next turn:
  // an event of this object may still be due in this one.
  void start(task_detail::PromiseBase::Done ended, void* argument);
  void abort();

 private:
  Task<> run();
  Task<> watch_callers();
  void publish_end(CallOutcome outcome);
  SinkState state();

  void on_interim(const http1::ResponseHead& /*head*/) override {}
  SinkState on_head(const http1::ResponseHead& head, bool usage_added) override;
  void on_arrival(std::string_view payload) override;
  SinkState on_payload(std::string_view payload) override;
  SinkState flush() override { return state(); }
  Task<SinkState> ready() override;

  WorkerIo& io_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<request::Flight> flight_;
  request::CallContext call_;
  UpstreamCall upstream_;
  Event moved_;
  Event left_;
  Task<> watcher_;
  Task<> task_;
};

}  // namespace penstock::http
