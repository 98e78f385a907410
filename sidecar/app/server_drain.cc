// How the process ends: signals, the drain, and what is closed in which order.
#include <algorithm>
#include <csignal>

#include <boost/asio/post.hpp>

#include "sidecar/app/server.h"

namespace penstock::app {
namespace {

constexpr std::chrono::milliseconds kDrainPoll{50};

}  // namespace

void Server::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (!error) {
      await_signal();
      on_signal(signal);  // may be the end, which cancels the wait
    }
  });
}

void Server::on_signal(int signal) {
  if (signal == SIGHUP) {
    source_.read_again();
  } else if (draining_) {
    log_.note("warn", "second signal: ending at once");
    finish();
  } else {
    // In a pod the signal comes once all else has ended: nothing is left to send, or to send to.
    const bool at_once = signal == SIGINT || options_.pass_through;
    begin_drain(at_once ? std::chrono::milliseconds(0) : options_.drain_delay);
  }
}

void Server::begin_drain(std::chrono::milliseconds delay) {
  if (draining_) {
    return;
  }
  draining_ = true;
  state_.set_lifecycle(admin::Lifecycle::kDraining);
  ask_again();  // who waits for the drain to begin now waits for its end
  log_.note("info", "draining");
  for (const auto& worker : workers_) {
    worker->drain(false);
  }
  drain_timer_.expires_after(delay);
  drain_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) {
      stop_listening();
    }
  });
}

void Server::stop_listening() {
  for (const auto& worker : workers_) {
    worker->drain(true);
  }
  drain_ends_ = clock_.now() + options_.drain_grace;
  check_drained();
}

void Server::check_drained() {
  const bool idle =
      std::ranges::all_of(workers_, [](const auto& worker) { return worker->sessions() == 0; });
  if (idle || clock_.now() >= drain_ends_) {
    state_.set_lifecycle(admin::Lifecycle::kDrained);
    ask_again();
    boost::asio::post(main_.get_executor(), [this] { finish(); });
    return;
  }
  drain_timer_.expires_after(kDrainPoll);
  drain_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) {
      check_drained();
    }
  });
}

void Server::ask_again() {
  for (auto* server : {&status_server_, &admin_server_}) {
    if (*server) {
      (*server)->ask_again();
    }
  }
}

void Server::finish() {
  finished_ = true;
  ticker_.cancel();
  for (auto* server : {&status_server_, &admin_server_}) {
    if (*server) {
      (*server)->close();
    }
  }
  engine_.stop();
  reactor_.stop();
  signals_.cancel();
  drain_timer_.cancel();
  source_.stop();
  for (const auto& worker : workers_) {
    worker->stop();
  }
  for (const auto& worker : workers_) {
    worker->join();
  }
}

}  // namespace penstock::app
