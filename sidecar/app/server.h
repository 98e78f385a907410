#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/signal_set.hpp>

#include "lib/clock/clock.h"
#include "lib/telemetry/registry.h"
#include "sidecar/admin/admin_api.h"
#include "sidecar/app/admin_state.h"
#include "sidecar/app/engine_watch.h"
#include "sidecar/app/log.h"
#include "sidecar/app/options.h"
#include "sidecar/app/policy_source.h"
#include "sidecar/app/tier_set.h"
#include "sidecar/app/worker.h"
#include "sidecar/http/local_server.h"
#include "sidecar/request/metrics.h"
#include "sidecar/store/seeded_key_hasher.h"

namespace penstock::app {

// --check: reads the resources, prints what is wrong or which policy would run. The exit code.
int check(const Options& options);

// The whole program: owns everything that lives as long as the process, on the main thread's event
// loop.
class Server {
 public:
  explicit Server(Options options);
  ~Server();

  // Runs until a signal ends it. The exit code: 0 after a drain, 1 when it could not start.
  int run();

 private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        net::Executor>;

  bool start();
  bool start_local_servers();
  void tick();
  http::LocalResponse handle(admin::Listener listener, const http::LocalRequest& request);
  bool start_workers(const std::shared_ptr<const ActivePolicy>& policy);
  void show(const std::shared_ptr<const ActivePolicy>& policy);
  void apply(const std::shared_ptr<const ActivePolicy>& policy);
  void await_signal();
  void on_signal(int signal);
  void begin_drain(std::chrono::milliseconds delay);
  void stop_listening();
  void check_drained();
  void ask_again();
  void finish();
  void set_limits();

  Options options_;
  clock::RealClock clock_;
  net::IoContext main_{1};
  telemetry::Registry registry_;
  request::Metrics metrics_;
  LogWriter log_;
  net::Resolver resolver_;
  request::FlightTable flights_;
  http::OriginTable origins_;
  http::SharedLimits limits_;
  http::HoldLimits hold_;
  const std::string tenant_key_;
  const store::SeededKeyHasher hasher_;
  TierSet tiers_;
  SharedState shared_;
  PolicySource source_;
  std::vector<std::unique_ptr<Worker>> workers_;
  net::Reactor reactor_{main_};
  net::DeadlineWheel wheel_;
  EngineWatch engine_;
  AdminState state_;
  admin::AdminApi api_;
  std::optional<http::LocalServer> status_server_;
  std::optional<http::LocalServer> admin_server_;
  std::vector<telemetry::GaugeHandle> gauges_;
  Timer ticker_;
  boost::asio::basic_signal_set<net::Executor> signals_;
  Timer drain_timer_;
  clock::Instant drain_ends_;
  bool draining_ = false;
  bool finished_ = false;
};

}  // namespace penstock::app
