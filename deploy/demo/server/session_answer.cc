#include <algorithm>
#include <array>

#include <boost/asio/buffer.hpp>
#include <openssl/evp.h>

#include "deploy/demo/model/sse.h"
#include "deploy/demo/model/text.h"
#include "deploy/demo/server/session.h"

namespace penstock::demo::server {
namespace {

using model::kUnset;
using model::Number;
using model::Operation;
using model::Switch;
using model::Word;

constexpr std::uint64_t kDownloadBytes = 1U << 20U;
constexpr std::size_t kFlushAt = 16 * 1024;

bool is_model_call(Operation operation) {
  return operation <= Operation::kCountTokens && operation != Operation::kModels;
}

// RFC 6455, section 4.2.2.
std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::string bytes;
  for (unsigned i = 0; i < size; ++i) {
    bytes += static_cast<char>(digest[i]);
  }
  return model::base64(bytes);
}

void add_wished_headers(const model::Simulation& wish, model::Answer& answer) {
  if (const std::string& value = wish.word(Word::kCacheControl); !value.empty()) {
    answer.headers.push_back({"cache-control", value});
  }
  const std::string& header = wish.word(Word::kHeader);
  if (const auto colon = header.find(':'); colon != std::string::npos) {
    answer.headers.push_back({header.substr(0, colon), header.substr(colon + 1)});
  }
}

// One block of every byte value, over and over: a reader can check any part of it.
const std::string& octets() {
  static const std::string kBlock = [] {
    std::string block(64 * 1024, '\0');
    for (std::size_t i = 0; i < block.size(); ++i) {
      block[i] = static_cast<char>(i * 31 + i / 256);
    }
    return block;
  }();
  return kBlock;
}

}  // namespace

model::Answer Session::file_answer(const Exchange& exchange) const {
  model::Answer answer;
  std::string& out = answer.body;
  const bool lists = head_.method == "GET" && head_.target.ends_with("/files");
  out += lists ? "{\"object\":\"list\",\"has_more\":false,\"data\":[" : "";
  out +=
      "{\"id\":\"file-simulated\",\"object\":\"file\",\"filename\":\"upload\",\"purpose\":"
      "\"assistants\"";
  out += ",\"status\":\"processed\",\"created_at\":1767225600,\"bytes\":";
  model::append(static_cast<std::int64_t>(exchange.body_bytes), out);
  model::append_quoted(exchange.body_sha256, out += ",\"sha256\":");
  out += lists ? "}]}" : "}";
  return answer;
}

model::Answer Session::make_answer(Exchange& exchange, BodySink& sink) {
  const Operation operation = exchange.operation;
  if (exchange.simulation.fails()) {
    const int status = static_cast<int>(exchange.simulation.number(Number::kError));
    return model::error(status, model::reason(status), exchange.simulation, exchange.stamp);
  }
  if (operation == Operation::kSimulate) {
    return control(shared_, head_.method, head_.target, sink.body());
  }
  if (operation == Operation::kModels) {
    return model::models(head_.target, exchange.stamp);
  }
  if (operation == Operation::kFiles) {
    return file_answer(exchange);
  }
  if (operation == Operation::kTranscription) {
    model::Answer answer;
    answer.body = R"({"text":"a simulated transcription"})";
    return answer;
  }
  if (operation == Operation::kEcho) {
    model::Answer answer;
    answer.content_type =
        exchange.content_type.empty() ? "application/octet-stream" : exchange.content_type;
    answer.body = std::move(sink.body());
    return answer;
  }
  if (!is_model_call(operation)) {
    return model::error(404, model::reason(404), exchange.simulation, exchange.stamp);
  }
  if (head_.method != "POST") {
    return model::error(405, "Only POST is understood here.", exchange.simulation, exchange.stamp);
  }
  const auto request = model::read_request(sink.body());
  if (!request) {
    return model::error(400, request.error().detail, exchange.simulation, exchange.stamp);
  }
  return model::answer(operation, *request, exchange.simulation, exchange.stamp);
}

