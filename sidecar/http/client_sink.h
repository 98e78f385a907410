#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/net/deadlines.h"
#include "sidecar/dialect/unfinished_event.h"
#include "sidecar/http/client_writer.h"
#include "sidecar/http/renderer.h"
#include "sidecar/http/response_sink.h"
#include "sidecar/http/worker_io.h"
#include "sidecar/request/caller_context.h"

namespace penstock::http {

// Writes one answer to one client in the client's framing: length where it is known, else chunked,
// else (HTTP/1.0) until close.
class ClientSink final : public ResponseSink {
 public:
  ClientSink(WorkerIo& io, net::Connection& connection, ClientWriter& writer);

  // Per request, before anything else. `closing`: this is the connection's last answer.
  void start(request::CallerContext& caller, bool closing);
  // This answer is the connection's last.
  void close_after();

  void on_interim(const http1::ResponseHead& head) override;
  SinkState on_head(const http1::ResponseHead& head, const request::HeadArrival& arrival,
                    bool usage_added) override;
  SinkState on_payload(std::string_view payload) override;
  SinkState flush() override;
  Task<SinkState> ready() override;

  // An answer of our own, whole. `head_lines`: status line and header lines, each with CRLF. Where
  // it blocks, `body` must lie where it does until ready() has ended.
  SinkState answer(int status, std::string_view head_lines, std::string_view body);
  // The normal end of a relayed answer.
  SinkState finish(std::string_view trailers);
  // The answer broke off: shows the client `event` (an error in its dialect, maybe empty) and
  // leaves the body without its end. The connection must be closed after this.
  void break_off(std::string_view event);
  // The client takes no more of it: leaves the body without its end.
  void give_up();

  [[nodiscard]] bool head_written() const { return head_written_; }
  // … or is about to be.
  [[nodiscard]] bool head_begun() const { return head_written_ || head_pending_; }
  // The body had no other end than the connection's, so only a reset shows that it broke off.
  [[nodiscard]] bool ends_by_reset() const { return ends_by_reset_; }
  // Whether another request can follow on this connection.
  [[nodiscard]] bool keeps_connection() const { return !closing_; }
  [[nodiscard]] std::uint64_t payload_bytes() const { return payload_bytes_; }
  // What the client has of an event of its stream that is not whole.
  [[nodiscard]] const dialect::UnfinishedEvent& unfinished() const { return unfinished_; }

 private:
  SinkState state_of(ClientWriter::Result result);
  void forget_stream();
  std::string_view take_head();
  void note_arrival(const request::HeadArrival& arrival);
  [[nodiscard]] request::RequestTiming::Micros elapsed() const;

  WorkerIo& io_;
  net::Connection& connection_;
  ClientWriter& writer_;
  net::Deadline deadline_;
  request::CallerContext* caller_ = nullptr;
  Renderer renderer_;
  dialect::UnfinishedEvent unfinished_;
  std::uint64_t payload_bytes_ = 0;
  http1::Framing framing_ = http1::Framing::kNone;
  bool closing_ = false;
  bool head_pending_ = false;  // built in the worker's head_text, to leave with the first payload
  bool head_written_ = false;
  bool takes_error_ = false;  // where it breaks off, an event of ours can say so
  bool body_allowed_ = true;
  bool for_head_ : 1 = false;
  bool http10_ : 1 = false;         // the client knows no chunks
  bool ends_by_reset_ : 1 = false;  // of the connection's last answer
};

}  // namespace penstock::http
