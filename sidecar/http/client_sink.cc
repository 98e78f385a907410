#include "sidecar/http/client_sink.h"

#include <array>

#include "sidecar/domain/media_type.h"
#include "sidecar/http1/forward.h"
#include "sidecar/http1/head_writer.h"
#include "sidecar/request/response_fields.h"

namespace penstock::http {

namespace {

constexpr std::array kWithoutCoding = {
    http1::FieldEdit{http1::HeaderId::kContentEncoding, "content-encoding", std::nullopt}};

}  // namespace

ClientSink::ClientSink(WorkerIo& io, net::Connection& connection, ClientWriter& writer)
    : io_(io),
      connection_(connection),
      writer_(writer),
      deadline_([](void* self) { static_cast<ClientSink*>(self)->connection_.cancel(); }, this) {}

void ClientSink::start(request::CallerContext& caller, bool closing) {
  caller_ = &caller;
  http10_ = caller.text->head.minor_version == 0;
  for_head_ = caller.text->head.method == "HEAD";
  closing_ = false;
  if (closing) {
    close_after();
  }
  head_pending_ = false;
  head_written_ = false;
  takes_error_ = false;
  forget_stream();
  payload_bytes_ = 0;
}

void ClientSink::close_after() {
  closing_ = true;
  connection_.write_nothing_later();
}

void ClientSink::on_interim(const http1::ResponseHead& head) {
  if (http10_ || writer_.blocked()) {
    return;  // HTTP/1.0 knows no interim responses
  }
  io_.head_text.clear();
  http1::build_downstream_head(io_.head_text, head, {});
  static_cast<void>(writer_.write(io_.head_text));
}

SinkState ClientSink::on_head(const http1::ResponseHead& head, const request::HeadArrival& arrival,
                              bool usage_added) {
  note_arrival(arrival);
  const http1::HeaderField* type = head.find(http1::HeaderId::kContentType);
  const http1::HeaderField* coding = head.find(http1::HeaderId::kContentEncoding);
  const auto known =
      dialect::content_coding(coding == nullptr ? std::string_view{} : coding->value);
  const bool events = type != nullptr && domain::is_event_stream(type->value);
  http1::DownstreamHeadEdits edits;
  if (usage_added && events && known) {
    renderer_.start(Renderer::Mode::kStripUsage, *known);
    edits.edits = kWithoutCoding;
  }
  // What is no stream of a model, or under no policy that intervenes, breaks off as it came.
  takes_error_ = events &&
                 (renderer_.changes_length() || known == dialect::ContentCoding::kIdentity) &&
                 domain::is_generation(caller_->endpoint.operation) &&
                 caller_->policy->mode == resolve::Mode::kEnforce;
  body_allowed_ = head.framing != http1::Framing::kNone;
  framing_ = head.framing;
  if (body_allowed_ && (framing_ != http1::Framing::kLength || renderer_.changes_length())) {
    const bool chunks = !http10_;
    framing_ = chunks ? http1::Framing::kChunked : http1::Framing::kUntilClose;
    if (!chunks) {
      close_after();
    }
  }
  edits.framing = framing_;
  edits.content_length = head.content_length;
  edits.close = closing_;
  edits.keep_alive = !closing_ && http10_;
  edits.upgrade = head.upgrade;
  std::string& text = io_.head_text;
  text.clear();
  http1::build_downstream_head(text, head, edits);
  text.resize(text.size() - http1::kLineEnd.size());  // our own lines go in front of the empty one
  request::append_response_fields(text, *caller_);
  text += http1::kLineEnd;
  head_pending_ = true;
  caller_->status = static_cast<std::uint16_t>(head.status);
  return SinkState::kReady;
}

std::string_view ClientSink::take_head() {
  if (!head_pending_) {
    return {};
  }
  head_pending_ = false;
  head_written_ = true;
  caller_->timing.first_byte = elapsed();
  return io_.head_text;
}

// What of it can be told without a look at the clock, in a head that is built before it is written.
void ClientSink::note_arrival(const request::HeadArrival& arrival) {
  request::RequestTiming& timing = caller_->timing;
  timing.queue = arrival.queue;
  timing.connect = arrival.connect;
  if (arrival.at) {
    timing.first_byte =
        std::chrono::duration_cast<request::RequestTiming::Micros>(*arrival.at - caller_->started);
  }
  if (arrival.whole) {
    timing.total = elapsed();
  }
}

request::RequestTiming::Micros ClientSink::elapsed() const {
  return std::chrono::duration_cast<request::RequestTiming::Micros>(io_.services.clock.now() -
                                                                    caller_->started);
}

SinkState ClientSink::on_payload(std::string_view payload) {
  const std::string_view rendered = renderer_.render(payload, io_.rendered);
  if (rendered.empty() || !body_allowed_) {
    return SinkState::kReady;
  }
  payload_bytes_ += rendered.size();
  if (takes_error_) {
    unfinished_.feed(rendered);
  }
  const std::string_view head = take_head();
  if (framing_ != http1::Framing::kChunked) {
    return state_of(writer_.write(head, rendered));
  }
  const http1::ChunkSizeLine size(rendered.size());
  return state_of(writer_.write(head, size.view(), rendered, http1::kLineEnd));
}

SinkState ClientSink::flush() {
  return head_pending_ ? state_of(writer_.write(take_head())) : SinkState::kReady;
}

SinkState ClientSink::state_of(ClientWriter::Result result) {
  switch (result) {
    case ClientWriter::Result::kWritten: return SinkState::kReady;
    case ClientWriter::Result::kBlocked: return SinkState::kBlocked;
    case ClientWriter::Result::kBroken: return SinkState::kGone;
  }
  return SinkState::kGone;
}

Task<SinkState> ClientSink::ready() {
  bool moved = true;
  bool open = true;
  while (open && writer_.blocked()) {
    // Who takes some of it, however slowly, is not idle.
    if (moved) {
      io_.wheel.arm(deadline_, caller_->policy->upstream.idle_timeout);
    }
    open = co_await connection_.writable();
    if (open) {
      const net::Io sent = writer_.send_rest();
      moved = sent.bytes > 0;
      open = sent.state != net::IoState::kBroken;
    }
  }
  deadline_.disarm();
  co_return open ? SinkState::kReady : SinkState::kGone;
}

SinkState ClientSink::answer(int status, std::string_view head_lines, std::string_view body) {
  std::string& head = io_.head_text;
  head.clear();
  head += head_lines;
  caller_->timing.total = elapsed();
  request::append_response_fields(head, *caller_);
  http1::append_field(head, "content-length", body.size());
  if (closing_) {
    http1::append_field(head, "connection", "close");
  } else if (http10_) {
    http1::append_field(head, "connection", "keep-alive");
  }
  head += http1::kLineEnd;
  head_written_ = true;
  caller_->status = static_cast<std::uint16_t>(status);
  caller_->timing.first_byte = caller_->timing.total;
  if (for_head_) {
    body = {};
  }
  payload_bytes_ += body.size();
  return state_of(writer_.write_lasting(head, body));
}

SinkState ClientSink::finish(std::string_view trailers) {
  if (renderer_.broken()) {
    caller_->disconnect = request::Disconnect::kUpstream;  // what it sent cannot be read
    break_off({});
    return SinkState::kGone;
  }
  const std::string_view rest = renderer_.rest();
  payload_bytes_ += rest.size();
  SinkState state = SinkState::kReady;
  if (framing_ == http1::Framing::kChunked) {
    std::string last;
    http1::append_chunk(last, rest);
    http1::append_last_chunk(last, trailers);
    state = state_of(writer_.write(take_head(), last));
  } else {
    state = state_of(writer_.write(take_head(), rest));
  }
  forget_stream();
  return state;
}

void ClientSink::break_off(std::string_view event) {
  close_after();
  forget_stream();
  if (writer_.blocked() || event.empty() || !takes_error_) {
    static_cast<void>(head_pending_ ? writer_.write(take_head()) : ClientWriter::Result::kWritten);
    give_up();
    return;
  }
  const std::string_view head = take_head();
  if (framing_ == http1::Framing::kChunked) {
    const http1::ChunkSizeLine size(event.size());
    static_cast<void>(writer_.write(head, size.view(), event, http1::kLineEnd));
  } else if (framing_ == http1::Framing::kUntilClose) {
    static_cast<void>(writer_.write(head, event));
  }
}

void ClientSink::give_up() {
  close_after();
  ends_by_reset_ = framing_ == http1::Framing::kUntilClose && body_allowed_;
  if (ends_by_reset_) {
    connection_.reset_at_close();
  }
}

// A connection that waits for its next request holds nothing of the answer before.
void ClientSink::forget_stream() {
  unfinished_.clear();
  renderer_.start(Renderer::Mode::kPass);
}

}  // namespace penstock::http
