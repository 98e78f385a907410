#include "operator/collect/peer.h"

#include <array>
#include <utility>

#include "operator/collect/collector.h"

namespace penstock::collect {

Peer::Peer(Network network, std::string ip, std::uint16_t port, const net::TlsContext* tls)
    : network_(std::move(network)),
      target_{.host = std::move(ip), .port = port, .tls = tls, .timeout = Collector::kAnswerTime},
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
  co_return connection_ != nullptr;
}

// A fresh or idle connection has room for so little.
bool Peer::send(const std::string& path) {
  std::string text = "GET " + path + " HTTP/1.1\r\nhost: ";
  text += target_.host.contains(':') ? "[" + target_.host + "]" : target_.host;
  text += "\r\n\r\n";
  const iovec piece{.iov_base = text.data(), .iov_len = text.size()};
  const net::Io sent = connection_->write_some({&piece, 1});
  return sent.state == net::IoState::kOk && sent.bytes == text.size();
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
