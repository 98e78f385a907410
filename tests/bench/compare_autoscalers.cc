// Plays public loads to every autoscaler that the simulator knows, each with its knob at the
// cheapest setting that keeps the promise for 99 % of requests, and prints one table a load and
// start time. `make compare-autoscalers` runs it.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "operator/app/load_file.h"
#include "operator/simulate/contenders.h"
#include "operator/simulate/simulation.h"
#include "operator/simulate/sizing.h"
#include "operator/simulate/trace.h"

namespace penstock::simulate {
namespace {

constexpr std::string_view kOurs = "penstock";
constexpr std::string_view kOracle = "oracle";
constexpr double kAttainment = 0.99;
constexpr int kHalvings = 8;  // of the knob's range, in logarithms
constexpr autoscale::Time kBegin = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5);
constexpr Promise kPromise{.ttft_s = 2, .tpot_s = 0.1};
constexpr Promise kPatient{.ttft_s = 30, .tpot_s = 0.2};  // of prompts of 12,000 tokens

// A model of some 70 billion parameters on one node: a third of the rate of the queue model's test
// vector, so that a load of 10 requests/s needs several replicas.
constexpr EngineModel kEngine{.service = {.a = 15, .b = 0.12, .g = 5e-5},
                              .kv_tokens = 500'000,
                              .sequences_max = 128,
                              .batched_tokens_max = 2'048};

struct Load {
  std::string name;
  Arrivals arrivals;
  Promise promise = kPromise;
  double judged_from_s = 0;
};

struct Job {
  const Load* load = nullptr;
  double start_s = 0;
  const Contender* contender = nullptr;
  double knob = 0;
  bool reached = false;
  Summary best;
};

Summary play(const Job& job, double knob) {
  Surroundings around{.engine = kEngine,
                      .promise = job.load->promise,
                      .start_s = job.start_s,
                      .load = &job.load->arrivals,
                      .begin = kBegin};
  around.policy.decisions.replicas_max = 1'000;
  around.policy.decisions.objectives = {.ttft_ms = job.load->promise.ttft_s * 1e3,
                                        .itl_ms = job.load->promise.tpot_s * 1e3};
  // Such a start is all of it, node and replica: each brings a node of its own, which goes with it.
  const bool with_node = job.start_s > 120;
  const Setup setup{
      .fleet = {.engine = kEngine,
                .start_s = job.start_s,
                .nodes = with_node ? std::optional(NodeSettings{.start_s = 0, .idle_s = 0})
                                   : std::nullopt,
                .begin = kBegin},
      .promise = job.load->promise,
      .replicas = replicas_at_start(busy_replicas(job.load->arrivals, kEngine, job.load->promise)),
      .judged_from_s = job.load->judged_from_s};
  const std::unique_ptr<Autoscaler> autoscaler = job.contender->make(knob, around);
  return simulate(job.load->arrivals, *autoscaler, setup).summary;
}

// The cheapest of the settings that were tried and kept the promise, else the best kept one.
void sweep(Job& job) {
  double low = std::log(job.contender->knob_min);
  double high = std::log(job.contender->knob_max);
  const auto attempt = [&job](double log_knob) {
    const Summary summary = play(job, std::exp(log_knob));
    const bool keeps = summary.attainment >= kAttainment;
    const bool better = keeps ? !job.reached || summary.replica_hours < job.best.replica_hours
                              : !job.reached && summary.attainment > job.best.attainment;
    if (better) {
      job.best = summary;
      job.knob = std::exp(log_knob);
    }
    job.reached = job.reached || keeps;
    return keeps;
  };
  job.best.attainment = -1;
  if (attempt(high)) {
    return;
  }
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (attempt(middle) ? low : high) = middle;
  }
}

bool is_baseline(const Job& job) {
  return job.contender->name != kOurs && job.contender->name != kOracle;
}

// The baselines that cost less than ours and kept the promise at least as often, with commas.
std::string better_than(const Job& ours, std::span<const Job> jobs) {
  std::string names;
  for (const Job& job : jobs) {
    if (is_baseline(job) && job.best.replica_hours < ours.best.replica_hours &&
        job.best.attainment >= ours.best.attainment) {
      names.append(names.empty() ? "" : ", ").append(job.contender->name);
    }
  }
  return names;
}

// One load and start time; `jobs` in the order of contenders.
void print_table(std::span<const Job> jobs) {
  std::printf("\n### %s, start %.0f s\n\n", jobs.front().load->name.c_str(), jobs.front().start_s);
  std::printf(
      "| | knob | promise kept | p99 first token | replica-hours | x oracle | changes | "
      "worst backlog |\n|---|---|---|---|---|---|---|---|\n");
  const auto find = [&](std::string_view name) -> const Job& {
    return *std::ranges::find(jobs, name, [](const Job& job) { return job.contender->name; });
  };
  const double least = find(kOracle).best.replica_hours;
  const Job* best = nullptr;
  for (const Job& job : jobs) {
    std::printf("| %s%s | %.3f | %.2f %% | %.2f s | %.1f | %.2f | %lld | %lld |\n",
                std::string(job.contender->name).c_str(), job.reached ? "" : " (not reached)",
                job.knob, job.best.attainment * 100, job.best.ttft_p99_s, job.best.replica_hours,
                job.best.replica_hours / least, static_cast<long long>(job.best.changes),
                static_cast<long long>(job.best.backlog_most));
    if (is_baseline(job) && job.reached &&
        (best == nullptr || job.best.replica_hours < best->best.replica_hours)) {
      best = &job;
    }
  }
  const auto found =
      std::ranges::find(jobs, kOurs, [](const Job& job) { return job.contender->name; });
  if (found != jobs.end() && best != nullptr && best->best.replica_hours > least) {
    const Job& ours = *found;
    std::printf("\n(ours - oracle) / (best baseline - oracle) = %.2f, best baseline: %s\n",
                (ours.best.replica_hours - least) / (best->best.replica_hours - least),
                std::string(best->contender->name).c_str());
  }
  if (found != jobs.end()) {
    const std::string better = better_than(*found, jobs);
    std::printf("\ncheaper and better than ours: %s\n", better.empty() ? "none" : better.c_str());
  }
}

// Prints each table of `count` jobs as soon as it and those before it are done.
void sweep_all(std::vector<Job>& jobs, std::size_t count, unsigned threads) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::vector<std::size_t> left(jobs.size() / count, count);
  std::size_t printed = 0;
  std::vector<std::jthread> workers;
  for (unsigned i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (std::size_t job = next++; job < jobs.size(); job = next++) {
        sweep(jobs[job]);
        const std::scoped_lock lock(mutex);
        std::fprintf(stderr, "%zu of %zu: %s, start %.0f s, %s\n", job + 1, jobs.size(),
                     jobs[job].load->name.c_str(), jobs[job].start_s,
                     std::string(jobs[job].contender->name).c_str());
        --left[job / count];
        for (; printed < left.size() && left[printed] == 0; ++printed) {
          print_table(std::span(jobs).subspan(printed * count, count));
          std::fflush(stdout);
        }
      }
    });
  }
}

