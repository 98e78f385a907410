#include "deploy/demo/server/session.h"

#include <array>

#include <boost/asio/buffer.hpp>

#include "deploy/demo/model/text.h"

namespace penstock::demo::server {
namespace {

constexpr std::size_t kHeadMax = 256 * 1024;
constexpr std::uint64_t kBodyMax = 64ULL << 20U;

// Bytes land here and are copied out before the thread does anything else.
std::array<char, 64 * 1024>& scratch() {
  thread_local std::array<char, 64 * 1024> bytes;
  return bytes;
}

std::string hex(std::uint64_t value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    out[15 - i] = kHex[value >> (4 * i) & 15U];
  }
  return out;
}

bool is_opaque(model::Operation operation) {
  return operation == model::Operation::kFiles || operation == model::Operation::kTranscription;
}

}  // namespace

Session::Session(Socket socket, Shared& shared, std::uint64_t connection)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      shared_(shared),
      connection_(connection) {
  ++shared_.counters.open;
}

Session::~Session() {
  --shared_.counters.open;
}

Task<> Session::run() {
  for (;;) {
    const bool got = co_await read_head();
    if (!got) {
      break;
    }
    const Then then = co_await serve();
    if (then == Then::kReset) {
      boost::system::error_code ignored;
      socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    }
    if (then != Then::kKeep) {
      break;
    }
  }
  boost::system::error_code ignored;
  socket_.close(ignored);
}

// Waits without a buffer, so that ten thousand idle clients cost no read buffers.
Task<bool> Session::read_more() {
  for (;;) {
    boost::system::error_code error;
    auto [waited] = co_await socket_.async_wait(Socket::wait_read, kNoThrow);
    if (waited) {
      co_return false;
    }
    auto& bytes = scratch();
    const std::size_t count = socket_.read_some(asio::buffer(bytes), error);
    if (!error) {
      in_.append(bytes.data(), count);
      co_return true;
    }
    if (error != asio::error::would_block) {
      co_return false;
    }
  }
}

Task<bool> Session::read_head() {
  std::size_t end = wire::head_end(in_);
  while (end == std::string::npos) {
    if (in_.size() > kHeadMax || gone_) {
      co_return false;
    }
    const bool more = co_await read_more();
    if (!more) {
      co_return false;
    }
    end = wire::head_end(in_);
  }
  head_text_.assign(in_, 0, end);
  in_.erase(0, end);
  co_return true;
}

Task<bool> Session::read_body(const wire::BodyPlan& plan, BodySink& sink) {
  wire::ChunkReader chunks;
  std::string piece;
  while (plan.framing == wire::Framing::kChunked) {
    std::string_view input = in_;
    piece.clear();
    const auto state = chunks.feed(input, piece);
    sink.take(piece);
    in_.erase(0, in_.size() - input.size());
    if (state == wire::ChunkReader::State::kDone) {
      trailers_ = chunks.trailers();
      co_return true;
    }
    const bool more = state == wire::ChunkReader::State::kMore && co_await read_more();
    if (!more) {
      co_return false;
    }
  }
  while (sink.bytes() < plan.length) {
    const std::size_t take = std::min<std::uint64_t>(plan.length - sink.bytes(), in_.size());
    sink.take(std::string_view(in_).substr(0, take));
    in_.erase(0, take);
    if (sink.bytes() < plan.length) {
      const bool more = co_await read_more();
      if (!more) {
        co_return false;
      }
    }
  }
  co_return true;
}

Task<bool> Session::say(std::string_view bytes) {
  out_ += bytes;
  const bool sent = co_await flush();
  co_return sent;
}

