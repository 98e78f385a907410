#include "sidecar/http/tunnel.h"

#include "sidecar/http/client_writer.h"

namespace penstock::http {

Tunnel::Tunnel(WorkerIo& io, net::Connection& client, net::Connection& upstream,
               std::chrono::milliseconds idle_limit)
    : io_(io),
      client_(client),
      upstream_(upstream),
      idle_limit_(idle_limit),
      deadline_([](void* self) { static_cast<Tunnel*>(self)->stop(); }, this) {}

void Tunnel::moved() {
  io_.wheel.arm(deadline_, idle_limit_);
}

void Tunnel::stop() {
  stopped_ = true;
  client_.cancel();
  upstream_.cancel();
}

Task<> Tunnel::run(std::string from_client, std::string from_upstream) {
  moved();
  Task<> back = carry(upstream_, client_, std::move(from_upstream), bytes_to_client_);
  bool back_ended = false;
  struct Ended {
    Event& event;
    bool& ended;
  } ended{returned_, back_ended};
  back.start(
      [](void* argument) {
        auto* signal = static_cast<Ended*>(argument);
        signal->ended = true;
        signal->event.set();
      },
      &ended);
  co_await carry(client_, upstream_, std::move(from_client), bytes_to_upstream_);
  while (!back_ended) {
    co_await returned_.wait();
  }
  deadline_.disarm();
  if (stopped_) {
    client_.break_off();
    upstream_.break_off();
  }
  io_.services.metrics.tunnelled(bytes_to_upstream_, bytes_to_client_);
}

Task<> Tunnel::carry(net::Connection& from, net::Connection& to, std::string first,
                     std::uint64_t& bytes) {
  ClientWriter writer(to);
  ClientWriter::Result written = writer.write(first);
  bytes += first.size();
  while (!stopped_) {
    if (written == ClientWriter::Result::kBlocked) {
      const bool drained = co_await writer.drain();
      written = drained ? ClientWriter::Result::kWritten : ClientWriter::Result::kBroken;
    }
    if (written == ClientWriter::Result::kBroken) {
      stop();
      break;
    }
    const bool woken = co_await from.readable();
    if (!woken) {
      stop();
      break;
    }
    const std::span<char> scratch(io_.response.get(), WorkerIo::kScratchBytes);
    const net::Io got = from.read_some(scratch);
    if (got.state == net::IoState::kBroken) {
      stop();
      break;
    }
    if (got.state == net::IoState::kEnd) {
      to.shutdown_send();
      break;
    }
    moved();
    bytes += got.bytes;
    written = writer.write(std::string_view(scratch.data(), got.bytes));
  }
}

}  // namespace penstock::http
