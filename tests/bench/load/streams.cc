#include "tests/bench/load/streams.h"

#include <array>
#include <cstdio>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "tests/bench/load/socket.h"

namespace penstock::bench {
namespace {

constexpr std::size_t kConnectingMax = 256;  // below every peer's backlog
constexpr std::uint64_t kStdin = ~0ULL;

struct Stream {
  Descriptor socket;
  bool requested = false;
  bool answered = false;
  char last = 0;  // the byte before the next read, to see an event's end cut in two
};

class Streams {
 public:
  explicit Streams(const Arguments& arguments)
      : request_(wire_request(arguments.text("path"), read_file(arguments.text("body-file")))),
        streams_(static_cast<std::size_t>(arguments.number("connections"))),
        port_(static_cast<std::uint16_t>(arguments.number("port"))) {}

  void run() {
    poller_.add(STDIN_FILENO, EPOLLIN, kStdin);
    open_more();
    bool told = false;
    while (!finished_) {
      for (const epoll_event& event : poller_.wait_until(Clock::now() + std::chrono::seconds(1))) {
        serve(event.data.u64);
      }
      open_more();
      if (!told && answered_ + lost_ >= streams_.size()) {
        told = true;
        std::puts("held");
        std::fflush(stdout);
      }
    }
    print();
  }

 private:
  void open_more() {
    while (opened_ < streams_.size() && opened_ - answered_ - lost_ < kConnectingMax) {
      Stream& stream = streams_[opened_];
      stream.socket = connect_to(port_);
      poller_.add(stream.socket.get(), EPOLLIN | EPOLLOUT, opened_);
      ++opened_;
    }
  }

  void serve(std::uint64_t key) {
    if (key == kStdin) {
      command();
      return;
    }
    Stream& stream = streams_[key];
    if (!stream.requested) {
      // Small enough for any fresh send buffer, so it leaves whole.
      if (send_some(stream.socket, request_) != static_cast<std::int64_t>(request_.size())) {
        lose(stream);
        return;
      }
      stream.requested = true;
      poller_.change(stream.socket.get(), EPOLLIN, key);
      return;
    }
    const std::int64_t got = read_some(stream.socket, scratch_);
    if (got < 0) {
      lose(stream);
      return;
    }
    if (got > 0) {
      receive(stream, std::string_view(scratch_.data(), static_cast<std::size_t>(got)));
    }
  }

  void receive(Stream& stream, std::string_view bytes) {
    if (!stream.answered) {
      stream.answered = true;
      ++answered_;
    }
    bytes_ += bytes.size();
    // Heads and chunk framing use CRLF, so two line feeds in a row end an event and nothing else.
    char last = stream.last;
    for (const char byte : bytes) {
      events_ += byte == '\n' && last == '\n' ? 1U : 0U;
      last = byte;
    }
    stream.last = last;
  }

  void lose(Stream& stream) {
    ++lost_;
    if (stream.answered) {
      --answered_;
    }
    stream.socket.close();
  }

  void command() {
    std::array<char, 64> line{};
    if (read(STDIN_FILENO, line.data(), line.size()) > 0) {
      print();
    } else {
      finished_ = true;
    }
  }

  void print() const {
    std::printf("{\"open\": %zu, \"lost\": %zu, \"events\": %zu, \"bytes\": %zu}\n", answered_,
                lost_, events_, bytes_);
    std::fflush(stdout);
  }

  std::string request_;
  std::vector<Stream> streams_;
  std::uint16_t port_;
  Poller poller_;
  std::array<char, 65536> scratch_{};
  std::size_t opened_ = 0;
  std::size_t answered_ = 0;
  std::size_t lost_ = 0;
  std::size_t events_ = 0;
  std::size_t bytes_ = 0;
  bool finished_ = false;
};

}  // namespace

int run_streams(const Arguments& arguments) {
  Streams streams(arguments);
  streams.run();
  return 0;
}

}  // namespace penstock::bench
