#include "tests/bench/load/sse_upstream.h"

#include <array>
#include <cstdio>
#include <unordered_map>
#include <vector>

#include "tests/bench/load/socket.h"

namespace penstock::bench {
namespace {

constexpr std::uint64_t kListener = ~0ULL;

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    "transfer-encoding: chunked\r\n\r\n";

constexpr std::string_view kEvent =
    R"(data: {"id":"chatcmpl-bench0000000000000000000000","object":"chat.completion.chunk","created":1790000000,)"
    R"("model":"bench-model","system_fingerprint":"fp_bench","choices":[{"index":0,"delta":{"content":" tokens"},)"
    R"("logprobs":null,"finish_reason":null}],"usage":null})"
    "\n\n";

struct Session {
  Descriptor socket;
  std::string received;
  bool streaming = false;
  Clock::time_point next;
};

class SseUpstream {
 public:
  explicit SseUpstream(const Arguments& arguments)
      : listener_(listen_on(static_cast<std::uint16_t>(arguments.number("port")))),
        interval_(
            arguments.number("events-per-second") > 0
                ? std::chrono::nanoseconds(1'000'000'000 / arguments.number("events-per-second"))
                : std::chrono::nanoseconds(0)) {
    std::array<char, 8> size{};
    std::snprintf(size.data(), size.size(), "%zx", kEvent.size());
    chunk_ = std::string(size.data()) + "\r\n" + std::string(kEvent) + "\r\n";
    first_ = std::string(kHead) + chunk_;
  }

  void run() {
    poller_.add(listener_.get(), EPOLLIN, kListener);
    for (;;) {
      const Clock::time_point deadline =
          Clock::now() +
          (interval_.count() > 0 ? std::chrono::milliseconds(1) : std::chrono::seconds(1));
      for (const epoll_event& event : poller_.wait_until(deadline)) {
        serve(event.data.u64);
      }
      if (interval_.count() > 0) {
        emit_due();
      }
    }
  }

 private:
  void serve(std::uint64_t key) {
    if (key == kListener) {
      accept_all();
      return;
    }
    const auto found = sessions_.find(static_cast<int>(key));
    if (found == sessions_.end()) {
      return;
    }
    Session& session = found->second;
    const std::int64_t got = read_some(session.socket, scratch_);
    if (got < 0) {
      sessions_.erase(found);
      return;
    }
    session.received.append(scratch_.data(), static_cast<std::size_t>(got));
    if (!session.streaming && message_length(session.received) > 0) {
      session.streaming = true;
      session.received = {};
      send_some(session.socket, first_);
      // Phases are spread over the interval, so that streams do not all speak at once.
      session.next = Clock::now() + interval_ * static_cast<std::int64_t>(key % 97) / 97;
    }
  }

  void accept_all() {
    for (;;) {
      Descriptor socket = accept_from(listener_);
      if (!socket.open()) {
        return;
      }
      const int fd = socket.get();
      poller_.add(fd, EPOLLIN, static_cast<std::uint64_t>(fd));
      sessions_[fd].socket = std::move(socket);
    }
  }

  void emit_due() {
    const Clock::time_point now = Clock::now();
    for (auto& [fd, session] : sessions_) {
      for (; session.streaming && session.next <= now; session.next += interval_) {
        send_some(session.socket,
                  chunk_);  // a full buffer drops the event: the reader is the bottleneck then
      }
    }
  }

  Descriptor listener_;
  std::chrono::nanoseconds interval_;
  std::string first_;
  std::string chunk_;
  Poller poller_;
  std::unordered_map<int, Session> sessions_;
  std::array<char, 65536> scratch_{};
};

}  // namespace

int run_sse_upstream(const Arguments& arguments) {
  SseUpstream upstream(arguments);
  upstream.run();
  return 0;
}

}  // namespace penstock::bench
