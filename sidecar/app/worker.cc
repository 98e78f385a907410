#include "sidecar/app/worker.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <sys/socket.h>

#include "lib/net/socket_options.h"
#include "sidecar/app/stage_table.h"
#include "sidecar/dialect/error_body.h"
#include "sidecar/http1/head_writer.h"

namespace penstock::app {
namespace {

constexpr std::uint32_t kTicksPerSecond = 4;

// The whole answer of a connection that is one too many.
const std::string& too_many_connections() {
  static const std::string answer = [] {
    constexpr ErrorCode kCode = ErrorCode::kOverloaded;
    const std::string body = dialect::error_body(
        domain::Dialect::kOpenAi, kCode, dialect::client_message(kCode), http_status(kCode));
    std::string text;
    http1::append_status_line(text, http_status(kCode));
    text += "retry-after: 1\r\ncontent-type: application/json\r\nconnection: close\r\n";
    http1::append_field(text, "x-penstock-error", label(kCode));
    http1::append_field(text, "content-length", body.size());
    text += http1::kLineEnd;
    return text + body;
  }();
  return answer;
}

}  // namespace

// A session and the way it leaves the worker.
struct Worker::Connected {
  Connected(Worker& on, net::Descriptor socket, request::ConnectionPeer peer)
      : worker(on), session(on, std::move(socket), std::move(peer)) {}
  Worker& worker;
  std::list<Connected>::iterator place;
  http::Session session;
};

struct Worker::Flying {
  Flying(Worker& on, const std::shared_ptr<const http::Snapshot>& snapshot,
         request::CallerContext& caller, http::FlightLead& lead)
      : worker(on), run(on.io_, snapshot, caller, lead) {}
  Worker& worker;
  std::list<Flying>::iterator place;
  http::FlightRun run;
};

Worker::Worker(SharedState& shared, std::unique_ptr<request::WorkerMetrics> metrics,
               std::uint64_t seed)
    : shared_(shared),
      metrics_(std::move(metrics)),
      services_(shared.clock, *metrics_, shared.flights, seed, 0),
      io_(shared.resolver, services_),
      ticker_(io_.executor()) {
  io_.flights = std::make_shared<http::FlightHub>(io_.executor());
  services_.flight_listener = io_.flights;
  if (shared.hold != nullptr) {
    io_.hold = std::make_unique<http::HoldRoom>(*shared.hold, io_.executor());
  }
  services_.access_log.set_output(shared.access_log);
}

Worker::~Worker() = default;

Result<void> Worker::listen(const ListenAddress& address) {
  auto listener = std::make_unique<http::Listener>(io_.executor());
  const Result<void> opened = listener->open(address.host, address.port);
  if (opened) {
    listeners_.push_back(std::move(listener));
  }
  return opened;
}

std::vector<std::uint16_t> Worker::ports() const {
  std::vector<std::uint16_t> ports;
  for (const auto& listener : listeners_) {
    ports.push_back(listener->port());
  }
  return ports;
}

void Worker::start(std::shared_ptr<const ActivePolicy> policy) {
  use(std::move(policy));
  thread_ = std::thread([this] { run(); });
}

void Worker::run() {
  for (const auto& listener : listeners_) {
    listener->start([this](net::Descriptor socket) { accept(std::move(socket)); });
  }
  tick();
  io_.context.run();
  services_.access_log.flush();
}

void Worker::join() {
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Worker::tick() {
  ticker_.expires_after(net::DeadlineWheel::kTick);
  ticker_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) {
      return;
    }
    io_.wheel.tick();
    if (++ticks_ % kTicksPerSecond == 0) {
      io_.pool.sweep(snapshot_->policy->upstream, services_.clock.now());
      services_.access_log.flush();
    }
    tick();
  });
}

void Worker::use(std::shared_ptr<const ActivePolicy> active) {
  const StageDeps deps{.active = *active,
                       .hasher = shared_.hasher,
                       .now = services_.clock.now(),
                       .tenant_key = shared_.tenant_key};
  metrics_->use_models(active->models);
  services_.recent.resize(active->policy->observability.recent_requests);
  snapshot_ =
      std::make_shared<const http::Snapshot>(http::Snapshot{.policy = active->policy,
                                                            .pinned = active,
                                                            .caller_chain = make_caller_chain(deps),
                                                            .call_chain = make_call_chain(deps),
                                                            .upstreams = active->upstreams,
                                                            .listener_tls = active->listener_tls});
}

