// An answer that a session shares with others: the caller's side of a flight.
#include <algorithm>

#include "sidecar/dialect/error_body.h"
#include "sidecar/http/flight_run.h"
#include "sidecar/http/session.h"
#include "sidecar/request/lifecycle.h"

namespace penstock::http {
namespace {

using request::Micros;

// How the head came as this caller sees it: to those that did not make the call, all of it was one
// wait.
request::HeadArrival arrival_for(const request::CallerContext& caller,
                                 const request::SharedHead& head) {
  if (caller.leads_flight || !head.arrival.at) {
    return head.arrival;
  }
  const auto came = std::chrono::duration_cast<Micros>(*head.arrival.at - caller.started);
  const Micros looked_up = std::max(caller.timing.cache, Micros{0});
  return {.at = head.arrival.at, .queue = std::max(came - looked_up, Micros{0})};
}

}  // namespace

Task<> Session::follow_flight() {
  request::CallerContext& caller = *caller_;
  const std::shared_ptr<request::Flight> flight = caller.flight;
  connection_.watch(this);
  SinkState state = SinkState::kReady;
  if (caller.leads_flight) {
    state = co_await lead_flight();
  } else {
    caller.text.reset();  // somebody else's asks for both
    caller.cache.reset();
  }
  request::Flight::News news;
  bool listens = false;
  while (!gone_ && state != SinkState::kGone) {
    if (state == SinkState::kBlocked) {
      caller.waits_unknown = true;  // the call goes on meanwhile
      state = co_await sink_.ready();
      continue;
    }
    news = flight->take(caller.flight_caller);
    state = take_news(news);
    const bool nothing_new = news.payload.empty() && state == SinkState::kReady;
    news.owner.reset();
    if (news.lost || news.end != request::FlightEnd::kRunning) {
      break;
    }
    if (nothing_new && !listens) {
      listens = true;  // a flight that was led to its end needs no listening
      flight->listen(io_.flights);
      io_.flights->subscribe(*flight, event_);
    } else if (nothing_new) {
      co_await event_.wait();
    }
  }
  if (state == SinkState::kBlocked) {
    state = co_await client_takes_rest();
  }
  note_state(state);
  connection_.watch(nullptr);
  if (listens) {
    io_.flights->unsubscribe(*flight, event_);
  }
  const bool pays = flight->leave(caller.flight_caller);
  if (news.end != request::FlightEnd::kRunning) {
    request::take_summary(caller, flight->summary(), pays);
  }
  if (!gone_ && end_of_flight(news)) {
    co_await refuse();
  }
  if (!gone_ && writer_.blocked()) {
    state = co_await client_takes_rest();
    note_state(state);
  }
  if (pays && caller.summary == nullptr) {
    co_await await_bill(*flight);
  }
}

// The last caller is done with the call before the call is: it is aborted, or read on for its
// usage, and booked here.
Task<> Session::await_bill(request::Flight& flight) {
  if (gone_) {
    sink_.give_up();
  }
  co_await connection_.close();
  flight.listen(io_.flights);
  io_.flights->subscribe(flight, event_);
  while (!flight.ended()) {
    co_await event_.wait();
  }
  io_.flights->unsubscribe(flight, event_);
  request::take_summary(*caller_, flight.summary(), /*paid=*/true);
}

// Until the answer is whole, the client is slow, or it leaves: the call brings what arrives.
Task<SinkState> Session::lead_flight() {
  FlightLead lead{.sink = sink_, .event = event_};
  host_.launch(snapshot_, *caller_, lead);
  while (lead.run != nullptr && !gone_) {
    co_await event_.wait();
  }
  if (lead.run != nullptr) {
    lead.run->release_lead();
  }
  head_relayed_ = sink_.head_begun();
  co_return lead.state;
}
SinkState Session::take_news(request::Flight::News& news) {
  if (news.head != nullptr && !head_relayed_) {
    head_relayed_ = true;
    const bool strips = news.head->strips_usage_for(caller_->traits);
    const SinkState state =
        sink_.on_head(news.head->head, arrival_for(*caller_, *news.head), strips);
    if (state != SinkState::kReady) {
      return state;
    }
  }
  return news.payload.empty() ? sink_.flush() : sink_.on_payload(news.payload);
}

// How the flight's end looks to this caller. True: it gets an error of ours in place of an answer.
bool Session::end_of_flight(const request::Flight::News& news) {
  if (news.end == request::FlightEnd::kFailed) {
    caller_->refuse(news.error, dialect::client_message(news.error));
    return true;
  }
  if (news.end == request::FlightEnd::kComplete) {
    note_state(sink_.finish({}));
  } else {
    break_off();
  }
  return false;
}

}  // namespace penstock::http
