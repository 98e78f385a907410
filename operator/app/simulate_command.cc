#include "operator/app/simulate_command.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include <unistd.h>

#include "lib/json/read.h"
#include "lib/zoneinfo/zone_files.h"
#include "operator/autoscale/decision_record.h"
#include "operator/kube/text_file.h"
#include "operator/simulate/contenders.h"
#include "operator/simulate/penstock_scaler.h"
#include "operator/simulate/picture.h"
#include "operator/simulate/policy_file.h"
#include "operator/simulate/report.h"
#include "operator/simulate/sizing.h"

namespace penstock::control {
namespace {

// A Monday, 00:00 UTC: loads of a week begin with their first working day.
constexpr autoscale::Time kBegin = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5);

double seconds_of(const std::string& duration) {
  return static_cast<double>(
             json::parse_duration(duration).value_or(std::chrono::seconds(0)).count()) /
         1e3;
}

// A line that is drawn again, on a terminal only.
class ProgressBar {
 public:
  void show(double share) const {
    if (!is_terminal_) {
      return;
    }
    constexpr int kWidth = 50;
    const int done = static_cast<int>(share * kWidth);
    std::cerr << "\r[" << std::string(static_cast<std::size_t>(done), '#')
              << std::string(static_cast<std::size_t>(kWidth - done), '.') << "] "
              << static_cast<int>(share * 100) << " %" << std::flush;
  }
  void clear() const {
    if (is_terminal_) {
      std::cerr << "\r\x1b[K" << std::flush;
    }
  }

 private:
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
};

bool complain(const std::string& what) {
  std::cerr << "penstock-operator: " << what << "\n";
  return false;
}

// "-" is standard output.
bool write_file(const std::string& path, const std::string& text) {
  if (path.empty()) {
    return true;
  }
  if (path == "-") {
    std::cout << text;
    return true;
  }
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.flush();
  return out ? true : complain("cannot write " + path);
}

std::optional<std::string> read_file(const std::string& path) {
  std::optional<std::string> text = kube::read_text_file(path);
  if (!text) {
    complain(path + " cannot be read");
  }
  return text;
}

bool read_engine(const std::string& path, simulate::EngineModel& engine) {
  if (path.empty()) {
    return true;
  }
  const std::optional<std::string> text = read_file(path);
  if (!text) {
    return false;
  }
  const json::Text parsed = json::parse_yaml(*text);
  if (!parsed.errors.empty() || parsed.documents.size() != 1) {
    return complain(path + " is not one document of YAML");
  }
  json::Reader reader(json::Strictness::kStrict);
  json::read(reader, parsed.documents.front().value, engine);
  for (const json::FieldError& error : reader.errors()) {
    complain(path + ": " + error.path + " " + error.message);
  }
  return reader.errors().empty();
}

bool read_policy(const SimulateOptions& options, autoscale::ScalerSettings& policy) {
  policy.decisions.replicas_max = 1'000;
  policy.decisions.objectives = {.ttft_ms = seconds_of(options.ttft) * 1e3,
                                 .itl_ms = seconds_of(options.tpot) * 1e3};
  if (options.policy.empty()) {
    return true;
  }
  const std::optional<std::string> text = read_file(options.policy);
  if (!text) {
    return false;
  }
  Result<autoscale::ScalerSettings> read = simulate::read_policy_file(*text, &zoneinfo::load_zone);
  if (!read) {
    return complain(options.policy + ": " + read.error().detail);
  }
  policy = std::move(*read);
  return true;
}

std::optional<simulate::NodeSettings> nodes_of(const SimulateOptions& options) {
  if (options.node_start.empty()) {
    return std::nullopt;
  }
  return simulate::NodeSettings{.start_s = seconds_of(options.node_start),
                                .replicas = options.replicas_per_node};
}

void print_summary(const simulate::Contender& contender, double knob,
                   const simulate::Summary& sum) {
  std::printf("%s, %s %.3g\n", std::string(contender.name).c_str(),
              std::string(contender.knob).c_str(), knob);
  std::printf("  requests           %lld\n", static_cast<long long>(sum.requests));
  std::printf("  promise kept       %.3f %%\n", sum.attainment * 100);
  std::printf("  time to 1st token  p50 %.0f ms, p99 %.0f ms\n", sum.ttft_p50_s * 1e3,
              sum.ttft_p99_s * 1e3);
  std::printf("  time per token     p99 %.1f ms\n", sum.tpot_p99_s * 1e3);
  std::printf("  replica-hours      %.2f (at most %lld replicas)\n", sum.replica_hours,
              static_cast<long long>(sum.replicas_most));
  if (sum.node_hours) {
    std::printf("  node-hours         %.2f\n", *sum.node_hours);
  }
  std::printf("  changes            %lld, %lld replicas in all\n",
              static_cast<long long>(sum.changes), static_cast<long long>(sum.replicas_moved));
  std::printf("  worst backlog      %lld requests\n", static_cast<long long>(sum.backlog_most));
}

}  // namespace

int simulate_load(SimulateOptions options) {
  options.load.duration_s = seconds_of(options.duration);
  const simulate::Contender& contender = *simulate::find_contender(options.autoscaler);
  simulate::Surroundings around{
      .promise = {.ttft_s = seconds_of(options.ttft), .tpot_s = seconds_of(options.tpot)},
      .start_s = seconds_of(options.start) + seconds_of(options.node_start),
      .begin = kBegin};
  if (!read_engine(options.engine, around.engine) || !read_policy(options, around.policy)) {
    return 1;
  }
  const Result<simulate::Arrivals> load = load_file(options.load);
  if (!load) {
    complain(load.error().detail);
    return 1;
  }
  around.load = &*load;
  const bool by_policy = options.autoscaler == "penstock" && !options.policy.empty();
  double knob = by_policy ? around.policy.decisions.utilization : contender.knob_default;
  knob = options.knob > 0 ? options.knob : knob;

  std::ofstream decisions;
  if (!options.decisions.empty()) {
    decisions.open(options.decisions, std::ios::binary | std::ios::trunc);
    around.decided = [&decisions](const autoscale::DecisionRecord& record) {
      decisions << autoscale::write_line(record) << '\n';
    };
  }
  const int at_start =
      simulate::replicas_at_start(simulate::busy_replicas(*load, around.engine, around.promise));
  const simulate::Setup setup{.fleet = {.engine = around.engine,
                                        .start_s = seconds_of(options.start),
                                        .nodes = nodes_of(options),
                                        .seed = options.load.seed,
                                        .begin = kBegin},
                              .promise = around.promise,
                              .replicas = options.replicas > 0 ? options.replicas : at_start,
                              .duration_s = options.load.duration_s,
                              .interval_s = seconds_of(options.interval)};
  const std::unique_ptr<simulate::Autoscaler> autoscaler = contender.make(knob, around);
  const ProgressBar bar;
  const simulate::Outcome run =
      simulate::simulate(*load, *autoscaler, setup, [&bar](double share) { bar.show(share); });
  bar.clear();
  if (options.json != "-" && options.csv != "-") {
    print_summary(contender, knob, run.summary);
  }
  decisions.flush();
  bool good = decisions.good() || complain("cannot write " + options.decisions);
  good = write_file(options.json, simulate::summary_json(options.load.path, options.autoscaler,
                                                         knob, run.summary)) &&
         good;
  good = write_file(options.csv, simulate::intervals_csv(run)) && good;
  good = write_file(options.html,
                    simulate::picture_html(options.autoscaler + " on " + options.load.path, run)) &&
         good;
  return good ? 0 : 1;
}

}  // namespace penstock::control
