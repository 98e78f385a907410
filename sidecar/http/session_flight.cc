// An answer that a session shares with others: the caller's side of a flight.
#include "sidecar/dialect/error_body.h"
#include "sidecar/http/session.h"
#include "sidecar/request/lifecycle.h"

namespace penstock::http {

Task<> Session::follow_flight() {
  request::CallerContext& caller = *caller_;
  const std::shared_ptr<request::Flight> flight = caller.flight;
  io_.flights->subscribe(*flight, event_);
  connection_.watch(this);
  if (caller.leads_flight) {
    host_.launch(snapshot_, caller);
  }
  SinkState state = SinkState::kReady;
  request::Flight::News news;
  while (!gone_ && state != SinkState::kGone) {
    news = flight->take(caller.flight_caller);
    state = take_news(news);
    const bool nothing_new = news.payload.empty() && state == SinkState::kReady;
    news.owner.reset();
    if (state == SinkState::kBlocked) {
      state = co_await sink_.ready();
    }
    if (news.lost || news.end != request::FlightEnd::kRunning) {
      break;
    }
    if (nothing_new) {
      co_await event_.wait();
    }
  }
  gone_ = gone_ || state == SinkState::kGone;
  connection_.watch(nullptr);
  io_.flights->unsubscribe(*flight, event_);
  flight->leave(caller.flight_caller);
  co_await conclude_flight(news);
}

SinkState Session::take_news(request::Flight::News& news) {
  if (news.head != nullptr && !head_relayed_) {
    head_relayed_ = true;
    const bool strips = news.head->strips_usage_for(caller_->traits);
    const SinkState state = sink_.on_head(news.head->head, strips);
    if (state != SinkState::kReady) {
      return state;
    }
  }
  return news.payload.empty() ? sink_.flush() : sink_.on_payload(news.payload);
}

Task<> Session::conclude_flight(request::Flight::News& news) {
  request::CallerContext& caller = *caller_;
  if (gone_) {
    co_return;
  }
  if (news.end != request::FlightEnd::kRunning) {
    request::take_summary(caller, caller.flight->summary(), caller.leads_flight);
  }
  if (news.end == request::FlightEnd::kFailed) {
    caller.refuse(news.error, dialect::client_message(news.error));
    co_await refuse();
    co_return;
  }
  SinkState state = SinkState::kReady;
  if (news.end == request::FlightEnd::kComplete) {
    state = sink_.finish({});
  } else {
    break_off();
  }
  if (state == SinkState::kBlocked) {
    state = co_await sink_.ready();
  }
  gone_ = gone_ || state == SinkState::kGone;
}

}  // namespace penstock::http
