#include "sidecar/http/flight_run.h"

#include "sidecar/http/shared_head.h"
#include "sidecar/request/lifecycle.h"

namespace penstock::http {

FlightRun::FlightRun(WorkerIo& io, const std::shared_ptr<const Snapshot>& snapshot,
                     request::CallerContext& leader)
    : io_(io),
      snapshot_(snapshot),
      flight_(leader.flight),
      call_(io.services, leader.policy),
      upstream_(io, snapshot->call_chain, snapshot->upstreams, call_, *this, nullptr) {
  request::hand_over(leader, call_);
  call_.flight = flight_;
}

void FlightRun::start(task_detail::PromiseBase::Done ended, void* argument) {
  task_ = run();
  task_.start(ended, argument);
}

void FlightRun::abort() {
  upstream_.abort();
  moved_.set();
}

Task<> FlightRun::run() {
  flight_->set_driver(io_.flights);
  io_.flights->subscribe(*flight_, moved_);
  io_.flights->subscribe(*flight_, left_);
  watcher_ = watch_callers();
  watcher_.start(nullptr, nullptr);
  const CallOutcome outcome = co_await upstream_.run();
  io_.flights->unsubscribe(*flight_, left_);
  io_.flights->unsubscribe(*flight_, moved_);
  publish_end(outcome);
}

// Sees the last caller leave also while the upstream is silent.
Task<> FlightRun::watch_callers() {
  while (!flight_->abandoned()) {
    co_await left_.wait();
  }
  io_.services.flights.remove(call_.cache->flight_key(), *flight_);
  upstream_.client_gone();
}

void FlightRun::publish_end(CallOutcome outcome) {
  // First out of the table: whoever comes now finds the stored answer or starts a new call.
  io_.services.flights.remove(call_.cache->flight_key(), *flight_);
  request::FlightEnd end = request::FlightEnd::kTruncated;
  ErrorCode error = ErrorCode::kUpstreamFailed;
  if (outcome == CallOutcome::kComplete) {
    end = request::FlightEnd::kComplete;
  } else if (outcome == CallOutcome::kFailed || call_.summary.status == 0) {
    end = request::FlightEnd::kFailed;
    error = call_.refusal ? call_.refusal->code : error;
  }
  flight_->finish(end, error, call_.summary);
}

SinkState FlightRun::state() {
  if (flight_->abandoned()) {
    return SinkState::kGone;
  }
  return flight_->should_pause() ? SinkState::kBlocked : SinkState::kReady;
}

SinkState FlightRun::on_head(const http1::ResponseHead& head, bool usage_added) {
  auto shared = std::make_shared<request::SharedHead>();
  if (!copy_head(head, *shared)) {
    return SinkState::kGone;
  }
  shared->usage_in_stream = usage_added || call_.traits.wants_usage;
  flight_->publish_head(std::move(shared));
  return state();
}

void FlightRun::on_arrival(std::string_view payload) {
  flight_->append(payload);
}

SinkState FlightRun::on_payload(std::string_view /*payload*/) {
  return state();
}

Task<SinkState> FlightRun::ready() {
  while (state() == SinkState::kBlocked) {
    co_await moved_.wait();
  }
  co_return state();
}

}  // namespace penstock::http
