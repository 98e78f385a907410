#include "operator/app/commands.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "lib/json/scalars.h"
#include "lib/json/strictness.h"
#include "lib/resources/load.h"
#include "operator/app/explain_command.h"
#include "operator/app/operator.h"
#include "operator/app/render.h"
#include "operator/app/replay_command.h"
#include "operator/app/simulate_command.h"
#include "operator/crd/documents.h"
#include "operator/kube/quantity.h"

namespace penstock::control {
namespace {

constexpr const char* kAbout =
    "penstock-operator: puts Penstock sidecars in front of inference engines on Kubernetes.\n";

int write_definitions(const std::string& folder) {
  for (const crd::Document& document : crd::documents()) {
    if (folder.empty()) {
      std::cout << "---\n" << document.yaml;
      continue;
    }
    const std::filesystem::path path = std::filesystem::path(folder) / document.file;
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << document.yaml;
    out.flush();
    if (!out) {
      std::cerr << "penstock-operator: cannot write " << path.string() << "\n";
      return 1;
    }
  }
  return 0;
}

// Every error of every file, each on a line with its place.
int check_files(const std::vector<std::string>& paths) {
  std::size_t errors = 0;
  for (const std::string& path : paths) {
    const api::Resources resources = resources::load(path, json::Strictness::kStrict);
    for (const api::ResourceError& error : resources.errors) {
      std::cerr << to_string(error) << "\n";
    }
    errors += resources.errors.size();
  }
  return errors == 0 ? 0 : 1;
}

// --flag, and its environment variable.
template <class T>
CLI::Option* add_option(CLI::App& command, const std::string& flag, T& into,
                        const std::string& about) {
  std::string variable = "PENSTOCK_";
  for (const char c : flag) {
    variable += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
  }
  return command.add_option("--" + flag, into, about)->envname(variable)->capture_default_str();
}

// Empty, or why `text` is nothing that a container can ask for. Whole bytes are what sizes are
// counted in; of a core any part will do.
std::string wrong_memory(const std::string& text) {
  const auto size = json::parse_quantity(text);
  return !size             ? size.error().detail
         : size->value > 0 ? std::string()
                           : "must be more than nothing";
}

std::string wrong_cpu(const std::string& text) {
  const auto cores = kube::quantity_of(text);
  return cores && *cores > 0 ? "" : "must be a quantity above 0 such as 100m, 0.5 or 2";
}

// A sidecar has three ports, and the status of a policy room for so many Secrets.
void check_sidecar(const reconcile::Settings& settings) {
  constexpr std::size_t kPullSecretsMax = 8;
  const std::set<std::uint16_t> ports = {settings.status_port, settings.bind_port,
                                         reconcile::kAdminPort};
  if (ports.size() < 3) {
    throw CLI::ValidationError(
        "--status-port", std::to_string(settings.status_port) + " and --bind-port " +
                             std::to_string(settings.bind_port) +
                             " must be two ports, and neither " +
                             std::to_string(reconcile::kAdminPort) + ", the sidecar's admin port");
  }
  if (settings.image_pull_secrets.size() > kPullSecretsMax) {
    throw CLI::ValidationError("--sidecar-pull-secret",
                               "at most " + std::to_string(kPullSecretsMax) + " Secrets");
  }
}

// What the sidecars are made with.
void add_sidecar_options(CLI::App& command, reconcile::Settings& settings) {
  const auto add = [&command](const std::string& flag, auto& into, const std::string& about) {
    return add_option(command, flag, into, about);
  };
  add("sidecar-image", settings.sidecar_image, "The image of the sidecar")->type_name("IMAGE");
  add("sidecar-pull-policy", settings.image_pull_policy, "How that image is pulled")
      ->check(CLI::IsMember({"Always", "IfNotPresent", "Never"}));
  add("sidecar-pull-secret", settings.image_pull_secrets,
      "A Secret that pulls it, in every namespace with pods of policies; repeatable")
      ->type_name("NAME")
      ->delimiter(',');
  add("sidecar-cpu", settings.cpu_request, "What a sidecar asks for")
      ->type_name("QUANTITY")
      ->check(wrong_cpu);
  add("sidecar-memory", settings.memory_request, "What a sidecar asks for beside its caches")
      ->type_name("QUANTITY")
      ->check(wrong_memory);
  command
      .add_flag("--placeholders,!--no-placeholders", settings.placeholders,
                "Pods may be made that keep room for replicas to come [on]")
      ->envname("PENSTOCK_PLACEHOLDERS");
  add("placeholder-image", settings.placeholder_image,
      "The image of pods that keep room for replicas to come; it does nothing")
      ->type_name("IMAGE");
  add("placeholder-priority-class", settings.placeholder_priority_class,
      "Their PriorityClass: below 0, and not below -10, which node autoscalers leave aside")
      ->type_name("NAME");
  add("excluded-namespace", settings.excluded_namespaces,
      "A namespace whose pods admission never touches; may be given several times")
      ->type_name("NS")
      ->delimiter(',');
  add("status-port", settings.status_port, "The port of the sidecar's status listener")
      ->check(CLI::Range(1, 65'535));
  add("bind-port", settings.bind_port, "The sidecar's port where it takes a port's name")
      ->check(CLI::Range(1, 65'535));
  command.parse_complete_callback([&settings] { check_sidecar(settings); });
}

void add_run_options(CLI::App& run, RunOptions& options) {
  const auto add = [&run](const std::string& flag, auto& into, const std::string& about) {
    return add_option(run, flag, into, about);
  };
  add("kubeconfig", options.kubeconfig, "How to reach the API server [the pod's service account]")
      ->type_name("FILE");
  add("context", options.context, "Which context of the kubeconfig [the current one]");
  add("namespace", options.ns, "Where the Lease is kept [the service account's]")->type_name("NS");
  add("watch-namespace", options.watch_namespace, "Look at this namespace only [all]")
      ->type_name("NS");
  add("identity", options.identity, "This replica's name in the Lease [the host's]");
  add("lease", options.lease, "The Lease that replicas agree by")->type_name("NAME");
  run.add_flag("--leader-election,!--no-leader-election", options.leader_election,
               "Act only while holding the Lease [on]")
      ->envname("PENSTOCK_LEADER_ELECTION");
  add("health", options.health, "Where /healthz and /readyz are; \"off\" for none")
      ->type_name("ADDR:PORT");
  add("webhook", options.webhook,
      "Where API servers that serve no MutatingAdmissionPolicy ask about new pods; \"off\" for "
      "none")
      ->type_name("ADDR:PORT");
  add("webhook-secret", options.webhook_secret,
      "The Secret, beside the Lease, that replicas keep the webhook's certificates in")
      ->type_name("NAME");
  add("webhook-configuration", options.webhook_configuration,
      "The MutatingWebhookConfiguration that gets the webhook's CA bundle")
      ->type_name("NAME");
  add("decisions", options.decisions,
      "Append the autoscaler's decisions to this file, as lines of JSON with all that each was "
      "made of")
      ->type_name("FILE");
  add("workers", options.workers, "Policies that are worked on at once")->check(CLI::Range(1, 32));
  add_sidecar_options(run, options.settings);
}

void add_explain_options(CLI::App& explain, ExplainOptions& options) {
  explain.add_option("POLICY", options.policy, "NAMESPACE/NAME")->required();
  explain
      .add_option("--decisions", options.decisions,
                  "A file of decisions (run --decisions): the newest of the policy, with all that "
                  "it was made of")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  explain.add_option("--kubeconfig", options.cluster.kubeconfig, "How to reach the cluster")
      ->type_name("FILE")
      ->envname("KUBECONFIG");
  explain.add_option("--context", options.cluster.context, "Of the kubeconfig")->type_name("NAME");
}

}  // namespace

int run_command(int argc, const char* const* argv) {
  CLI::App app(kAbout, "penstock-operator");
  app.set_version_flag("--version", std::string(PENSTOCK_VERSION));
  app.require_subcommand(1);

  std::string folder;
  CLI::App* definitions =
      app.add_subcommand("crds", "Print the CustomResourceDefinitions, for kubectl apply -f -");
  definitions->add_option("--out", folder, "Write one file for each into this folder instead")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);

  std::vector<std::string> paths;
  CLI::App* check = app.add_subcommand(
      "check", "Check resource files as the API server and the sidecar would, all errors at once");
  check->add_option("PATH", paths, "Files, or folders of them")->required();

  RunOptions options;
  CLI::App* run = app.add_subcommand("run", "Run the operator, in a cluster or outside of it");
  add_run_options(*run, options);

  std::vector<std::string> rendered;
  CLI::App* render_command = app.add_subcommand(
      "render", "Print what policies in files would inject and deliver, without a cluster");
  render_command
      ->add_option("PATH", rendered,
                   "Files, or folders of them: policies and what they refer to; workloads and "
                   "Services")
      ->required();
  add_sidecar_options(*render_command, options.settings);

  ExplainOptions explained;
  CLI::App* explain =
      app.add_subcommand("explain", "Tell why a policy's target has as many replicas as it has");
  add_explain_options(*explain, explained);

  SimulateOptions simulation;
  CLI::App* simulate_command =
      app.add_subcommand("simulate", "Play a load to a simulated target, without a cluster");
  add_simulate_options(*simulate_command, simulation);

  std::vector<std::string> recorded;
  CLI::App* replay = app.add_subcommand(
      "replay", "Make recorded decisions again, and print what differs from what was decided then");
  replay->add_option("FILE", recorded, "Decision lines of `run` or `simulate --decisions`")
      ->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  options.settings.version = PENSTOCK_VERSION;
  if (explain->parsed()) {
    return explain_policy(explained);
  }
  if (render_command->parsed()) {
    return render(rendered, options.settings);
  }
  if (simulate_command->parsed()) {
    return simulate_load(std::move(simulation));
  }
  if (replay->parsed()) {
    return replay_decisions(recorded);
  }
  if (run->parsed()) {
    return run_operator(options);
  }
  return check->parsed() ? check_files(paths) : write_definitions(folder);
}

}  // namespace penstock::control
