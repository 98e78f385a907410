#include "operator/simulate/contenders.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "operator/simulate/aibrix.h"
#include "operator/simulate/dynamo.h"
#include "operator/simulate/hpa.h"
#include "operator/simulate/knative.h"
#include "operator/simulate/oracle.h"
#include "operator/simulate/penstock_scaler.h"
#include "operator/simulate/sizing.h"
#include "operator/simulate/wva.h"

namespace penstock::simulate {
namespace {

using autoscale::milliseconds;
using Made = std::unique_ptr<Autoscaler>;

constexpr int kSmooth_s = 20;          // of what an oracle sees
constexpr double kStartsSpread = 1.1;  // a start may take so many times the mean

double engine_per_s(const Surroundings& around) {
  return sustainable_per_s(around.engine, shape_of(*around.load), around.promise);
}

// Requests that a replica holds at lambda*, which is what a concurrency target is measured as.
double full_concurrency(const Surroundings& around) {
  const autoscale::RequestShape shape = shape_of(*around.load);
  const autoscale::QueueModel model(around.engine.service, shape, bounds_of(around.engine, shape));
  return std::max(1.0, model.at(engine_per_s(around)).served);
}

Made penstock(double knob, const Surroundings& around) {
  autoscale::ScalerSettings settings = around.policy;
  settings.decisions.utilization = std::min(1.0, knob);
  settings.decisions.predictive.utilization = std::min(1.0, knob);
  autoscale::Objectives& objectives = settings.decisions.objectives;
  for (std::optional<double>* objective : {&objectives.ttft_ms, &objectives.itl_ms}) {
    if (*objective) {
      **objective *= std::max(1.0, knob);
    }
  }
  return std::make_unique<PenstockScaler>(settings, around.decided);
}

Made hpa(double knob, const Surroundings& around) {
  return std::make_unique<Hpa>(
      HpaSettings{.target = knob * full_concurrency(around), .replicas_max = around.replicas_max});
}

// As people tune it for models: half the sync period's metric delay, no limit on the way up, slower
// on the way down.
Made hpa_tuned(double knob, const Surroundings& around) {
  HpaSettings settings{.target = knob * full_concurrency(around),
                       .tolerance = 0.05,
                       .metric_window = milliseconds(15'000),
                       .replicas_max = around.replicas_max};
  settings.behavior.up.policies.clear();
  settings.behavior.down.stabilization_window = milliseconds(600'000);
  settings.behavior.down.policies = {{autoscale::PolicyType::kPercent, 10, milliseconds(60'000)}};
  return std::make_unique<Hpa>(settings);
}

Made knative(double knob, const Surroundings& around) {
  return std::make_unique<KnativeKpa>(knob * full_concurrency(around), around.replicas_max);
}

template <Aibrix::Algorithm Algorithm>
Made aibrix(double knob, const Surroundings& around) {
  return std::make_unique<Aibrix>(Algorithm,
                                  AibrixSettings{.target = knob * full_concurrency(around),
                                                 .replicas_max = around.replicas_max});
}

Made wva_v1(double knob, const Surroundings& around) {
  return std::make_unique<Wva>(knob, 0, 0, around.replicas_max);
}

Made wva_v2(double knob, const Surroundings& around) {
  const autoscale::RequestShape shape = shape_of(*around.load);
  const double k1 = 0.8 * around.engine.kv_tokens;
  const double sequences = std::min(around.engine.batched_tokens_max * shape.output_tokens /
                                        (shape.input_tokens + shape.output_tokens),
                                    static_cast<double>(around.engine.sequences_max));
  const double k2 = sequences * (shape.input_tokens + shape.output_tokens / 2);
  return std::make_unique<Wva>(knob, std::min(k1, k2), shape.input_tokens, around.replicas_max);
}

template <bool LoadLoop>
Made dynamo(double knob, const Surroundings& around) {
  const Promise promise{.ttft_s = knob * around.promise.ttft_s,
                        .tpot_s = knob * around.promise.tpot_s};
  const DynamoProfile profile{.service = around.engine.service,
                              .prompt_tokens = shape_of(*around.load).input_tokens};
  return std::make_unique<Dynamo>(DynamoSettings{.profile = profile,
                                                 .promise = promise,
                                                 .engine_per_s = knob * engine_per_s(around),
                                                 .replicas_max = around.replicas_max,
                                                 .load_loop = LoadLoop});
}

std::vector<int> known(double knob, int lead_s, const Surroundings& around) {
  return oracle_replicas(busy_replicas(*around.load, around.engine, around.promise), knob,
                         kSmooth_s, lead_s);
}

Made static_peak(double knob, const Surroundings& around) {
  const std::vector<int> needed = known(knob, 0, around);
  return std::make_unique<StaticReplicas>(needed.empty() ? 1 : std::ranges::max(needed));
}

Made oracle(double knob, const Surroundings& around) {
  const int lead_s = static_cast<int>(std::ceil(around.start_s * kStartsSpread));
  return std::make_unique<Oracle>(known(knob, lead_s, around), around.begin);
}

constexpr std::string_view kTarget = "target, as a share of what a full replica holds";

constexpr std::array kContenders = {
    Contender{"penstock", "the operator's own scaler",
              "utilization; above 1, objectives are looser by as much", 0.8, 0.05, 4, &penstock},
    Contender{"oracle", "knows the load one start time ahead", "utilization", 0.8, 0.05, 4,
              &oracle},
    Contender{"static-peak", "as many as the busiest moment needs, always", "utilization", 0.8,
              0.05, 4, &static_peak},
    Contender{"hpa", "HorizontalPodAutoscaler on requests held, its defaults", kTarget, 0.7, 0.02,
              4, &hpa},
    Contender{"hpa-tuned", "the same, quicker up and slower down", kTarget, 0.7, 0.02, 4,
              &hpa_tuned},
    Contender{"knative", "Knative's KPA on concurrency", kTarget, 0.7, 0.02, 4, &knative},
    Contender{"aibrix-apa", "AIBrix's APA, as coded", kTarget, 0.7, 0.02, 4,
              &aibrix<Aibrix::Algorithm::kApa>},
    Contender{"aibrix-kpa", "AIBrix's KPA, as coded", kTarget, 0.7, 0.002, 4,
              &aibrix<Aibrix::Algorithm::kKpa>},
    Contender{"wva-v1", "llm-d's saturation engine, through its HPA", "KV threshold", 0.8, 0.11, 1,
              &wva_v1},
    Contender{"wva-v2", "llm-d's token capacity, through its HPA", "scale-up threshold", 0.85,
              0.005, 1, &wva_v2},
    Contender{"dynamo-load", "Dynamo's load loop above its throughput loop",
              "share of promise and of an engine's rate", 0.8, 0.05, 2, &dynamo<true>},
    Contender{"dynamo-throughput", "Dynamo's throughput loop alone", "share of an engine's rate",
              0.8, 0.05, 2, &dynamo<false>},
};

}  // namespace

std::span<const Contender> contenders() {
  return kContenders;
}

const Contender* find_contender(std::string_view name) {
  const auto found = std::ranges::find(kContenders, name, &Contender::name);
  return found == kContenders.end() ? nullptr : &*found;
}

}  // namespace penstock::simulate
