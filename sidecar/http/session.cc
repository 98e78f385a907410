#include "sidecar/http/session.h"

#include <algorithm>

#include "lib/net/dial.h"
#include "sidecar/dialect/endpoint.h"
#include "sidecar/domain/free_memory.h"
#include "sidecar/http/merging_sink.h"
#include "sidecar/http/paced_replay.h"
#include "sidecar/http/tunnel.h"
#include "sidecar/request/lifecycle.h"

namespace penstock::http {
namespace {

// What the kernel takes of an answer at once, so that a slow reader keeps none of it here.
constexpr std::size_t kSentAtOnce = std::size_t{16} << 10;

}  // namespace

// With what the worker's list adds it fills the allocator's 640 bytes; every open connection has
// one.
static_assert(sizeof(Session) <= 608);

Session::Session(SessionHost& host, net::Descriptor socket, request::ConnectionPeer peer)
    : host_(host),
      io_(host.io()),
      connection_(io_.reactor, std::move(socket)),
      writer_(connection_),
      sink_(io_, connection_, writer_),
      deadline_([](void* self) { static_cast<Session*>(self)->expire(); }, this),
      peer_(std::move(peer)),
      lease_(host.limits().collected_bytes) {}

void Session::start(ssl_st* tls, task_detail::PromiseBase::Done ended, void* argument) {
  if (tls != nullptr) {
    connection_.adopt_tls(tls);
  }
  snapshot_ = host_.snapshot();
  task_ = run();
  task_.start(ended, argument);
}

void Session::finish_soon() {
  finishing_ = true;
  if (idle_) {
    connection_.cancel();
  }
}

void Session::abort() {
  finishing_ = true;
  if (call_ != nullptr) {
    call_->abort();
  }
  if (dial_ != nullptr) {
    dial_->cancel();
  }
  if (tunnel_ != nullptr) {
    tunnel_->stop();
  }
  connection_.cancel();
  client_is_gone();
}

Task<> Session::run() {
  bool open = true;
  if (connection_.tls() != nullptr) {
    io_.wheel.arm(deadline_, snapshot_->policy->listener.head_timeout);
    open = co_await net::handshake(connection_);
    peer_.certificate_subject = open ? net::peer_subject(connection_.tls()) : std::string();
  }
  while (open) {
    const http1::HeadResult parsed = parse_buffered();
    if (parsed.state == http1::HeadResult::kNeedMore) {
      open = expects_more_input();
      if (!open) {
        break;
      }
      const bool woken = co_await connection_.readable();
      idle_ = false;
      open = woken && fill();
      if (!open && timed_out_ && !kept_.empty()) {
        const http1::HeadResult late{.state = http1::HeadResult::kError,
                                     .error = ErrorCode::kRequestTimeout};
        co_await refuse_head(late);
      }
      continue;
    }
    deadline_.disarm();
    if (parsed.state == http1::HeadResult::kHttp2Preface) {
      co_await pass_http2();
      break;
    }
    if (parsed.state == http1::HeadResult::kError) {
      co_await refuse_head(parsed);
      break;
    }
    begin_request(parsed.size);
    open = serve_at_once();
    if (caller_) {
      const Next next = co_await serve();
      open = next == Next::kMore;
    }
  }
  deadline_.disarm();
  co_await connection_.close();
}

void Session::begin_request(std::size_t head_size) {
  snapshot_ = host_.snapshot();
  asked_before_ = true;
  caller_ = std::make_unique<request::CallerContext>(
      io_.services, peer_,
      std::shared_ptr<const resolve::ResolvedPolicy>(snapshot_, snapshot_->policy.get()));
  request::CallerContext& caller = *caller_;
  caller.started = io_.services.clock.now();
  std::swap(caller.text->head, io_.request_head);
  if (kept_.empty()) {
    caller.text->borrow_head(input_.substr(0, head_size));
    input_.remove_prefix(head_size);
  } else {
    caller.text->borrow_head(std::string_view(kept_).substr(0, head_size));
    caller.text->own();
    kept_.erase(0, head_size);
  }
  const http1::RequestHead& head = caller.text->head;
  caller.endpoint =
      dialect::recognise(head.method, head.path, head.has(http1::HeaderId::kAnthropicVersion));
  request::begin(caller);
  // Whoever was held comes back by a connection of its own, which leads past us by then.
  const bool last = !head.keep_alive || finishing_ || host_.draining() || io_.hold != nullptr;
  sink_.start(caller, last);
  host_.limits().requests_in_flight.fetch_add(1, std::memory_order_relaxed);
  io_.services.metrics.request_started(domain::is_model_call(caller.endpoint.operation));
  plan_body();
}

// Serves what needs no wait: a request that is wholly here and is answered from memory or refused.
// What it could not finish is left in caller_ for serve(). True: the connection goes on.
bool Session::serve_at_once() {
  if (!admit() || body_plan_ == BodyPlan::kCollect) {
    return true;
  }
  request::CallerContext& caller = *caller_;
  caller.body_collected = body_plan_ == BodyPlan::kHave;
  position_ = snapshot_->caller_chain.run(caller);
  staged_ = true;
  if (position_.verdict != pipeline::Verdict::kRespond || !caller.answer || caller.answer->paced ||
      body_plan_ == BodyPlan::kStream) {
    return true;
  }
  if (!affords_answer()) {
    return true;
  }
  const request::Answer& answer = *caller.answer;
  const SinkState state = sink_.answer(answer.status, answer.head, answer.content());
  if (state == SinkState::kBlocked) {
    return true;  // serve() waits for the rest
  }
  note_state(state);
  end_request();
  return state == SinkState::kReady && sink_.keeps_connection();
}

// False: over a limit; the refusal is in the context.
bool Session::admit() {
  SharedLimits& shared = host_.limits();
  const std::uint32_t own = caller_->policy->listener.requests_in_flight_max;
  const std::uint32_t most =
      own == 0 ? shared.requests_in_flight_max : std::min(own, shared.requests_in_flight_max);
  if (shared.requests_in_flight.load(std::memory_order_relaxed) > most) {
    caller_->refuse(ErrorCode::kOverloaded, "Too many requests are in flight.");
    return false;
  }
  if (caller_->text->head.expect_unknown) {
    caller_->refuse(ErrorCode::kExpectationFailed, "Only Expect: 100-continue is understood.");
    return false;
  }
  return true;
}

// An answer that was put together, or made over, takes room of its own until it is sent. False:
// there is none; the refusal is in the context, and no word of the answer. One that is made over is
// as long as what is stored: it fits where nobody else has any. Embeddings have no such end.
bool Session::affords_answer() {
  request::CallerContext& caller = *caller_;
  const std::size_t own = caller.answer->owned_body.size();
  const std::uint64_t most = caller.policy->listener.collected_total_bytes_max;
  const bool made_over = caller.embeddings == nullptr;
  if (made_over ? own <= kSentAtOnce || lease_.take_whole(own, most, caller.text->lease)
                : lease_.take(own, most)) {
    return true;
  }
  caller.answer.reset();
  caller.cache_state = request::CacheState::kNone;
  caller.cache_status.reset();
  caller.age.reset();
  caller.refuse(ErrorCode::kOverloaded, MergingSink::kNoRoom);
  return false;
}

Task<Session::Next> Session::serve() {
  request::CallerContext& caller = *caller_;
  keep_input();
  caller.text->own();
  if (!caller.refusal && body_plan_ == BodyPlan::kCollect) {
    const bool collected = co_await collect_body();
    if (!collected && !caller.refusal) {
      end_request();  // the client left in the middle of its request
      co_return Next::kClose;
    }
  }
  if (!staged_ && !caller.refusal) {
    caller.body_collected = body_plan_ == BodyPlan::kHave;
    position_ = snapshot_->caller_chain.run(caller);
  }
  while (position_.verdict == pipeline::Verdict::kWait) {
    position_.verdict = co_await snapshot_->caller_chain.waiting(position_).wait(caller);
    if (position_.verdict == pipeline::Verdict::kContinue) {
      position_ = snapshot_->caller_chain.run(caller, position_.entered);
    }
  }
  const bool is_new = caller.answer != nullptr && !sink_.head_written();
  if (caller.refusal || (is_new && !affords_answer())) {
    co_await refuse();
  } else if (caller.answer) {
    co_await give_answer();
  } else if (caller.flight != nullptr) {
    co_await follow_flight();
  } else {
    co_await call_upstream();
  }
  if (gone_) {
    sink_.give_up();
  }
  const bool go_on = sink_.keeps_connection() && !gone_ && !body_left_;
  const bool lingers = !go_on && !gone_ && body_left_ && !sink_.ends_by_reset();
  end_request();
  if (lingers) {
    co_await linger();
  }
  co_return go_on ? Next::kMore : Next::kClose;
}

Task<> Session::give_answer() {
  if (!caller_->answer) {
    co_return;  // serve() comes here with one
  }
  caller_->text.reset();  // an answer that is here asks nothing more of the request
  const request::Answer& answer = *caller_->answer;
  SinkState state = SinkState::kReady;
  if (answer.paced) {
    const clock::Instant begin = io_.services.clock.now();
    connection_.watch(this);
    PacedReplay replay(io_, sink_, event_, gone_);
    state = co_await replay.run(answer);
    connection_.watch(nullptr);
    add_wait(begin);
  } else if (!sink_.head_written()) {
    leave_body();
    state = sink_.answer(answer.status, answer.head, answer.content());
  }
  if (writer_.blocked()) {
    state = co_await client_takes_rest();
  }
  note_state(state);
}

void Session::end_request() {
  request::CallerContext& caller = *caller_;
  caller.bytes_out = sink_.payload_bytes();
  snapshot_->caller_chain.complete(caller, position_.entered);
  host_.limits().requests_in_flight.fetch_sub(1, std::memory_order_relaxed);
  io_.services.metrics.request_ended(domain::is_model_call(caller.endpoint.operation),
                                     request::error_side(caller));
  writer_.drop_rest();              // of a client that is gone; it may lie in the answer
  domain::free_memory(passed_on_);  // a whole body that was too large to collect may be in it
  lease_.give_back();
  caller_.reset();
  position_ = {};
  staged_ = false;
  head_relayed_ = false;
}

}  // namespace penstock::http
