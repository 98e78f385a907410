#include "operator/collect/peer.h"

#include <array>
#include <string_view>
#include <utility>

#include "operator/collect/collector.h"

namespace penstock::collect {

Peer::Peer(Network network, std::string ip, std::uint16_t port, const net::TlsContext* tls)
    : network_(std::move(network)),
      target_{.host = std::move(ip),
              .port = port,
              .tls = tls,
              .timeout = Collector::kAnswerTime,
              .tcp_keep_alive = {}},  // each question tells whether the peer is there
      host_((target_.host.contains(':') ? "[" + target_.host + "]" : target_.host) + "\r\n\r\n"),
      deadline_(
          [](void* self) {
            auto* late = static_cast<Peer*>(self);
            if (late->connection_) {
              late->connection_->cancel();
            }
          },
          this) {}

void Peer::cancel() {
  cancelled_ = true;
  if (dial_) {
    dial_->cancel();
  }
  if (connection_) {
    connection_->cancel();
  }
}

Task<> Peer::close() {
  if (connection_) {
    co_await connection_->close();
    connection_.reset();
  }
}

Task<Heard> Peer::ask(std::string path, Answer& into) {
  const bool had_connection = connection_ != nullptr;
  Heard heard = co_await exchange(path, into);
  if (heard != Heard::kAnswer && had_connection && !cancelled_) {
    heard = co_await exchange(path, into);  // the peer may have closed what was kept
  }
  co_return heard;
}

Task<Heard> Peer::exchange(const std::string& path, Answer& into) {
  Heard heard = Heard::kNothing;
  bool good = connection_ != nullptr;
  if (!good) {
    good = co_await connect();
  }
  if (good) {
    good = send(path);
  }
  if (good) {
    heard = co_await read(into);
  }
  deadline_.disarm();
  if (heard != Heard::kAnswer || !into.keep_alive) {
    co_await close();
  }
  co_return heard;
}

Task<bool> Peer::connect() {
  dial_ = std::make_unique<net::Dial>(network_.reactor, network_.wheel, network_.resolver);
  net::Dial::Outcome outcome = co_await dial_->run(target_);
  dial_.reset();
  connection_ = std::move(outcome.connection);
  connections_ += connection_ != nullptr ? 1 : 0;
  co_return connection_ != nullptr;
}

// A fresh or idle connection has room for so little.
bool Peer::send(const std::string& path) {
  const std::array<std::string_view, 4> words{"GET ", path, " HTTP/1.1\r\nhost: ", host_};
  std::array<iovec, words.size()> pieces;
  std::size_t size = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    // What is sent is only read.
    pieces.at(i) = {.iov_base = const_cast<char*>(words.at(i).data()),
                    .iov_len = words.at(i).size()};
    size += words.at(i).size();
  }
  const net::Io sent = connection_->write_some(pieces);
  return sent.state == net::IoState::kOk && sent.bytes == size;
}

Task<Heard> Peer::read(Answer& into) {
  input_.clear();
  network_.wheel.arm(deadline_, Collector::kAnswerTime);
  AnswerState state = AnswerState::kIncomplete;
  while (state == AnswerState::kIncomplete) {
    const bool open = co_await connection_->readable();
    if (!open) {
      break;
    }
    std::array<char, 2'048> bytes;
    const net::Io got = connection_->read_some(bytes);
    if (got.state == net::IoState::kWouldBlock) {
      continue;
    }
    if (got.state != net::IoState::kOk) {
      break;
    }
    input_.append(bytes.data(), got.bytes);
    state = read_answer(input_, into);
  }
  if (state == AnswerState::kComplete) {
    co_return Heard::kAnswer;
  }
  co_return input_.empty() ? Heard::kNothing : Heard::kNoise;
}

}  // namespace penstock::collect
