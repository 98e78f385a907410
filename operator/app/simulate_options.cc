#include "operator/app/simulate_options.h"

#include <CLI/CLI.hpp>

#include "lib/json/read.h"
#include "operator/simulate/contenders.h"

namespace penstock::control {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  # An hour of Azure's conversations, as they came\n"
    "  penstock-operator simulate AzureLLMInferenceTrace_conv.csv\n"
    "  # A day at 100 requests/s, nodes for two replicas each, every decision on record\n"
    "  penstock-operator simulate AzureLLMInferenceTrace_conv.csv --rate 100 --duration 24h \\\n"
    "    --node-start 5m --replicas-per-node 2 --policy policy.yaml --decisions decisions.jsonl\n"
    "  # A week with the rates of ServeGen and the lengths of Azure, by a HorizontalPodAutoscaler\n"
    "  penstock-operator simulate servegen_week1.tar.gz --pool m-small --rate 10 \\\n"
    "    --lengths AzureLLMInferenceTrace_conv.csv --autoscaler hpa --html week.html\n"
    "A policy file holds an OptimizationPolicy with spec.autoscaling, as for kubectl apply.\n";

std::string check_duration(const std::string& text) {
  const Result<std::chrono::milliseconds> parsed = json::parse_duration(text);
  return parsed ? "" : parsed.error().detail;
}

std::string contender_list() {
  std::string text = "Who scales:";
  for (const simulate::Contender& one : simulate::contenders()) {
    text.append("\n").append(one.name).append(": ").append(one.about);
    text.append("; knob: ").append(one.knob);
  }
  return text;
}

std::string check_contender(const std::string& name) {
  return simulate::find_contender(name) != nullptr ? "" : "there is no autoscaler " + name;
}

// What a replica can do, and when there is one.
void add_target_options(CLI::App& command, SimulateOptions& options) {
  const CLI::Validator duration(check_duration, "DURATION");
  command
      .add_option("--engine", options.engine,
                  "What a replica can do, in YAML: service {a, b, g}, kvTokens, sequencesMax, "
                  "batchedTokensMax")
      ->type_name("FILE");
  command
      .add_option("--start", options.start,
                  "From the wish for a replica, and room for it, to one that serves")
      ->check(duration)
      ->capture_default_str();
  CLI::Option* const node_start =
      command.add_option("--node-start", options.node_start,
                         "Simulate nodes: from the wish for one to one that takes replicas; it "
                         "goes when it was empty for 10 minutes [there is room for all]");
  node_start->check(duration);
  command.add_option("--replicas-per-node", options.replicas_per_node, "That a node has room for")
      ->check(CLI::Range(1, 1'000))
      ->needs(node_start)
      ->capture_default_str();
  command.add_option("--replicas", options.replicas, "At the start [what the load needs]")
      ->check(CLI::Range(0, 100'000));
  command.add_option("--ttft", options.ttft, "Promised time to first token")
      ->check(duration)
      ->capture_default_str();
  command.add_option("--tpot", options.tpot, "Promised mean time for each further token")
      ->check(duration)
      ->capture_default_str();
}

void add_file_options(CLI::App& command, SimulateOptions& options) {
  const CLI::Validator duration(check_duration, "DURATION");
  command.add_option("--interval", options.interval, "A row of --csv")
      ->check(duration)
      ->capture_default_str();
  command.add_option("--json", options.json, "Write the summary; - is standard output")
      ->type_name("FILE");
  command.add_option("--csv", options.csv, "Write load, forecast, replicas and misses by interval")
      ->type_name("FILE");
  command.add_option("--html", options.html, "Draw load, forecast, replicas, misses and queues")
      ->type_name("FILE");
  command
      .add_option("--decisions", options.decisions,
                  "Write each decision of penstock as a line that `replay` makes again")
      ->type_name("FILE");
}

}  // namespace

void add_simulate_options(CLI::App& command, SimulateOptions& options) {
  const CLI::Validator duration(check_duration, "DURATION");
  command
      .add_option("TRACE", options.load.path,
                  "A load: Azure's CSV, Mooncake's JSON lines, CSV of at_ms,input_tokens,"
                  "output_tokens; or a ServeGen folder or .tar.gz, with --lengths")
      ->required();
  command.add_option("--pool", options.load.pool,
                     "Which pool of ServeGen, or all of them as one load: all [the only one]");
  command
      .add_option("--lengths", options.load.lengths,
                  "A trace that lengths of requests are drawn from, for ServeGen")
      ->type_name("FILE");
  command
      .add_option("--rate", options.load.requests_per_s,
                  "Mean requests/s: a trace runs faster or slower [as it is], ServeGen's rates are "
                  "multiplied [10]")
      ->check(CLI::Range(0.0, 1e5));
  command.add_option("--duration", options.duration, "How much of it; a trace begins again [once]")
      ->check(duration);
  command.add_option("--seed", options.load.seed, "Of what is drawn")->capture_default_str();
  command.add_option("--autoscaler", options.autoscaler, contender_list())
      ->check(CLI::Validator(check_contender, "NAME"))
      ->capture_default_str();
  command.add_option("--knob", options.knob, "Its one number, see there [its default]")
      ->check(CLI::Range(0.0, 100.0));
  command.add_option("--policy", options.policy, "An OptimizationPolicy with spec.autoscaling")
      ->type_name("FILE");
  add_target_options(command, options);
  add_file_options(command, options);
  command.footer(kExamples);
}

}  // namespace penstock::control
