#include <algorithm>
#include <array>
#include <limits>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "deploy/demo/model/text.h"
#include "deploy/demo/server/session.h"

namespace penstock::demo::server {
namespace {

constexpr std::size_t kPipelinedMax = 64 * 1024;

std::string_view phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Simulated";
  }
}

void append_hex(std::uint64_t value, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<char, 16> digits{};
  std::size_t at = digits.size();
  do {
    digits[--at] = kHex[value & 15U];
    value >>= 4U;
  } while (value != 0);
  out.append(digits.data() + at, digits.size() - at);
}

// What the real services add to every answer; the cookie is there because nobody may ever cache it.
void append_service_headers(bool anthropic, std::string_view unique, std::string& out) {
  if (anthropic) {
    out += "request-id: req_";
    out += unique;
    out +=
        "\r\nanthropic-organization-id: org-simulated\r\nanthropic-ratelimit-requests-limit: 10000"
        "\r\nanthropic-ratelimit-requests-remaining: 9999\r\n";
  } else {
    out += "x-request-id: req_";
    out += unique;
    out +=
        "\r\nopenai-organization: org-simulated\r\nopenai-version: "
        "2020-10-01\r\nx-ratelimit-limit-requests: 10000"
        "\r\nx-ratelimit-remaining-requests: 9999\r\n";
  }
  out += "set-cookie: simulated=";
  out += unique;
  out += "; path=/\r\n";
}

}  // namespace

void Session::start_body(Exchange& exchange, const model::Answer& answer, bool streams,
                         std::uint64_t length) {
  const model::Simulation& wish = exchange.simulation;
  const bool old = wish.is(model::Switch::kHttp10) || !exchange.http11;
  const bool unframed = wish.is(model::Switch::kHttp10) ||
                        wish.is(model::Switch::kCloseDelimited) || (old && (streams || encoder_));
  chunked_ = !unframed && (streams || encoder_ || wish.is(model::Switch::kChunked) ||
                           wish.is(model::Switch::kTrailers));
  exchange.keep_alive = exchange.keep_alive && !unframed && !old;
  split_ = wish.is(model::Switch::kSplit);
  cut_ = false;
  room_ = std::numeric_limits<std::uint64_t>::max();
  for (const auto limit : {model::Number::kCutAfterBytes, model::Number::kStallAfterBytes}) {
    if (wish.number(limit) != model::kUnset) {
      room_ = static_cast<std::uint64_t>(wish.number(limit));
    }
  }
  chunk_bytes_ = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, wish.number_or(model::Number::kChunkBytes, 0)));
  if (wish.is(model::Switch::kEarlyHints)) {
    out_ += "HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n";
  }
  out_ += old ? "HTTP/1.0 " : "HTTP/1.1 ";
  model::append(std::int64_t{answer.status}, out_);
  out_ += ' ';
  out_ += phrase(answer.status);
  const std::string& type = wish.word(model::Word::kContentType);
  ((out_ += "\r\ncontent-type: ") += type.empty() ? answer.content_type : type) += "\r\n";
  append_service_headers(exchange.stamp.anthropic, exchange.stamp.unique, out_);
  for (const model::Header& header : answer.headers) {
    (((out_ += header.name) += ": ") += header.value) += "\r\n";
  }
  if (!exchange.coding.empty()) {
    out_ += "content-encoding: " + exchange.coding + "\r\nvary: accept-encoding\r\n";
  }
  if (chunked_) {
    out_ += wish.is(model::Switch::kTrailers)
                ? "trailer: x-simulated-trailer\r\ntransfer-encoding: chunked\r\n"
                : "transfer-encoding: chunked\r\n";
  } else if (!unframed) {
    model::append(static_cast<std::int64_t>(length), out_ += "content-length: ");
    out_ += "\r\n";
  }
  out_ += exchange.keep_alive ? "\r\n" : "connection: close\r\n\r\n";
}

