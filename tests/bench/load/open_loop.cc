#include "tests/bench/load/open_loop.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <vector>

#include "tests/bench/load/socket.h"

namespace penstock::bench {
namespace {

struct Connection {
  Descriptor socket;
  Clock::time_point due;  // of the request in flight
  std::size_t sent = 0;   // bytes of it
  std::string received;
  bool busy = false;
};

class OpenLoop {
 public:
  explicit OpenLoop(const Arguments& arguments)
      : request_(wire_request(arguments.text("path"), read_file(arguments.text("body-file")))),
        connections_(static_cast<std::size_t>(arguments.number("connections"))),
        interval_(std::chrono::nanoseconds(1'000'000'000 / arguments.number("rate"))),
        port_(static_cast<std::uint16_t>(arguments.number("port"))),
        length_(std::chrono::seconds(arguments.number("seconds"))) {}

  void run() {
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      connect(i);
    }
    Clock::time_point next = Clock::now() + std::chrono::milliseconds(50);
    const Clock::time_point end = next + length_;
    const Clock::time_point last_answer = end + std::chrono::seconds(5);
    while (next < end || (in_flight_ > 0 && Clock::now() < last_answer)) {
      for (; next < end && next <= Clock::now(); next += interval_) {
        start(next);
      }
      for (const epoll_event& event : poller_.wait_until(next < end ? next : last_answer)) {
        serve(event.data.u64);
      }
    }
    unanswered_ += in_flight_;
  }

  void print() {
    std::ranges::sort(latencies_);
    std::printf(
        "{\"completed\": %zu, \"errors\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": "
        "%.1f}\n",
        latencies_.size(), errors_ + unanswered_, percentile(0.5), percentile(0.99),
        percentile(0.999));
  }

 private:
  void connect(std::size_t index) {
    Connection& connection = connections_[index];
    connection.socket = connect_to(port_);
    connection.busy = false;
    connection.received.clear();
    poller_.add(connection.socket.get(), EPOLLIN, index);
    idle_.push_back(index);
  }

  void start(Clock::time_point due) {
    ++in_flight_;
    if (idle_.empty()) {
      waiting_.push_back(due);
      return;
    }
    const std::size_t index = idle_.back();
    idle_.pop_back();
    send(index, due);
  }

  void send(std::size_t index, Clock::time_point due) {
    Connection& connection = connections_[index];
    connection.due = due;
    connection.busy = true;
    connection.sent = 0;
    continue_sending(index);
  }

  void continue_sending(std::size_t index) {
    Connection& connection = connections_[index];
    const std::int64_t sent =
        send_some(connection.socket, std::string_view(request_).substr(connection.sent));
    if (sent < 0) {
      fail(index);
      return;
    }
    connection.sent += static_cast<std::size_t>(sent);
    if (connection.sent < request_.size()) {
      poller_.change(connection.socket.get(), EPOLLIN | EPOLLOUT, index);
    }
  }

  void serve(std::size_t index) {
    Connection& connection = connections_[index];
    if (connection.busy && connection.sent < request_.size()) {
      continue_sending(index);
      if (connection.sent == request_.size()) {
        poller_.change(connection.socket.get(), EPOLLIN, index);
      }
    }
    const std::int64_t got = read_some(connection.socket, scratch_);
    if (got < 0) {
      fail(index);
      return;
    }
    connection.received.append(scratch_.data(), static_cast<std::size_t>(got));
    const std::size_t length = message_length(connection.received);
    if (length > 0) {
      finish(index, length);
    }
  }

  void finish(std::size_t index, std::size_t length) {
    Connection& connection = connections_[index];
    --in_flight_;
    if (std::string_view(connection.received).substr(9, 3) == "200") {
      latencies_.push_back(
          std::chrono::duration<double, std::micro>(Clock::now() - connection.due).count());
    } else {
      ++errors_;
    }
    connection.received.erase(0, length);
    connection.busy = false;
    if (waiting_.empty()) {
      idle_.push_back(index);
      return;
    }
    const Clock::time_point due = waiting_.front();
    waiting_.pop_front();
    send(index, due);
  }

  void fail(std::size_t index) {
    if (connections_[index].busy) {
      --in_flight_;
      ++errors_;
    }
    std::erase(idle_, index);
    connect(index);
  }

  // The smallest latency that at least `share` of all requests did not exceed.
  [[nodiscard]] double percentile(double share) const {
    if (latencies_.empty()) {
      return 0;
    }
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(latencies_.size()));
    return latencies_[std::min(rank, latencies_.size() - 1)];
  }

  std::string request_;
  std::vector<Connection> connections_;
  std::chrono::nanoseconds interval_;
  std::uint16_t port_;
  std::chrono::seconds length_;
  Poller poller_;
  std::vector<std::size_t> idle_;
  std::deque<Clock::time_point>
      waiting_;  // due, but every connection is busy; bounded by rate x seconds
  std::vector<double> latencies_;
  std::array<char, 65536> scratch_{};
  std::size_t in_flight_ = 0;
  std::size_t errors_ = 0;
  std::size_t unanswered_ = 0;
};

}  // namespace

int run_open_loop(const Arguments& arguments) {
  OpenLoop loop(arguments);
  loop.run();
  loop.print();
  return 0;
}

}  // namespace penstock::bench
