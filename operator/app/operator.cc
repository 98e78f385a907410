#include "operator/app/operator.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/net/descriptor_limit.h"
#include "operator/app/autoscaling_reports.h"
#include "operator/app/health.h"
#include "operator/app/injection_webhook.h"
#include "operator/app/listen_address.h"
#include "operator/app/log.h"
#include "operator/app/metrics.h"
#include "operator/app/policy_gauges.h"
#include "operator/app/reflectors.h"
#include "operator/app/surroundings.h"
#include "operator/app/work_keys.h"
#include "operator/collect/collector.h"
#include "operator/controllers/autoscaling_controller.h"
#include "operator/controllers/hold_controller.h"
#include "operator/controllers/policy_controller.h"
#include "operator/controllers/referenced_controller.h"
#include "operator/controllers/stores.h"
#include "operator/kube/events.h"
#include "operator/kube/http_transport.h"
#include "operator/kube/leader.h"
#include "operator/kube/workers.h"

namespace penstock::control {
namespace {

// How long it answers API servers after it is no longer ready: until all have learned of that.
constexpr timespec kLameDuck{.tv_sec = 5, .tv_nsec = 0};

double seconds_of(clock::WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

reconcile::Settings settings_in(reconcile::Settings settings, const std::string& ns) {
  settings.ns = ns;
  return settings;
}

// Everything that lives as long as the process.
class Operator {
 public:
  Operator(const RunOptions& options, kube::ClusterConfig config)
      : options_(options),
        ns_(options.ns.empty() ? config.ns : options.ns),
        identity_(options.identity.empty() ? host_name() : options.identity),
        transport_(std::move(config), clock_),
        metrics_(gauges(), seconds_of(clock_.wall_now())),
        counted_(transport_,
                 [this](std::string_view method, int status) { metrics_.called(method, status); }),
        any_client_(counted_, clock_, {}),
        client_(counted_, clock_, {}, [this] { return leads(); }),
        events_(client_, clock_, identity_),
        seed_(static_cast<std::uint64_t>(clock_.wall_now().time_since_epoch().count())),
        workers_(clock_, seed_),
        keys_(workers_),
        stores_(keys_.changes()),
        leader_(any_client_, clock_, ns_, options.lease, identity_),
        collector_(
            [this](const std::string& policy) {
              if (controllers::HoldController::is_owner(policy)) {
                return;  // they are asked for what they hold, and not for what they run
              }
              const std::size_t slash = policy.find('/');
              keys_.add_policy(policy.substr(0, slash), policy.substr(slash + 1));
            },
            seed_),
        policies_(stores_, client_, events_, collector_, board_, clock_,
                  settings_in(options.settings, ns_)),
        discovery_(client_, clock_),
        hold_(stores_, client_, collector_, clock_, settings_in(options.settings, ns_),
              [this](const std::string& ns, const std::string& name) { keys_.add_hold(ns, name); }),
        autoscaling_reports_(
            metrics_.registry(),
            [this](const std::string& ns, const std::string& name) { keys_.add_policy(ns, name); }),
        capacity_(stores_, client_, discovery_, events_, clock_,
                  settings_in(options.settings, ns_)),
        autoscaling_(stores_, client_, discovery_, events_, collector_, hold_, board_, capacity_,
                     clock_, autoscaling_reports_),
        referenced_(stores_, client_, clock_),
        policy_gauges_(
            policy_gauges(metrics_.registry(), stores_.policies, [this] { return leads(); })),
        health_([this] { return readiness(); }, [this] { return metrics_.render(); }),
        reflectors_(counted_, seed_, [this] { work_where_complete(); }) {
    keys_.attach(stores_);
    if (options.webhook != "off") {
      webhook_ = std::make_unique<InjectionWebhook>(
          options, ns_, stores_, any_client_, clock_, seed_,
          [this](bool good, std::chrono::duration<double> took) { metrics_.reviewed(good, took); });
    }
  }

  int run() {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);  // before any thread, which inherits it
    if (const Result<void> prepared = prepare(); !prepared) {
      log_line("error", prepared.error().detail);
      return 1;
    }
    workers_.suspend();
    workers_.suspend(kube::Suspended::kIncomplete);
    workers_.start(options_.workers, [this](const std::string& key) { return work(key); });
    start_reflectors();
    start_leader();
    log_line("info", "penstock-operator " PENSTOCK_VERSION " runs as " + identity_);
    int signal = 0;
    sigwait(&ending, &signal);
    log_line("info", "ending");
    ending_ = true;
    client_.stop();  // work that waits for the limit on writes ends now
    workers_.stop();
    leader_thread_ = {};  // gives the Lease back
    if (webhook_ != nullptr) {
      sigtimedwait(&ending, nullptr, &kLameDuck);  // a second signal ends it at once
      webhook_->stop();
    }
    any_client_.stop();
    reflectors_.stop();
    return 0;
  }

 private:
  [[nodiscard]] bool leads() const { return !options_.leader_election || leader_.leads(); }

  // Asked at scrapes, when everything here has been made.
  Metrics::Gauges gauges() {
    const auto size = [this](auto controllers::Stores::* store) {
      return [this, store] { return static_cast<double>((stores_.*store).size()); };
    };
    using controllers::Stores;
    return {.leads = [this] { return leads() ? 1.0 : 0.0; },
            .queued = [this] { return static_cast<double>(workers_.waiting()); },
            .objects = {{"optimizationpolicies", size(&Stores::policies)},
                        {"cachetiers", size(&Stores::tiers)},
                        {"routingtables", size(&Stores::tables)},
                        {"deployments", size(&Stores::deployments)},
                        {"statefulsets", size(&Stores::stateful_sets)},
                        {"pods", size(&Stores::pods)},
                        {"services", size(&Stores::services)},
                        {"endpointslices", size(&Stores::slices)},
                        {"nodes", size(&Stores::nodes)}}};
  }

  [[nodiscard]] Readiness readiness() const {
    if (ending_) {
      return {.ready = false, .told = "ending"};
    }
    if (!stores_.complete()) {
      return {.ready = false, .told = "reading the cluster"};
    }
    if (webhook_ == nullptr) {
      return {.ready = true, .told = "ready"};
    }
    const bool ready = webhook_->ready();
    const std::string problem = webhook_->problem();
    const char* otherwise = ready ? "ready" : "the webhook has no certificate yet";
    return {.ready = ready, .told = problem.empty() ? otherwise : problem};
  }

  Result<void> prepare() {
    if (!options_.decisions.empty()) {
      if (Result<void> recording = autoscaling_reports_.record_to(options_.decisions); !recording) {
        return recording;
      }
    }
    return listen();
  }

  Result<void> listen() {
    const Result<ListenAddress> health = parse_listen_address("--health", options_.health);
    if (!health) {
      return std::unexpected(health.error());
    }
    if (health->port != 0) {
      if (Result<void> listening = health_.listen(health->host, health->port); !listening) {
        return listening;
      }
    }
    if (webhook_ == nullptr) {
      return {};
    }
    const Result<ListenAddress> webhook = parse_listen_address("--webhook", options_.webhook);
    return webhook ? webhook_->listen(webhook->host, webhook->port)
                   : std::unexpected(webhook.error());
  }

  void start_reflectors() {
    reflectors_.start(stores_, options_.watch_namespace);
    if (webhook_ != nullptr) {
      webhook_->start();
      const std::string secret = "metadata.name=" + options_.webhook_secret;
      const std::string configuration = "metadata.name=" + options_.webhook_configuration;
      reflectors_.keep(webhook_->stores().secrets, kube::kSecrets,
                       &controllers::read_webhook_secret, {.ns = ns_, .fields = secret});
      reflectors_.keep(webhook_->stores().configurations, kube::kMutatingWebhooks,
                       &controllers::read_webhook_configuration, {.fields = configuration});
    }
  }

  void start_leader() {
    if (!options_.leader_election) {
      begin_leading();
      return;
    }
    leader_thread_ = std::jthread([this](const std::stop_token& stop) {
      leader_.run(stop, [this](kube::Leadership change) {
        const bool leading = change != kube::Leadership::kEnded;
        log_line("info", leading ? "leads" : "no longer leads");
        if (change == kube::Leadership::kBegun) {
          forget();  // else nobody else led, and all that was learned is still so
        }
        if (leading) {
          begin_leading();
        } else {
          end_leading();
        }
      });
    });
  }

  // Before every list is complete, what is missing may only be late.
  void work_where_complete() {
    if (stores_.complete()) {
      workers_.resume(kube::Suspended::kIncomplete);
    }
  }

  // Another leader may have changed all that this one saw, and would take for its own.
  void forget() {
    policies_.forget_all();
    autoscaling_.forget_all();
    hold_.forget_all();
    capacity_.forget_all();
    board_.forget_all();
  }

  void begin_leading() {
    policies_.ask_anew();
    keys_.add_all();
    workers_.resume();
  }

  void end_leading() {
    workers_.suspend();
    forget_followed();
  }

  // Whom it asks and what it tells of them is the new leader's.
  void forget_followed() {
    collector_.forget_all();
    autoscaling_reports_.forget_all();
  }

  kube::WorkOutcome work(const std::string& key) {
    const WorkKey parsed = parse_key(key);
    const clock::Instant began = clock_.now();
    kube::WorkOutcome outcome = reconcile(parsed);
    if (!leads()) {
      forget_followed();  // what was under way when that ended may have begun anew
      if (leads()) {
        keys_.add_all();  // by now again, and some may have been worked on before that
      }
    }
    metrics_.worked(parsed.kind, outcome.succeeded, clock_.now() - began);
    if (!outcome.problem.empty() && !ending_) {
      log_line("warn", key + ": " + outcome.problem);
    }
    return outcome;
  }

  kube::WorkOutcome reconcile(const WorkKey& key) {
    if (key.kind == kube::kPolicies.kind) {
      return policies_.reconcile(key.ns, key.name);
    }
    if (key.kind == WorkKeys::kAutoscaling) {
      reflectors_.start_nodes(stores_, options_.watch_namespace);
      return autoscaling_.reconcile(key.ns, key.name);
    }
    if (key.kind == WorkKeys::kHold) {
      return hold_.reconcile(key.ns, key.name);
    }
    return key.kind == kube::kTiers.kind ? referenced_.reconcile_tier(key.ns, key.name)
                                         : referenced_.reconcile_table(key.ns, key.name);
  }

  const RunOptions& options_;
  const std::string ns_;
  const std::string identity_;
  clock::RealClock clock_;
  kube::HttpTransport transport_;
  Metrics metrics_;
  CountedTransport counted_;
  kube::Client any_client_;  // for what every replica does
  kube::Client client_;      // for what only the leader does
  kube::EventRecorder events_;
  const std::uint64_t seed_;
  kube::Workers workers_;
  WorkKeys keys_;
  controllers::Stores stores_;
  kube::Leader leader_;
  collect::Collector collector_;
  controllers::AutoscalingBoard board_;
  controllers::PolicyController policies_;
  kube::Discovery discovery_;
  controllers::HoldController hold_;
  AutoscalingReports autoscaling_reports_;
  controllers::CapacityController capacity_;
  controllers::AutoscalingController autoscaling_;
  controllers::ReferencedController referenced_;
  const std::vector<telemetry::GaugeHandle> policy_gauges_;
  std::unique_ptr<InjectionWebhook> webhook_;  // where it is on
  Health health_;
  Reflectors reflectors_;
  std::jthread leader_thread_;
  std::atomic<bool> ending_ = false;
};

}  // namespace

int run_operator(const RunOptions& options) {
  net::raise_descriptor_limit();  // it keeps a connection to every sidecar
  Result<kube::ClusterConfig> config = cluster_config(options);
  if (!config) {
    log_line("error", config.error().detail);
    return 1;
  }
  Operator running(options, std::move(*config));
  return running.run();
}

}  // namespace penstock::control