bool Session::put(std::string_view payload, bool last) {
  std::string encoded;
  if (encoder_) {
    encoder_->encode(payload, last, encoded);
    payload = encoded;
  }
  if (payload.size() > room_) {
    payload = payload.substr(0, room_);
    cut_ = true;
  }
  room_ -= payload.size();
  body_sent_ += payload.size();
  if (!chunked_) {
    out_ += payload;
    return !cut_;
  }
  while (!payload.empty()) {
    const auto chunk = payload.substr(0, chunk_bytes_ == 0 ? payload.size() : chunk_bytes_);
    append_hex(chunk.size(), out_);
    ((out_ += "\r\n") += chunk) += "\r\n";
    payload.remove_prefix(chunk.size());
  }
  return !cut_;
}

Task<bool> Session::finish_body(const Exchange& exchange) {
  if (chunked_) {
    out_ += exchange.simulation.is(model::Switch::kTrailers)
                ? "0\r\nx-simulated-trailer: done\r\n\r\n"
                : "0\r\n\r\n";
  }
  const bool sent = co_await flush();
  co_return sent;
}

Task<bool> Session::flush() {
  std::size_t at = 0;
  while (at < out_.size()) {
    const std::size_t count = split_ ? 1 : out_.size() - at;
    boost::system::error_code error;
    const std::size_t sent = socket_.write_some(asio::buffer(out_.data() + at, count), error);
    at += error ? 0 : sent;
    if (error == asio::error::would_block) {
      watch();
      auto [waited] = co_await socket_.async_wait(Socket::wait_write, kNoThrow);
      error = waited;
    }
    if (error || gone_) {
      gone_ = true;
      co_return false;
    }
  }
  out_.clear();
  co_return true;
}

std::chrono::milliseconds Session::paced(std::int64_t milliseconds) {
  const std::int64_t range = milliseconds * shared_.timing.jitter_percent / 100;
  if (range <= 0) {
    return std::chrono::milliseconds(milliseconds);
  }
  const std::uint64_t dice = model::mix(shared_.timing.seed + connection_ * 7919 + paces_++);
  return std::chrono::milliseconds(
      milliseconds - range +
      static_cast<std::int64_t>(dice % static_cast<std::uint64_t>(2 * range + 1)));
}

Task<bool> Session::pause(std::chrono::milliseconds time) {
  if (gone_ || time.count() <= 0) {
    co_return !gone_;
  }
  // Ten thousand waiting streams should not hold the buffers of what they have sent.
  out_.shrink_to_fit();
  watch();
  timer_.expires_after(time);
  (void)co_await timer_.async_wait(kNoThrow);
  co_return !gone_;
}

Task<bool> Session::hold(const std::string& id) {
  released_ = false;
  const auto wake = [self = shared_from_this()] {
    asio::post(self->socket_.get_executor(), [self] {
      self->released_ = true;
      self->timer_.cancel();
    });
  };
  const Holds::Ticket ticket = shared_.holds.add(id, wake);
  while (!released_ && !gone_) {
    (void)co_await pause(std::chrono::hours(24));
  }
  shared_.holds.remove(ticket);
  co_return !gone_;
}

void Session::watch() {
  if (watching_ || gone_) {
    return;
  }
  watching_ = true;
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this()](boost::system::error_code error) {
                       self->watching_ = false;
                       if (self->answering_ && !error) {
                         self->on_readable();
                       }
                     });
}

// Either the client leaves, or it sends its next request early: those bytes wait in in_.
void Session::on_readable() {
  std::array<char, 4096> bytes{};
  boost::system::error_code error;
  const std::size_t count = socket_.read_some(asio::buffer(bytes), error);
  if (error && error != asio::error::would_block) {
    gone_ = true;
    timer_.cancel();
    return;
  }
  in_.append(bytes.data(), error ? 0 : count);
  if (in_.size() < kPipelinedMax) {
    watch();
  }
}

}  // namespace penstock::demo::server