bool add(std::vector<Load>& loads, const std::string& name, control::LoadOptions options) {
  if (!std::filesystem::exists(options.path)) {
    std::cout << "SKIPPED " << name << ": " << options.path << " is not there\n";
    return false;
  }
  Result<Arrivals> arrivals = control::load_file(options);
  if (!arrivals) {
    std::cerr << arrivals.error().detail << "\n";
    return false;
  }
  loads.push_back({.name = name, .arrivals = std::move(*arrivals)});
  return true;
}

// A trace that is too short to learn on: played twice, and judged the second time. That holds for
// all methods alike; without it an operator that was never told of the engine would be judged while
// it measures what the others know beforehand.
void add_twice(std::vector<Load>& loads, const std::string& name, control::LoadOptions options,
               const Promise& promise) {
  if (!add(loads, name, options)) {
    return;
  }
  Load& load = loads.back();
  load.promise = promise;
  load.judged_from_s = static_cast<double>(load.arrivals.back().at_us) / 1e6;
  load.arrivals = paced(load.arrivals, 0, 2 * load.judged_from_s);
}

struct Options {
  std::string data = "../shared/data";
  double hours = 168;
  double rate = 10;
  std::vector<std::string> pools{"m-small", "m-mid", "all"};
  std::vector<std::uint64_t> seeds{1};
  std::vector<double> starts_s{23, 90, 440};
  std::vector<std::string> methods;  // beside the oracle; none: all
  bool traces = true;                // those that are played as they are
  unsigned threads = 2;
};

