#include "operator/collect/probe.h"

#include <array>
#include <utility>

namespace penstock::collect {

Probe::Probe(net::Reactor& reactor, net::DeadlineWheel& wheel, net::Resolver& resolver,
             Target target, Answered answered)
    : reactor_(reactor),
      wheel_(wheel),
      resolver_(resolver),
      target_(std::move(target)),
      answered_(std::move(answered)),
      peer_{.host = target_.ip, .port = target_.port, .timeout = Collector::kAnswerTime},
      deadline_(
          [](void* self) {
            auto* late = static_cast<Probe*>(self);
            if (late->connection_) {
              late->connection_->cancel();
            }
          },
          this) {}

void Probe::start(void (*ended)(void*), void* argument) {
  task_ = run();
  task_.start(ended, argument);
}

void Probe::ask() {
  busy_ = true;
  asked_.set();
}

void Probe::close() {
  closing_ = true;
  if (dial_) {
    dial_->cancel();
  }
  if (connection_) {
    connection_->cancel();
  }
  if (!busy_) {
    asked_.set();
  }
}

Task<> Probe::run() {
  while (!closing_) {
    co_await asked_.wait();
    if (closing_) {
      break;
    }
    const bool had_connection = connection_ != nullptr;
    bool answered = co_await exchange();
    if (!answered && had_connection && !closing_) {
      answered = co_await exchange();  // the sidecar may have closed what was kept
    }
    busy_ = false;
    if (!closing_) {
      answered_(*this,
                answered ? Report{true, answer_.hash, answer_.version, answer_.problem} : Report{});
    }
  }
  if (connection_) {
    co_await connection_->close();
  }
}

Task<bool> Probe::exchange() {
  bool good = connection_ != nullptr;
  if (!good) {
    good = co_await connect();
  }
  if (good) {
    good = send();
  }
  if (good) {
    good = co_await read();
  }
  deadline_.disarm();
  if (connection_ && (!good || !answer_.keep_alive)) {
    co_await connection_->close();
    connection_.reset();
  }
  co_return good;
}

Task<bool> Probe::connect() {
  dial_ = std::make_unique<net::Dial>(reactor_, wheel_, resolver_);
  net::Dial::Outcome outcome = co_await dial_->run(peer_);
  dial_.reset();
  connection_ = std::move(outcome.connection);
  co_return connection_ != nullptr;
}

// A fresh or idle connection has room for so little.
bool Probe::send() {
  std::string text = "GET /readyz HTTP/1.1\r\nhost: ";
  text += target_.ip.contains(':') ? "[" + target_.ip + "]" : target_.ip;
  text += "\r\n\r\n";
  const iovec piece{.iov_base = text.data(), .iov_len = text.size()};
  const net::Io sent = connection_->write_some({&piece, 1});
  return sent.state == net::IoState::kOk && sent.bytes == text.size();
}

Task<bool> Probe::read() {
  input_.clear();
  wheel_.arm(deadline_, Collector::kAnswerTime);
  AnswerState state = AnswerState::kIncomplete;
  while (state == AnswerState::kIncomplete) {
    const bool open = co_await connection_->readable();
    if (!open) {
      co_return false;
    }
    std::array<char, 2'048> bytes;
    const net::Io got = connection_->read_some(bytes);
    if (got.state == net::IoState::kWouldBlock) {
      continue;
    }
    if (got.state != net::IoState::kOk) {
      co_return false;
    }
    input_.append(bytes.data(), got.bytes);
    state = read_answer(input_, answer_);
  }
  input_.clear();
  co_return state == AnswerState::kComplete;
}

}  // namespace penstock::collect