// False where x-simulate is not understood.
bool Session::open_exchange(Exchange& exchange) {
  exchange.operation = model::operation_of(head_.target);
  exchange.number = shared_.next_request.fetch_add(1, std::memory_order_relaxed);
  exchange.stamp.unique = hex(model::mix(shared_.id_seed + exchange.number));
  exchange.stamp.created = std::chrono::duration_cast<std::chrono::seconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  exchange.stamp.anthropic = exchange.operation == model::Operation::kMessages ||
                             exchange.operation == model::Operation::kCountTokens ||
                             !head_.value("anthropic-version").empty();
  exchange.http11 = head_.minor_version == 1;
  exchange.head_only = head_.method == "HEAD";
  const std::string_view connection = head_.value("connection");
  exchange.keep_alive = exchange.http11 ? !wire::lists(connection, "close") : false;
  exchange.content_type = head_.value("content-type");
  shared_.counters.requests.fetch_add(1, std::memory_order_relaxed);
  shared_.counters.by_operation[static_cast<std::size_t>(exchange.operation)].fetch_add(
      1, std::memory_order_relaxed);
  std::string_view asked = head_.value("x-simulate");
  const std::string preset = asked.empty() && exchange.operation != model::Operation::kSimulate
                                 ? shared_.preset.get()
                                 : "";
  auto simulation = model::Simulation::parse(asked.empty() ? std::string_view(preset) : asked);
  if (!simulation) {
    return false;
  }
  exchange.simulation = std::move(*simulation);
  return true;
}

void Session::journal(const Exchange& exchange, BodySink& sink) {
  if (!shared_.journal.enabled() || exchange.operation == model::Operation::kSimulate) {
    return;
  }
  Record record;
  record.number = exchange.number;
  record.connection = connection_;
  record.operation = exchange.operation;
  record.method = head_.method;
  record.target = head_.target;
  record.minor_version = head_.minor_version;
  record.headers.reserve(head_.fields.size());
  for (const wire::Field& field : head_.fields) {
    std::string value(field.value);
    if (is_credential(field.name)) {
      value = "sha256:" + sha256_hex(value).substr(0, 16);
    }
    record.headers.push_back({std::string(field.name), std::move(value)});
  }
  record.trailers = trailers_;
  record.body_bytes = exchange.body_bytes;
  record.body_sha256 = exchange.body_sha256;
  record.body.assign(sink.body(), 0, kBodyKept);
  shared_.journal.add(std::move(record));
}

Task<Session::Then> Session::serve() {
  Exchange exchange;
  trailers_.clear();
  const bool parsed = wire::parse(head_text_, head_);
  const auto plan = parsed ? wire::body_plan(head_) : std::nullopt;
  if (!plan || plan->length > (1ULL << 40U)) {
    (void)co_await say(
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    co_return Then::kClose;
  }
  const bool understood = open_exchange(exchange);
  const bool opaque = is_opaque(exchange.operation);
  if (plan->length > kBodyMax && !opaque) {
    (void)co_await say(
        "HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    co_return Then::kClose;
  }
  if (wire::equals_ignoring_case(head_.value("expect"), "100-continue") && in_.empty() &&
      !exchange.simulation.is(model::Switch::kNoContinue)) {
    (void)co_await say("HTTP/1.1 100 Continue\r\n\r\n");
  }
  BodySink sink(!opaque, shared_.journal.enabled());
  if (plan->framing != wire::Framing::kNone) {
    const bool complete = co_await read_body(*plan, sink);
    if (!complete) {
      ++shared_.counters.aborted;
      co_return Then::kClose;
    }
  }
  exchange.body_bytes = sink.bytes();
  if (shared_.journal.enabled() && exchange.operation != model::Operation::kSimulate) {
    exchange.body_sha256 = sink.sha256();
    journal(exchange, sink);
  }
  ++shared_.counters.in_flight;
  answering_ = true;
  events_sent_ = 0;
  body_sent_ = 0;
  Then then = Then::kClose;
  if (understood) {
    then = co_await respond(exchange, sink);
  } else {
    model::Answer refusal = model::error(400, "x-simulate is not understood", {}, exchange.stamp);
    then = co_await send(exchange, refusal);
  }
  answering_ = false;
  --shared_.counters.in_flight;
  shared_.counters.aborted += gone_ ? 1 : 0;
  shared_.journal.finished(exchange.number, gone_, events_sent_, body_sent_);
  co_return gone_ ? Then::kClose : then;
}

}  // namespace penstock::demo::server