Task<Session::Then> Session::respond(Exchange& exchange, BodySink& sink) {
  model::Simulation& wish = exchange.simulation;
  if (const auto times = wish.number(Number::kTimes); times != kUnset) {
    const std::uint64_t before = shared_.uses.use(wish.word(Word::kKey));
    if (before >= static_cast<std::uint64_t>(times)) {
      wish.forgive();
    }
  }
  if (const std::string& id = wish.word(Word::kHold);
      !id.empty() && wish.number(Number::kHoldAfterEvents) == kUnset) {
    const bool stays = co_await hold(id);
    if (!stays) {
      co_return Then::kClose;
    }
  }
  if (wish.is(Switch::kReset)) {
    co_return Then::kReset;
  }
  if (exchange.operation == Operation::kRealtime &&
      wire::lists(head_.value("connection"), "upgrade") && !wish.fails()) {
    const Then then = co_await tunnel();
    co_return then;
  }
  exchange.coding = wish.word(Word::kEncoding);
  encoder_ = Encoder::make(exchange.coding);
  const bool binary =
      exchange.operation == Operation::kSpeech || exchange.operation == Operation::kFileContent;
  if (!wish.fails() && (binary || wish.is(Switch::kRaw))) {
    const std::string_view type =
        exchange.operation == Operation::kSpeech ? "audio/mpeg" : "application/octet-stream";
    const auto bytes =
        static_cast<std::uint64_t>(wish.number_or(Number::kBodyBytes, kDownloadBytes));
    const Then then = co_await send_octets(exchange, type, bytes);
    co_return then;
  }
  model::Answer answer = make_answer(exchange, sink);
  sink.body() = {};
  const Then then = co_await send(exchange, answer);
  co_return then;
}

// A plain answer is ready when its last token is, a stream when its first one is.
Task<bool> Session::think(const model::Simulation& wish, const model::Answer& answer) {
  const std::int64_t later = answer.streams ? 0 : std::max<std::int64_t>(0, answer.tokens - 1);
  const std::int64_t first = wish.number_or(Number::kFirstTokenMs, shared_.timing.first_token_ms);
  const bool stays = co_await pause(paced(first + shared_.timing.per_token_ms * later));
  co_return stays;
}

Task<Session::Then> Session::send(Exchange& exchange, model::Answer& answer) {
  const model::Simulation& wish = exchange.simulation;
  add_wished_headers(wish, answer);
  if (is_model_call(exchange.operation) && answer.status == 200) {
    const bool stays = co_await think(wish, answer);
    if (!stays) {
      co_return Then::kClose;
    }
  }
  if (answer.streams) {
    answer.content_type = "text/event-stream; charset=utf-8";
  }
  if (is_model_call(exchange.operation)) {
    shared_.journal.answered(exchange.number, answer.status);
  }
  start_body(exchange, answer, answer.streams, answer.body.size());
  bool complete = true;
  if (answer.streams) {
    complete = co_await send_events(exchange, answer);
  } else if (!exchange.head_only) {
    complete = put(answer.body, true);
  }
  if (complete && !exchange.head_only) {
    complete = co_await finish_body(exchange);
  } else {
    (void)co_await flush();
    complete = exchange.head_only;
  }
  const bool stalls = cut_ && wish.number(Number::kStallAfterBytes) != kUnset;
  while (stalls && !gone_) {
    (void)co_await pause(std::chrono::hours(24));
  }
  encoder_.reset();
  if (!complete && wish.is(Switch::kCutReset)) {
    co_return Then::kReset;
  }
  co_return complete&& exchange.keep_alive ? Then::kKeep : Then::kClose;
}

