// The sending half of an upstream call: head, body, and a body that still arrives.
#include <algorithm>
#include <array>

#include "sidecar/dialect/credentials.h"
#include "sidecar/http/upstream_call.h"
#include "sidecar/http1/forward.h"
#include "sidecar/http1/head_writer.h"

namespace penstock::http {
namespace {

constexpr std::string_view kAuthorization = "authorization";
constexpr std::string_view kApiKey = "x-api-key";
constexpr std::string_view kWebsocket = "websocket";  // of several it is the only one that passes
constexpr std::string_view kClientBodyBroke = "The request body ended early or is not well-formed.";
constexpr std::string_view kClientBodyLate = "The request body did not arrive in time.";

// Whether a query's `key` is a key: of a call to a model that we know, or of a method of Google's
// ("models/m:generateContent"). Elsewhere it may be an argument, as in LiteLLM's /key/info?key=….
bool query_holds_keys(const request::CallContext& call) {
  const std::string_view path = call.text->head.path;
  const std::string_view plain = path.substr(0, path.find('?'));
  return call.endpoint.operation != domain::Operation::kOther ||
         plain.substr(plain.rfind('/') + 1).contains(':');
}

// Whether more than interim responses has begun.
bool holds_answer(std::string_view bytes) {
  constexpr std::string_view kInterim = "HTTP/1.1 1";
  constexpr std::string_view kHeadEnd = "\r\n\r\n";
  while (bytes.size() >= kInterim.size() && bytes[kInterim.size() - 1] == '1') {
    const std::size_t end = bytes.find(kHeadEnd);
    if (end == std::string_view::npos) {
      return false;
    }
    bytes.remove_prefix(end + kHeadEnd.size());
  }
  return bytes.size() >= kInterim.size();
}

}  // namespace

void UpstreamCall::build_head() {
  const Upstream& to = upstream();
  const http1::RequestHead& head = call_.text->head;
  http1::UpstreamHeadEdits edits;
  edits.path_prefix = to.prefix_for(head.path);
  edits.host = to.origin->authority;
  edits.te_trailers = head.te_trailers;
  edits.upgrade = head.upgrade_websocket ? kWebsocket : std::string_view{};
  if (streamed_ != nullptr) {
    const auto length = streamed_->length();
    edits.framing = length ? http1::Framing::kLength : http1::Framing::kChunked;
    edits.content_length = length.value_or(0);
  } else if (head.framing != http1::Framing::kNone) {
    const std::string_view body = call_.text->body();
    edits.framing = http1::Framing::kLength;
    edits.content_length =
        call_.body_edit ? dialect::edited(*call_.body_edit, body).size() : body.size();
  }
  const bool own_credential = !to.credential_name.empty();
  std::optional<std::string> path;
  if ((own_credential || !call_.send_cookies) && query_holds_keys(call_)) {
    path = dialect::without_credentials(
        head.path, call_.send_cookies ? dialect::GatewayKeys::kStay : dialect::GatewayKeys::kGo);
    edits.path = path;
  }
  std::array<http1::FieldEdit, http1::kModelKeys.size() + 1 + http1::kGatewayKeys.size() + 2>
      fields;
  std::size_t count = 0;
  if (own_credential || !call_.send_client_credential) {
    const bool bearer = to.credential_name == kAuthorization;
    const bool key = to.credential_name == kApiKey;
    const std::optional<std::string_view> value(to.credential_value);
    fields[count++] = {http1::HeaderId::kAuthorization, kAuthorization,
                       bearer ? value : std::nullopt};
    fields[count++] = {http1::HeaderId::kApiKey, kApiKey, key ? value : std::nullopt};
    fields[count++] = {http1::HeaderId::kAzureApiKey, "api-key", std::nullopt};
    fields[count++] = {http1::HeaderId::kGoogleApiKey, "x-goog-api-key", std::nullopt};
  }
  // What the client shows to the one place that it means.
  if (!call_.send_cookies) {
    fields[count++] = {http1::HeaderId::kCookie, "cookie", std::nullopt};
    for (const http1::HeaderId id : http1::kGatewayKeys) {
      fields[count++] = {id, http1::header_name(id), std::nullopt};
    }
  }
  if (call_.identity_coding) {
    fields[count++] = {http1::HeaderId::kAcceptEncoding, "accept-encoding", "identity"};
  }
  if (!call_.text->traceparent.empty()) {
    fields[count++] = {http1::HeaderId::kTraceparent, "traceparent", call_.text->traceparent};
  }
  edits.edits = std::span(fields).first(count);
  io_.head_text.clear();
  http1::build_upstream_head(io_.head_text, head, edits);
}

// Head and, where it is here, body.
ClientWriter::Result UpstreamCall::write_request(ClientWriter& writer) {
  build_head();
  io_.wheel.arm(deadline_, call_.policy->upstream.first_byte_timeout);
  const std::string_view body = call_.text->body();
  if (!call_.body_edit) {
    return writer.write(io_.head_text, body);
  }
  const dialect::EditedBody edited = dialect::edited(*call_.body_edit, body);
  return writer.write(io_.head_text, edited.before, edited.insert, edited.after);
}

// What did not leave at once: the rest of what was written, and a body that still arrives.
Task<bool> UpstreamCall::send_rest(ClientWriter& writer, ClientWriter::Result written) {
  if (written == ClientWriter::Result::kBlocked) {
    written = co_await drain(writer);
  }
  if (written == ClientWriter::Result::kBroken) {
    co_return may_have_answered();
  }
  if (streamed_ != nullptr) {
    const bool passed = co_await send_streamed_body();
    connection_->io->watch(nullptr);
    if (!request_sent_) {
      streamed_->stop();
    }
    co_return passed;
  }
  request_sent_ = true;
  co_return true;
}

Task<ClientWriter::Result> UpstreamCall::drain(ClientWriter& writer) {
  connection_->io->watch(this);
  bool drained = false;
  if (!answered_early_) {
    drained = co_await writer.drain();
  }
  connection_->io->watch(nullptr);
  co_return drained ? ClientWriter::Result::kWritten : ClientWriter::Result::kBroken;
}

// The upstream may have answered before it took all of the request, and then have closed: look
// before giving up.
bool UpstreamCall::may_have_answered() {
  return !aborted_ && !timed_out_ &&
         (answered_early_ || connection_->io->peek() == net::IoState::kOk);
}

// Keeps what is there of the upstream's words, as much as await_head() takes at once. It is read,
// not peeked at: over TLS a peek sees one record, be it the first of many.
net::IoState UpstreamCall::take_early() {
  std::string& said = rare().said_early;
  std::array<char, 4096> bytes;
  for (;;) {
    const std::size_t room = std::min(bytes.size(), WorkerIo::kScratchBytes - said.size());
    if (room == 0) {
      return net::IoState::kOk;
    }
    const net::Io got = connection_->io->read_some(std::span(bytes).first(room));
    if (got.state != net::IoState::kOk) {
      return got.state;
    }
    answer_begun_ = true;
    said.append(bytes.data(), got.bytes);
  }
}

// The upstream speaks, or leaves, while its request is still being sent: the rest of the request
// does not matter any more, unless it says "go on".
void UpstreamCall::on_readable() {
  const net::IoState state = take_early();
  const bool open = state == net::IoState::kWouldBlock || state == net::IoState::kOk;
  if (open && !holds_answer(rare().said_early)) {
    if (state == net::IoState::kWouldBlock) {
      connection_->io->watch_on(this);
    }
    return;  // who says no more than that, and so much of it, is heard once the request is sent
  }
  answered_early_ = true;
  connection_->io->cancel();
  if (streamed_ != nullptr) {
    body_spent_ = true;
    streamed_->stop();
  }
}

ClientWriter::Result UpstreamCall::write_piece(ClientWriter& writer, const BodySource::Piece& piece,
                                               bool chunked) {
  if (!chunked) {
    return writer.write(piece.bytes);
  }
  std::string end;
  if (!piece.bytes.empty()) {
    end += http1::kLineEnd;
  }
  if (piece.last) {
    // A field that Connection nominates ends here as a trailer, too; such a body goes without any.
    const bool nominates = call_.text->head.connection_nominates;
    http1::append_last_chunk(end, nominates ? std::string_view{} : piece.trailers);
  }
  if (piece.bytes.empty()) {
    return writer.write(end);
  }
  const http1::ChunkSizeLine size(piece.bytes.size());
  return writer.write(size.view(), piece.bytes, end);
}

Task<bool> UpstreamCall::send_streamed_body() {
  const bool chunked = !streamed_->length().has_value();
  for (;;) {
    deadline_.disarm();  // how long a client may take is the session's business
    connection_->io->watch(this);
    const BodySource::Piece piece = co_await streamed_->next();
    if (aborted_) {
      co_return false;  // the client left with these bytes, and nobody waited to be woken
    }
    if (answered_early_) {
      co_return may_have_answered();
    }
    if (piece.failed) {
      if (piece.late) {
        call_.refuse(ErrorCode::kRequestTimeout, kClientBodyLate);
      } else {
        call_.refuse(ErrorCode::kInvalidRequest, kClientBodyBroke);
      }
      co_return false;
    }
    body_spent_ = true;
    io_.wheel.arm(deadline_, call_.policy->upstream.first_byte_timeout);
    ClientWriter writer(*connection_->io);
    ClientWriter::Result written = write_piece(writer, piece, chunked);
    if (written == ClientWriter::Result::kBlocked) {
      written = co_await drain(writer);
    }
    if (written == ClientWriter::Result::kBroken) {
      co_return may_have_answered();
    }
    if (piece.last) {
      request_sent_ = true;
      co_return true;
    }
  }
}

}  // namespace penstock::http