// The oracle is always among them: it is what the others are measured by.
std::vector<const Contender*> chosen(const std::vector<std::string>& methods) {
  std::vector<const Contender*> result;
  for (const Contender& contender : contenders()) {
    if (methods.empty() || contender.name == kOracle ||
        std::ranges::find(methods, contender.name) != methods.end()) {
      result.push_back(&contender);
    }
  }
  return result;
}

int compare(const Options& options) {
  const auto& [data, hours, rate, pools, seeds, starts_s, methods, traces, threads] = options;
  const std::string azure = data + "/azure-llm/AzureLLMInferenceTrace_conv.csv";
  std::vector<Load> loads;
  for (const std::uint64_t seed : seeds) {
    for (const std::string& pool : pools) {
      add(loads, pool + " composed with Azure's lengths, seed " + std::to_string(seed),
          {.path = data + "/servegen/servegen_week1.tar.gz",
           .pool = pool,
           .lengths = azure,
           .requests_per_s = rate,
           .duration_s = hours * 3'600,
           .seed = seed});
    }
  }
  if (traces) {
    add_twice(loads, "Azure's hour, twofold", {.path = azure, .requests_per_s = 11}, kPromise);
    add_twice(loads, "Mooncake's conversations, first token in 30 s, further ones in 200 ms",
              {.path = data + "/mooncake/conversation_trace_first60.jsonl"}, kPatient);
  }
  const std::vector<const Contender*> compared = chosen(methods);
  std::vector<Job> jobs;
  for (const Load& load : loads) {
    for (const double start_s : starts_s) {
      for (const Contender* contender : compared) {
        jobs.push_back({.load = &load, .start_s = start_s, .contender = contender});
      }
    }
  }
  std::printf(
      "%.0f hours at a mean of %.3g requests/s; promised: first token in %.0f s, each "
      "further one in %.0f ms\n",
      hours, rate, kPromise.ttft_s, kPromise.tpot_s * 1e3);
  sweep_all(jobs, compared.size(), std::max(1U, threads));
  return loads.empty() ? 1 : 0;
}

}  // namespace
}  // namespace penstock::simulate

int main(int argc, char** argv) {
  CLI::App app("Compares autoscalers on public loads, in simulation");
  penstock::simulate::Options options;
  app.add_option("--data", options.data, "Where the loads lie")->capture_default_str();
  app.add_option("--hours", options.hours, "Of a composed load")->capture_default_str();
  app.add_option("--rate", options.rate, "Its mean, requests/s")->capture_default_str();
  app.add_option("--pools", options.pools, "Of ServeGen; all: all of them as one load")
      ->capture_default_str();
  app.add_option("--seeds", options.seeds, "Of composed loads")->capture_default_str();
  app.add_option("--starts", options.starts_s, "How long a replica starts, s")
      ->capture_default_str();
  std::vector<std::string> names;
  for (const penstock::simulate::Contender& contender : penstock::simulate::contenders()) {
    names.emplace_back(contender.name);
  }
  app.add_option("--methods", options.methods, "To compare with the oracle; all when left out")
      ->check(CLI::IsMember(names));
  app.add_flag("--traces,!--no-traces", options.traces, "Azure's hour and Mooncake's conversations")
      ->capture_default_str();
  app.add_option("--threads", options.threads, "At once")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return penstock::simulate::compare(options);
}
