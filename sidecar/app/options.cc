#include "sidecar/app/options.h"

#include <cstdlib>
#include <iostream>
#include <string_view>

#include <CLI/CLI.hpp>

#include "lib/api/url.h"
#include "lib/json/scalars.h"
#include "sidecar/app/version.h"

namespace penstock::app {
namespace {

constexpr const char* kAbout =
    "penstock-sidecar: a caching, coalescing, measuring proxy for LLM traffic.\n"
    "\n"
    "Stand-alone in front of one model API:\n"
    "  penstock-sidecar --upstream https://api.openai.com --cache 256Mi\n"
    "Where the model is not always there, as after scaling to zero:\n"
    "  penstock-sidecar --upstream http://10.0.0.7:8000 --hold 5m\n"
    "With resources (OptimizationPolicy, CacheTier, RoutingTable) from files:\n"
    "  penstock-sidecar --resources ./policies --secrets-dir ./secrets\n"
    "Check resources without running:\n"
    "  penstock-sidecar --resources ./policies --check\n"
    "In a pod's hooks, about the sidecar of the same pod:\n"
    "  penstock-sidecar wait     until it listens\n"
    "  penstock-sidecar drain    begins its drain\n";

constexpr const char* kFootnote =
    "Every flag has an environment variable: PENSTOCK_ and its name in capitals, with _ for -\n"
    "(--drain-grace: PENSTOCK_DRAIN_GRACE). A flag wins over its variable.\n"
    "\n"
    "SIGTERM drains: readiness goes off, connections are told to close for --drain-delay, running\n"
    "answers get --drain-grace to finish. SIGINT drains without the delay. A second signal ends "
    "at\n"
    "once. SIGHUP reads resources and secrets again (they are watched anyway).\n";

// What CLI11 fills; turned into Options once everything is there.
struct RawOptions {
  std::vector<std::string> listen;
  std::string status;
  std::string admin;
  std::string cache;
  std::optional<std::uint16_t> engine_port;
  std::string openai_url;
  std::string anthropic_url;
  std::string engine_metrics;
  std::string hold;
  std::string drain_delay = "0s";
  std::string drain_grace = "30s";
};

std::string environment_name(const std::string& flag) {
  std::string name = "PENSTOCK_";
  for (const char c : flag) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

void add_options(CLI::App& app, Options& options, RawOptions& raw) {
  const auto add = [&app](const std::string& flag, auto& into, const std::string& about) {
    return app.add_option("--" + flag, into, about)->envname(environment_name(flag));
  };
  auto* resources = add("resources", options.resources, "File or folder of resources, watched")
                        ->type_name("PATH");
  add("policy", options.policy,
      "With --resources: which OptimizationPolicy to run, where several are")
      ->type_name("NS/NAME");
  add("secrets-dir", options.secrets_dir,
      "With --resources: the key K of the Secret S is the file DIR/S/K")
      ->type_name("DIR");
  auto* upstream = add("upstream", options.upstream, "Run without resources, in front of this URL")
                       ->type_name("URL");
  auto* cache =
      add("cache", raw.cache, "With --upstream: cache answers in this much memory (256Mi)")
          ->type_name("SIZE")
          ->needs(upstream);
  auto* hold = add("hold", raw.hold,
                   "With --upstream: requests wait this long for it to be there, instead of "
                   "failing; reads (GET) do not")
                   ->type_name("DURATION")
                   ->needs(upstream)
                   ->excludes(cache);
  add("hold-requests", options.hold_requests, "With --hold: how many may wait at once [100]")
      ->check(CLI::Range(1, 100'000))
      ->needs(hold);
  upstream->excludes(resources);
  auto* engine = add("engine-port", raw.engine_port,
                     "In an engine's pod: where the engine is; requests that no table routes pass "
                     "to it, also while --resources holds nothing, or nothing good yet")
                     ->type_name("PORT")
                     ->check(CLI::Range(1, 65'535))
                     ->needs(resources);
  auto* openai = add("openai-url", raw.openai_url,
                     "In a client's pod: the same, for calls of OpenAI clients; their base URL, "
                     "whose path calls "
                     "bring along")
                     ->type_name("URL")
                     ->needs(resources)
                     ->excludes(engine);
  auto* anthropic = add("anthropic-url", raw.anthropic_url, "And for calls of Anthropic clients")
                        ->type_name("URL")
                        ->needs(openai);
  openai->needs(anthropic);
  add("listen", raw.listen,
      "Where clients connect; repeatable, or several with commas [127.0.0.1:8080]")
      ->type_name("ADDR:PORT")
      ->delimiter(',');
  add("status", raw.status, "Health, metrics and read-only state [off]")->type_name("ADDR:PORT");
  add("admin", raw.admin, "Everything, loopback only [127.0.0.1:9901]; \"off\" for none")
      ->type_name("ADDR:PORT");
  add("status-token-file", options.admin_token_file,
      "Bearer token the status listener asks for, but for health, drained, metrics and signals")
      ->type_name("FILE");
  add("engine-metrics", raw.engine_metrics,
      "Where the engine has metrics of its own, for /api/signals; http only "
      "[in an engine's pod: /metrics on the engine's port]")
      ->type_name("URL");
  add("workers", options.workers, "Threads [the CPU quota]")->check(CLI::Range(1, 256));
  add("drain-delay", raw.drain_delay, "After SIGTERM: how long new requests are still taken");
  add("drain-grace", raw.drain_grace, "After that: how long running answers may go on");
  app.add_flag("--access-log,!--no-access-log", options.access_log,
               "Write JSON lines of finished requests to standard output")
      ->envname("PENSTOCK_ACCESS_LOG");
  app.add_flag("--check", options.check, "Check the resources and exit: 0 if good, 1 if not")
      ->envname("PENSTOCK_CHECK");
  app.set_version_flag("--version", std::string(version()));
}

// A URL without a path means /metrics.
Result<http::PageAddress> parse_page_address(const std::string& text) {
  const auto url = api::parse_url(text);
  if (!url) {
    return std::unexpected(url.error());
  }
  if (url->https) {
    return fail(ErrorCode::kInvalidConfig, "must begin with http://");
  }
  return http::PageAddress{url->host, url->port,
                           url->base_path.empty() ? "/metrics" : url->base_path};
}

Result<std::chrono::milliseconds> parse_duration(const std::string& flag, const std::string& text) {
  const auto parsed = json::parse_duration(text);
  if (!parsed) {
    return fail(ErrorCode::kInvalidConfig, "--" + flag + ": " + parsed.error().detail);
  }
  return *parsed;
}

// Kubernetes tells every container of a namespace so where its Service penstock-engine is: no
// setting of ours, which is a number.
void forget_service_link() {
  constexpr const char* kName = "PENSTOCK_ENGINE_PORT";
  const char* const value = std::getenv(kName);
  if (value != nullptr && std::string_view(value).contains("://")) {
    ::unsetenv(kName);
  }
}

// Where the configuration comes from. Empty: good.
std::string check_sources(const Options& options) {
  if (options.resources.empty() == options.upstream.empty()) {
    return "give --resources PATH, or --upstream URL";
  }
  // Not by needs(): CLI11 asks for that under sub-commands too, which take neither.
  if (options.resources.empty() && !(options.policy.empty() && options.secrets_dir.empty())) {
    return "--policy and --secrets-dir need --resources";
  }
  return {};
}

// Everything else that CLI11 cannot check. Empty: good.
std::string complete(Options& options, const RawOptions& raw) {
  if (std::string problem = check_sources(options); !problem.empty()) {
    return problem;
  }
  for (const std::string& text : raw.listen) {
    const auto address = parse_listen_address(text);
    if (!address) {
      return "--listen: " + address.error().detail;
    }
    options.listen.push_back(*address);
  }
  if (options.listen.empty()) {
    options.listen.push_back({"127.0.0.1", 8080});
  }
  if (!raw.status.empty()) {
    const auto address = parse_listen_address(raw.status);
    if (!address) {
      return "--status: " + address.error().detail;
    }
    options.status = *address;
  }
  if (raw.admin != "off") {
    const auto address = parse_listen_address(raw.admin.empty() ? "127.0.0.1:9901" : raw.admin);
    if (!address || !address->loopback()) {
      return "--admin: " + (address ? std::string("must be a loopback address: it is not protected")
                                    : address.error().detail);
    }
    options.admin = *address;
  }
  if (!raw.engine_metrics.empty()) {
    auto page = parse_page_address(raw.engine_metrics);
    if (!page) {
      return "--engine-metrics: " + page.error().detail;
    }
    options.engine_metrics = std::move(*page);
  }
  if (!raw.hold.empty()) {
    const auto hold = parse_duration("hold", raw.hold);
    if (!hold) {
      return hold.error().detail;
    }
    options.hold = *hold;
  }
  if (!raw.cache.empty()) {
    const auto size = json::parse_quantity(raw.cache);
    if (!size) {
      return "--cache: " + size.error().detail;
    }
    options.cache_bytes = size->value;
  }
  if (raw.engine_port) {
    options.pass_through.emplace().engine_port = raw.engine_port;
  } else if (!raw.openai_url.empty()) {
    options.pass_through.emplace().providers = {.openai = raw.openai_url,
                                                .anthropic = raw.anthropic_url};
    for (const std::string& url : {raw.openai_url, raw.anthropic_url}) {
      if (const auto parsed = api::parse_url(url); !parsed) {
        return "--openai-url, --anthropic-url: " + parsed.error().detail;
      }
    }
  }
  const auto delay = parse_duration("drain-delay", raw.drain_delay);
  const auto grace = parse_duration("drain-grace", raw.drain_grace);
  if (!delay || !grace) {
    return (delay ? grace : delay).error().detail;
  }
  options.drain_delay = *delay;
  options.drain_grace = *grace;
  return {};
}

}  // namespace

ParsedOptions parse_options(int argc, char** argv) {
  forget_service_link();
  CLI::App app{kAbout};
  app.footer(kFootnote);
  Options options;
  RawOptions raw;
  add_options(app, options, raw);
  std::string hook_admin = "127.0.0.1:9901";
  CLI::App* wait = app.add_subcommand("wait", "Return once the sidecar listens, or after 30 s");
  CLI::App* drain = app.add_subcommand("drain", "Begin the sidecar's drain and return");
  for (CLI::App* hook : {wait, drain}) {
    hook->add_option("--admin", hook_admin, "The sidecar's admin listener")
        ->envname(environment_name("admin"))
        ->type_name("ADDR:PORT")
        ->capture_default_str();
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return {.exit_code = app.exit(error)};
  }
  if (wait->parsed() || drain->parsed()) {
    const Result<ListenAddress> address = parse_listen_address(hook_admin);
    if (!address) {
      std::cerr << "penstock-sidecar: --admin: " << address.error().detail << '\n';
      return {.exit_code = 2};
    }
    const auto kind = wait->parsed() ? HookCommand::Kind::kWait : HookCommand::Kind::kDrain;
    return {.hook = HookCommand{kind, *address}};
  }
  const std::string wrong = complete(options, raw);
  if (!wrong.empty()) {
    std::cerr << "penstock-sidecar: " << wrong << "\nRun with --help for more information.\n";
    return {.exit_code = 2};
  }
  return {.options = std::move(options)};
}

}  // namespace penstock::app