void Worker::apply(std::shared_ptr<const ActivePolicy> policy) {
  boost::asio::post(io_.executor(),
                    [this, policy = std::move(policy)]() mutable { use(std::move(policy)); });
}

void Worker::drain(bool stop_listening) {
  boost::asio::post(io_.executor(), [this, stop_listening] {
    draining_ = true;
    if (!stop_listening) {
      return;
    }
    for (const auto& listener : listeners_) {
      listener->close();
    }
    for (Connected& connected : connected_) {
      connected.session.finish_soon();
    }
  });
}

void Worker::stop() {
  boost::asio::post(io_.executor(), [this] {
    stopping_ = true;
    for (const auto& listener : listeners_) {
      listener->close();
    }
    for (auto next = connected_.begin(); next != connected_.end();) {
      (next++)->session.abort();  // which may end it, and take it off the list, right here
    }
    for (Flying& flying : flying_) {
      flying.run.abort();
    }
    end_if_stopped();
  });
}

void Worker::end_if_stopped() {
  if (stopping_ && connected_.empty() && flying_.empty()) {
    io_.pool.clear();
    ticker_.cancel();
    io_.context.stop();
  }
}

void Worker::accept(net::Descriptor socket) {
  const std::uint32_t own = snapshot_->policy->listener.connections_max;
  const std::uint32_t shared_most = shared_.limits.connections_max;
  const std::uint32_t most = own == 0 ? shared_most : std::min(own, shared_most);
  if (shared_.limits.connections.load(std::memory_order_relaxed) >= most) {
    refuse(socket);
    return;
  }
  net::set_stream_options(socket.get(), snapshot_->policy->listener.tcp_keep_alive);
  request::ConnectionPeer peer;
  ssl_st* tls = snapshot_->listener_tls == nullptr
                    ? nullptr
                    : snapshot_->listener_tls->accept_on(socket.get());
  connected_.emplace_front(*this, std::move(socket), std::move(peer));
  Connected& session = connected_.front();
  session.place = connected_.begin();
  shared_.limits.connections.fetch_add(1, std::memory_order_relaxed);
  session_count_.fetch_add(1, std::memory_order_relaxed);
  metrics_->client_connected();
  session.session.start(
      tls,
      [](void* argument) {
        auto* ended = static_cast<Connected*>(argument);
        ended->worker.forget(*ended);
      },
      &session);
}

// One attempt to say why; the socket's buffer is empty, so it takes these few bytes.
void Worker::refuse(const net::Descriptor& socket) {
  metrics_->rejected("connections");
  if (snapshot_->listener_tls == nullptr) {
    const std::string& answer = too_many_connections();
    static_cast<void>(
        ::send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  }
}

void Worker::forget(Connected& ended) {
  shared_.limits.connections.fetch_sub(1, std::memory_order_relaxed);
  session_count_.fetch_sub(1, std::memory_order_relaxed);
  metrics_->client_gone();
  connected_.erase(ended.place);
  end_if_stopped();
}

void Worker::launch(const std::shared_ptr<const http::Snapshot>& snapshot,
                    request::CallerContext& caller, http::FlightLead& lead) {
  flying_.emplace_front(*this, snapshot, caller, lead);
  Flying& flight = flying_.front();
  flight.place = flying_.begin();
  flight.run.start(
      [](void* argument) {
        auto* ended = static_cast<Flying*>(argument);
        Worker& worker = ended->worker;
        if (!ended->run.watched() && !worker.stopping_) {
          worker.flying_.erase(ended->place);  // its memory is the next one's, and still near
          return;
        }
        worker.landed_.push_back(ended);
        if (worker.landed_.size() == 1) {
          boost::asio::post(worker.io_.executor(), [&worker] { worker.clear_landed(); });
        }
      },
      &flight);
}

void Worker::clear_landed() {
  for (const Flying* ended : landed_) {
    flying_.erase(ended->place);
  }
  landed_.clear();
  end_if_stopped();
}

std::optional<std::uint32_t> Worker::http2_backend() const {
  for (std::uint32_t i = 0; i < snapshot_->upstreams.size(); ++i) {
    if (snapshot_->upstreams[i].origin->same_pod) {
      return i;
    }
  }
  return std::nullopt;
}

}  // namespace penstock::app