// Stalls or holds behind event `index` where the request asks for it. False where the client left.
Task<bool> Session::wait_behind(const model::Simulation& wish, std::size_t index) {
  const auto here = static_cast<std::int64_t>(index);
  const bool stalls = wish.number(Number::kStallAfterEvents) == here;
  if (!stalls && wish.number(Number::kHoldAfterEvents) != here) {
    co_return true;
  }
  bool stays = co_await flush();
  while (stays && stalls) {
    stays = co_await pause(std::chrono::hours(24));
  }
  stays = stays && co_await hold(wish.word(Word::kHold));
  co_return stays;
}

// Without a wait, events leave together until there is a good packet of them.
Task<bool> Session::pace(std::chrono::milliseconds wait) {
  if (wait.count() <= 0 && out_.size() <= kFlushAt) {
    co_return true;
  }
  bool stays = co_await flush();
  stays = stays && co_await pause(wait);
  co_return stays;
}

Task<bool> Session::send_events(Exchange& exchange, model::Answer& answer) {
  const model::Simulation& wish = exchange.simulation;
  const std::int64_t interval = wish.number_or(Number::kEventIntervalMs, 0);
  const std::int64_t per_token = interval > 0 ? 0 : shared_.timing.per_token_ms;
  const std::size_t count = answer.events.size();
  bool spoke = false;
  bool stays = true;
  std::string text;
  for (std::size_t i = 0; i <= count && stays; ++i) {
    if (wish.number(Number::kCutAfterEvents) == static_cast<std::int64_t>(i)) {
      co_return false;
    }
    stays = co_await wait_behind(wish, i);
    if (i == count || !stays) {
      break;
    }
    const model::EventList::Event event = answer.events[i];
    const auto wait = paced(i == 0 ? 0 : interval + (event.token && spoke ? per_token : 0));
    spoke = spoke || event.token;
    stays = co_await pace(wait);
    text.clear();
    model::append_event(event, wish, exchange.stamp.anthropic, text);
    stays = stays && put(text, i + 1 == count);
    events_sent_ += stays ? 1 : 0;
    shared_.counters.events.fetch_add(stays ? 1 : 0, std::memory_order_relaxed);
  }
  co_return stays;
}

Task<Session::Then> Session::send_octets(Exchange& exchange, std::string_view content_type,
                                         std::uint64_t bytes) {
  model::Answer answer;
  answer.content_type = content_type;
  add_wished_headers(exchange.simulation, answer);
  shared_.journal.answered(exchange.number, answer.status);
  start_body(exchange, answer, false, bytes);
  bool complete = true;
  for (std::uint64_t sent = 0; complete && !exchange.head_only && sent < bytes;) {
    const std::string_view block = std::string_view(octets()).substr(
        0, std::min<std::uint64_t>(bytes - sent, octets().size()));
    sent += block.size();
    complete = put(block, sent == bytes);
    const bool flushed = co_await flush();
    complete = complete && flushed;
  }
  if (complete && !exchange.head_only) {
    complete = co_await finish_body(exchange);
  } else {
    (void)co_await flush();
  }
  encoder_.reset();
  if (!complete) {
    co_return exchange.simulation.is(Switch::kCutReset) ? Then::kReset : Then::kClose;
  }
  co_return exchange.keep_alive ? Then::kKeep : Then::kClose;
}

// After 101 every byte goes back to where it came from.
Task<Session::Then> Session::tunnel() {
  answering_ = false;
  out_ = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ";
  out_ += head_.value("upgrade");
  if (const std::string_view key = head_.value("sec-websocket-key"); !key.empty()) {
    out_ += "\r\nsec-websocket-accept: " + websocket_accept(key);
  }
  out_ += "\r\n\r\n";
  for (;;) {
    out_ += in_;
    body_sent_ += in_.size();
    in_.clear();
    bool open = co_await flush();
    open = open && co_await read_more();
    if (!open) {
      gone_ = false;  // a tunnel's end is not an abort
      co_return Then::kClose;
    }
  }
}

}  // namespace penstock::demo::server
