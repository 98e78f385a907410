#include "sidecar/app/server.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <iostream>

#include <boost/asio/post.hpp>
#include <unistd.h>

#include "lib/digest/hashing.h"
#include "lib/net/descriptor_limit.h"
#include "lib/resolve/resolve.h"
#include "lib/telemetry/process.h"
#include "sidecar/admin/request_checks.h"
#include "sidecar/app/cpu_quota.h"
#include "sidecar/app/version.h"

namespace penstock::app {
namespace {

// Kept back from clients for admin, metrics, DNS, files and reloads.
constexpr std::uint64_t kReservedDescriptors = 64;

std::string random_key() {
  std::array<std::uint8_t, 32> bytes{};
  digest::fill_random(bytes);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

Server::Server(Options options)
    : options_(std::move(options)),
      metrics_(registry_),
      tenant_key_(random_key()),
      hasher_(store::SeededKeyHasher::Secrets::generate()),
      tiers_(hasher_),
      shared_{clock_,
              resolver_,
              flights_,
              limits_,
              hasher_,
              tenant_key_,
              options_.hold ? &hold_ : nullptr,
              {}},
      source_(options_, origins_, tiers_, main_.get_executor()),
      engine_(reactor_, wheel_, resolver_, clock_),
      state_(clock_, metrics_, source_, tiers_, workers_, engine_,
             [this] { begin_drain(options_.drain_delay); }),
      api_(state_),
      ticker_(main_.get_executor()),
      signals_(main_.get_executor()),
      drain_timer_(main_.get_executor()) {
  if (options_.hold) {
    hold_.wait_max = *options_.hold;
    hold_.requests_max = options_.hold_requests;
  }
  if (options_.access_log) {
    shared_.access_log = [this](std::string&& lines) { return log_.write(std::move(lines)); };
  }
}

Server::~Server() = default;

int Server::run() {
  std::signal(SIGPIPE,
              SIG_IGN);  // a peer that is gone is an error code, not the end of the process
  set_limits();
  if (!start()) {
    return 1;
  }
  main_.run();
  return 0;
}

// A relayed stream takes two descriptors.
void Server::set_limits() {
  const std::uint64_t descriptors = net::raise_descriptor_limit();
  const std::uint64_t usable =
      descriptors > 4 * kReservedDescriptors ? descriptors - kReservedDescriptors : descriptors / 2;
  limits_.connections_max =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(usable / 2, 1 << 24));
  limits_.requests_in_flight_max = limits_.connections_max;
}

bool Server::start() {
  auto policy = source_.read();
  if (!policy && options_.pass_through) {
    // In a pod: what is wrong with a policy must not keep clients from their model.
    log_.note("error", "requests pass through unchanged: " + policy.error().detail);
    policy = source_.pass_through();
  }
  if (!policy) {
    std::cerr << policy.error().detail << '\n';
    return false;
  }
  if (options_.workers == 0) {
    options_.workers = options_.pass_through ? 1 : cpu_quota();
  }
  show(*policy);
  if (!start_local_servers() || !start_workers(*policy)) {
    return false;
  }
  state_.set_lifecycle(admin::Lifecycle::kReady);
  tick();
  source_.watch([this](const auto& changed) { apply(changed); },
                [this](const std::string& message) {
                  metrics_.reloaded(false);
                  state_.policy_refused();
                  log_.note("error", "the last good policy stays: " + message);
                });
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.add(SIGHUP);
  await_signal();
  std::string where;
  for (const ListenAddress& address : options_.listen) {
    where += (where.empty() ? "" : ", ") + address.text();
  }
  log_.note("info", "penstock-sidecar " + std::string(version()) + " ready on " + where +
                        ", policy " + (*policy)->policy->name + " " + (*policy)->policy->hash);
  if (options_.cache_bytes) {
    log_.note("info", "--upstream and --cache stand for these resources:\n" +
                          resolve::upstream_as_yaml(options_.upstream, options_.cache_bytes));
  }
  return true;
}

bool Server::start_workers(const std::shared_ptr<const ActivePolicy>& policy) {
  for (std::uint32_t i = 0; i < options_.workers; ++i) {
    auto worker = std::make_unique<Worker>(shared_, metrics_.new_worker(), digest::random_seed());
    for (ListenAddress& address : options_.listen) {
      const Result<void> listening = worker->listen(address);
      if (!listening) {
        std::cerr << "penstock-sidecar: " << listening.error().detail << '\n';
        return false;
      }
      address.port = worker->ports().back();  // the next worker shares a port that was picked here
    }
    workers_.push_back(std::move(worker));
  }
  for (const auto& worker : workers_) {
    worker->start(policy);
  }
  return true;
}

// What the local listeners tell of.
void Server::show(const std::shared_ptr<const ActivePolicy>& policy) {
  state_.set_policy(policy);
  engine_.use(engine_pages(options_, *policy));
}

void Server::apply(const std::shared_ptr<const ActivePolicy>& policy) {
  metrics_.reloaded(true);
  show(policy);
  log_.note("info", "policy " + policy->policy->name + " " + policy->policy->hash + " is active");
  for (const auto& worker : workers_) {
    worker->apply(policy);
  }
}

bool Server::start_local_servers() {
  gauges_ = telemetry::process_gauges(
      registry_, std::string(version()),
      std::chrono::duration<double>(clock_.wall_now().time_since_epoch()).count());
  StatusToken token(options_.admin_token_file);
  if (const Result<void> read = token.read(); !read) {
    std::cerr << "penstock-sidecar: " << read.error().detail << '\n';
    return false;
  }
  state_.set_status_token(std::move(token));
  const auto open = [this](std::optional<http::LocalServer>& server,
                           const std::optional<ListenAddress>& address, admin::Listener listener) {
    if (!address) {
      return true;
    }
    server.emplace(reactor_, wheel_, [this, listener](const http::LocalRequest& request) {
      return handle(listener, request);
    });
    const Result<void> listening = server->listen(address->host, address->port);
    if (!listening) {
      std::cerr << "penstock-sidecar: " << listening.error().detail << '\n';
    }
    return listening.has_value();
  };
  return open(status_server_, options_.status, admin::Listener::kStatus) &&
         open(admin_server_, options_.admin, admin::Listener::kAdmin);
}

http::LocalResponse Server::handle(admin::Listener listener, const http::LocalRequest& request) {
  admin::AdminResponse answer =
      api_.handle(listener, {.method = request.method,
                             .path = request.path,
                             .query = request.query,
                             .body = request.body,
                             .bearer = admin::bearer_token(request.authorization),
                             .host = request.host,
                             .origin = request.origin,
                             .patience_over = request.patience_over});
  return {.status = answer.status,
          .content_type = std::move(answer.content_type),
          .body = std::move(answer.body),
          .headers = std::move(answer.headers),
          .wait = answer.wait_for_drained,
          .wait_at_most = answer.wait_at_most};
}

void Server::tick() {
  ticker_.expires_after(net::DeadlineWheel::kTick);
  ticker_.async_wait([this](const boost::system::error_code& cancelled) {
    // One that has expired already is not cancelled any more.
    if (!cancelled && !finished_) {
      wheel_.tick();
      tick();
    }
  });
}

int check(const Options& options) {
  http::OriginTable origins;
  const store::SeededKeyHasher hasher(store::SeededKeyHasher::Secrets::generate());
  TierSet tiers(hasher);
  net::IoContext context{1};
  PolicySource source(options, origins, tiers, context.get_executor());
  const auto policy = source.read();
  if (!policy) {
    std::cerr << policy.error().detail << '\n';
    return 1;
  }
  std::cout << "good: policy " << (*policy)->policy->name << ", hash " << (*policy)->policy->hash
            << '\n';
  return 0;
}

}  // namespace penstock::app
