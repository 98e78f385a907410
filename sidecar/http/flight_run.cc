#include "sidecar/http/flight_run.h"

#include <utility>

#include "sidecar/http/shared_head.h"
#include "sidecar/request/lifecycle.h"

namespace penstock::http {

FlightRun::FlightRun(WorkerIo& io, const std::shared_ptr<const Snapshot>& snapshot,
                     request::CallerContext& leader, FlightLead& lead)
    : io_(io),
      snapshot_(snapshot),
      flight_(leader.flight),
      leader_(&leader.flight_caller),
      lead_(&lead),
      call_(io.services, leader.policy),
      upstream_(io, snapshot->call_chain, snapshot->upstreams, call_, *this, nullptr) {
  lead.run = this;
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
  const CallOutcome outcome = co_await upstream_.run();
  ended_ = true;
  if (watcher_) {
    io_.flights->unsubscribe(*flight_, left_);
    io_.flights->unsubscribe(*flight_, moved_);
  }
  publish_end(outcome);
}

void FlightRun::release_lead() {
  if (lead_ != nullptr) {
    std::exchange(lead_, nullptr)->run = nullptr;
    watch();
  }
}

// From the moment on that no caller is served directly, the flight itself has to tell when its
// callers move and leave.
void FlightRun::watch() {
  if (ended_) {
    return;
  }
  flight_->set_driver(io_.flights);
  io_.flights->subscribe(*flight_, moved_);
  io_.flights->subscribe(*flight_, left_);
  watcher_ = watch_callers();
  watcher_.start(nullptr, nullptr);
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
  if (lead_ != nullptr) {
    FlightLead& lead = *std::exchange(lead_, nullptr);
    lead.run = nullptr;
    lead.event.set();  // the session goes on from here
  }
}

// How the call goes on, after the leader's client took something: it must not wait for that client
// where others listen, so a slow one becomes a caller like any other.
SinkState FlightRun::led(SinkState state) {
  if (state == SinkState::kReady) {
    return state;
  }
  FlightLead& lead = *lead_;
  release_lead();
  lead.state = state;
  lead.event.set();
  return this->state();
}

SinkState FlightRun::state() {
  if (lead_ != nullptr) {
    return SinkState::kReady;
  }
  if (flight_->abandoned()) {
    return SinkState::kGone;
  }
  return flight_->should_pause() ? SinkState::kBlocked : SinkState::kReady;
}

SinkState FlightRun::on_head(const http1::ResponseHead& head, const request::HeadArrival& arrival,
                             bool usage_added) {
  auto shared = std::make_shared<request::SharedHead>();
  copy_head(head, *shared);
  shared->arrival = arrival;
  // What is meant for the one who asked; the leader gets the head as it came.
  std::erase_if(shared->head.fields, [](const http1::HeaderField& field) {
    return field.id == http1::HeaderId::kSetCookie;
  });
  shared->usage_in_stream = usage_added || call_.traits.wants_usage;
  flight_->publish_head(std::move(shared));
  return lead_ == nullptr ? state() : led(lead_->sink.on_head(head, arrival, usage_added));
}

void FlightRun::on_arrival(std::string_view payload) {
  // The stages have seen `payload` already.
  const std::int64_t next_sequence_number =
      call_.reader == nullptr ? 0 : call_.reader->usage().next_sequence_number();
  flight_->append(payload, lead_ == nullptr ? nullptr : leader_, next_sequence_number);
}

SinkState FlightRun::on_payload(std::string_view payload) {
  flight_->announce();
  return lead_ == nullptr ? state() : led(lead_->sink.on_payload(payload));
}

SinkState FlightRun::flush() {
  return lead_ == nullptr ? state() : led(lead_->sink.flush());
}

Task<SinkState> FlightRun::ready() {
  while (state() == SinkState::kBlocked) {
    co_await moved_.wait();
  }
  co_return state();
}

}  // namespace penstock::http
