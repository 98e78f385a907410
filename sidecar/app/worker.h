#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>

#include "lib/net/resolver.h"
#include "sidecar/app/active_policy.h"
#include "sidecar/app/options.h"
#include "sidecar/http/flight_hub.h"
#include "sidecar/http/flight_run.h"
#include "sidecar/http/listener.h"
#include "sidecar/http/session.h"
#include "sidecar/http/session_host.h"
#include "sidecar/request/worker_services.h"

namespace penstock::app {

// What all workers share. References outlive the workers.
struct SharedState {
  const clock::Clock& clock;
  net::Resolver& resolver;
  request::FlightTable& flights;
  http::SharedLimits& limits;
  const domain::KeyHasher& hasher;
  const std::string& tenant_key;
  http::HoldLimits* hold;                 // nullptr: requests do not wait for a backend
  request::AccessLog::HandOn access_log;  // empty: no access log
};

// One thread with its event loop, listeners, sessions and pool. A connection stays with the worker
// that accepted it.
//
// Threads: the constructor, listen() and start() before the thread runs; post-like calls (apply,
// drain, stop) from any thread; the rest belongs to the worker's thread.
class Worker final : public http::SessionHost {
 public:
  Worker(SharedState& shared, std::unique_ptr<request::WorkerMetrics> metrics, std::uint64_t seed);
  ~Worker() override;

  Result<void> listen(const ListenAddress& address);
  [[nodiscard]] std::vector<std::uint16_t> ports() const;
  void start(std::shared_ptr<const ActivePolicy> policy);

  // New requests run `policy` from soon on; running ones keep theirs.
  void apply(std::shared_ptr<const ActivePolicy> policy);
  // Every answer is the last of its connection; with `stop_listening` no connection is taken any
  // more.
  void drain(bool stop_listening);
  // Ends every connection and then the thread.
  void stop();
  void join();

  [[nodiscard]] std::size_t sessions() const { return session_count_.load(); }
  // The newest requests this worker finished; any thread.
  [[nodiscard]] const request::RecentRequests& recent() const { return services_.recent; }

  // http::SessionHost
  http::WorkerIo& io() override { return io_; }
  http::SharedLimits& limits() override { return shared_.limits; }
  [[nodiscard]] std::shared_ptr<const http::Snapshot> snapshot() const override {
    return snapshot_;
  }
  [[nodiscard]] bool draining() const override { return draining_; }
  void launch(const std::shared_ptr<const http::Snapshot>& snapshot, request::CallerContext& caller,
              http::FlightLead& lead) override;
  [[nodiscard]] std::optional<std::uint32_t> http2_backend() const override;

 private:
  struct Connected;
  struct Flying;

  void run();
  void tick();
  void accept(net::Descriptor socket);
  void refuse(const net::Descriptor& socket);
  void forget(Connected& ended);
  void use(std::shared_ptr<const ActivePolicy> policy);
  void clear_landed();
  void end_if_stopped();

  SharedState& shared_;
  std::unique_ptr<request::WorkerMetrics> metrics_;
  request::WorkerServices services_;
  http::WorkerIo io_;
  boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, net::Executor>
      ticker_;
  std::vector<std::unique_ptr<http::Listener>> listeners_;
  std::shared_ptr<const http::Snapshot> snapshot_;
  std::list<Connected> connected_;
  std::list<Flying> flying_;
  std::vector<Flying*> landed_;  // ended, and to be destroyed from the event loop
  std::atomic<std::size_t> session_count_{0};
  std::uint32_t ticks_ = 0;
  bool draining_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace penstock::app
