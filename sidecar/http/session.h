#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/net/connection.h"
#include "lib/net/deadlines.h"
#include "lib/task/event.h"
#include "lib/task/task.h"
#include "sidecar/http/body_source.h"
#include "sidecar/http/client_sink.h"
#include "sidecar/http/client_writer.h"
#include "sidecar/http/payload_decoder.h"
#include "sidecar/http/session_host.h"
#include "sidecar/http/upstream_call.h"
#include "sidecar/http/worker_io.h"
#include "sidecar/http1/head_parser.h"
#include "sidecar/pipeline/chain.h"
#include "sidecar/request/budget_lease.h"
#include "sidecar/request/caller_context.h"

namespace penstock::http {

class Tunnel;

// One client connection: reads requests, runs them through the policy's stages, and writes the
// answers, one after the other, until the connection ends.
//
// Threads: the worker that accepted it, for life. The host owns it and is told when it has ended.
class Session final : public net::ReadWatcher, public BodySource {
 public:
  Session(SessionHost& host, net::Descriptor socket, request::ConnectionPeer peer);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // `ended` is called once, after the last byte and the last completion hook; it may destroy the
  // session.
  void start(ssl_st* tls, task_detail::PromiseBase::Done ended, void* argument);

  // No further request on this connection: an idle one ends now, a running answer is the last.
  void finish_soon();
  // The connection ends now, whatever runs. May end and destroy this session.
  void abort();

 private:
  enum class Next : std::uint8_t { kMore, kClose };
  // What is done with the request's body.
  enum class BodyPlan : std::uint8_t {
    kHave,     // there is none, or it is all in the context
    kCollect,  // it is read before the stages run
    kStream,   // it passes as it arrives
  };

  Task<> run();

  // Reading a request (session_request.cc).
  http1::HeadResult parse_buffered();
  bool fill();
  void keep_input();
  bool expects_more_input();
  void plan_body();
  void body_too_large();
  bool borrow_whole_body();
  PENSTOCK_OWN_FRAME Task<bool> collect_body();
  bool over_budget(std::string begun);
  PENSTOCK_OWN_FRAME Task<bool> send_continue();

  // Answering it (session.cc).
  void begin_request(std::size_t head_size);
  bool admit();
  bool affords_answer();
  bool serve_at_once();
  PENSTOCK_OWN_FRAME Task<Next> serve();
  PENSTOCK_OWN_FRAME Task<> give_answer();
  void end_request();

  // By a call of its own (session_call.cc).
  Task<> call_upstream();
  PENSTOCK_OWN_FRAME Task<> conclude(CallOutcome outcome, request::CallContext& call,
                                     UpstreamCall& upstream);

  // Sharing it with others (session_flight.cc).
  PENSTOCK_OWN_FRAME Task<> follow_flight();
  Task<SinkState> lead_flight();
  SinkState take_news(request::Flight::News& news);
  bool end_of_flight(const request::Flight::News& news);
  PENSTOCK_OWN_FRAME Task<> await_bill(request::Flight& flight);

  // What is no plain answer (session_exceptions.cc).
  void break_off();
  void leave_body();
  PENSTOCK_OWN_FRAME Task<> refuse();
  PENSTOCK_OWN_FRAME Task<> refuse_head(const http1::HeadResult& parsed);
  PENSTOCK_OWN_FRAME Task<> linger();
  PENSTOCK_OWN_FRAME Task<> tunnel(UpstreamCall& call);
  PENSTOCK_OWN_FRAME Task<> pass_http2();
  PENSTOCK_OWN_FRAME Task<> run_tunnel(net::Connection& upstream, std::string from_upstream);
  void client_is_gone();
  void lose_client();
  void note_state(SinkState state);
  PENSTOCK_OWN_FRAME Task<SinkState> client_takes_rest();
  void add_wait(clock::Instant since);
  void expire();

  // While an answer is awaited: the client's bytes and its leaving (net::ReadWatcher).
  void on_readable() override;

  // The request's body as it arrives (BodySource).
  Task<Piece> next() override;
  void hand_out(Piece& piece);
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return streamed_length_; }
  void stop() override;

  SessionHost& host_;
  WorkerIo& io_;
  net::Connection connection_;
  ClientWriter writer_;
  ClientSink sink_;
  net::Deadline deadline_;
  request::ConnectionPeer peer_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<request::CallerContext> caller_;  // while a request is served
  pipeline::CallerChain::Position position_;        // how far the stages ran

  std::string
      kept_;  // bytes read but not used yet, while nothing of them is in the worker's buffer
  std::string_view input_;  // the same in the worker's buffer; valid until the next suspension
  std::size_t head_scanned_ = 0;
  PayloadDecoder body_;
  // The piece of a streamed body that was handed out last; at first, with has_prefix_, what was
  // collected of a body that then had to be streamed.
  std::string passed_on_;
  std::optional<std::uint64_t> streamed_length_;
  // Of the body while it is collected (then its text has it), and of an answer that was put
  // together.
  request::BudgetLease lease_;
  Event event_;  // wakes a follower of a flight
  // What runs for this client, and ends with it.
  UpstreamCall* call_ = nullptr;
  net::Dial* dial_ = nullptr;
  Tunnel* tunnel_ = nullptr;
  BodyPlan body_plan_ = BodyPlan::kHave;
  bool gone_ = false;  // the client left
  bool has_prefix_ = false;
  bool continued_ = false;  // the client was told to send its body
  bool asked_before_ : 1 = false;
  bool staged_ : 1 = false;                 // the stages have begun
  bool head_relayed_ : 1 = false;           // of a flight
  bool waits_between_requests_ : 1 = true;  // the armed limit is keep-alive's, not a head's
  bool idle_ : 1 = false;                   // nothing of a next request is here
  bool finishing_ : 1 = false;
  bool timed_out_ : 1 = false;
  bool body_stopped_ : 1 = false;
  bool body_left_ : 1 = false;  // part of the request was not read: the connection cannot go on

  Task<> task_;
};

}  // namespace penstock::http
