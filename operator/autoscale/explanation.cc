#include "operator/autoscale/explanation.h"

#include <cstdio>

#include "lib/json/scalars.h"

namespace penstock::autoscale {
namespace {

std::string number(double value) {
  std::string text(32, '\0');
  const int length = std::snprintf(text.data(), text.size(), "%.3g", value);
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string replicas(int count) {
  return std::to_string(count) + (count == 1 ? " replica" : " replicas");
}

void add(std::string& text, const char* what, const std::optional<double>& value) {
  if (value) {
    text += (text.empty() ? "" : ", ") + number(*value) + what;
  }
}

std::string told(const Load& load) {
  std::string text;
  add(text, " requests/s", load.requests);
  add(text, " prompt tokens/s", load.prefill);
  add(text, " output tokens/s", load.decode);
  add(text, " tokens in the KV cache", load.kv);
  return text.empty() ? "not known" : text;
}

std::string_view name_of_part(CandidateKind kind) {
  switch (kind) {
    case CandidateKind::kReactive: return "the load of the moment";
    case CandidateKind::kPeaks: return "what the last peaks let expect";
    case CandidateKind::kBurst: return "room for a burst beside the load";
    case CandidateKind::kTriggers: return "the largest of the triggers";
    case CandidateKind::kPredictive: return "the forecast";
    case CandidateKind::kBudgeted: return "the forecast within its budget";
    case CandidateKind::kFloor: return "the floor";
  }
  return "";
}

std::string told(const Forecast& forecast) {
  std::string text = number(forecast.mean);
  if (!forecast.upper.empty()) {
    const ForecastQuantile& high = forecast.upper.back();
    text += ", at most " + number(high.value) + " with a probability of " + number(high.level);
  }
  return text + (forecast.trained ? "" : " (not enough seen yet to act on it)");
}

}  // namespace

std::string_view sentence_of(Reason reason) {
  switch (reason) {
    case Reason::kOff: return "autoscaling is off";
    case Reason::kSteady: return "what is needed is what there is";
    case Reason::kLoad: return "the load of the last moments asks for more";
    case Reason::kPeaks: return "peaks like those of the last minutes would need more";
    case Reason::kBurst: return "a burst of reactive.burstRequests would find no room";
    case Reason::kPanic:
      return "the load of the last seconds asks for twice what is ready, or did so a moment ago";
    case Reason::kForecast: return "more is expected by the time that a new replica would serve";
    case Reason::kTrigger: return "a trigger asks for more";
    case Reason::kFloor: return "never fewer, by minReplicas or a schedule";
    case Reason::kMaximum: return "never more, by maxReplicas";
    case Reason::kActivation: return "a request waits and nothing runs";
    case Reason::kUnheld: return "nothing runs, and nobody would hold a request that comes";
    case Reason::kIdle: return "nobody sent a request for the whole idle period";
    case Reason::kPaused: return "somebody set it to zero, which pauses scaling";
    case Reason::kRestored:
      return "spec.replicas was left out of what is applied, and fell to the default of 1";
    case Reason::kLoadFitsFewer: return "the load fits on fewer, by every test";
    case Reason::kScaleUpStabilized:
      return "behavior.scaleUp waits until more is asked for steadily";
    case Reason::kScaleDownStabilized:
      return "behavior.scaleDown waits until fewer are enough steadily";
    case Reason::kScaleUpLimited: return "behavior.scaleUp allows no more at once";
    case Reason::kScaleDownLimited:
      return "behavior.scaleDown, or how long a start takes, allows no more at once";
    case Reason::kConsolidationUnsafe:
      return "the highest load of the last minutes would not fit on fewer, or not all of it was "
             "seen";
    case Reason::kPodsMissing: return "fewer would do, but pods that said nothing may be full";
    case Reason::kMetricsMissing: return "no pod says what it carries, so nothing is changed";
    case Reason::kCapacityUnknown:
      return "what a replica can carry is not known yet, so nothing is changed";
  }
  return "";
}

std::string_view sentence_of(Withheld withheld) {
  switch (withheld) {
    case Withheld::kNo: return "";
    case Withheld::kOff: return "autoscaling is off";
    case Withheld::kAdvise: return "the policy only asks for advice";
    case Withheld::kConflict: return "somebody else scales the same target";
    case Withheld::kManualOverride: return "somebody else has set the replicas a while ago";
  }
  return "";
}

std::string explain(const DecisionRecord& record) {
  const Decision& decision = record.decision;
  const Inputs& inputs = record.inputs;
  std::string text = record.target + " has " + replicas(decision.current) + " and should have " +
                     std::to_string(decision.desired) + ": " +
                     std::string(sentence_of(decision.reason)) + ".\n";
  if (decision.withheld != Withheld::kNo) {
    text += "It is not applied: " + std::string(sentence_of(decision.withheld)) + ".\n";
  }
  for (const Candidate& candidate : decision.candidates) {
    text += "  " + std::string(name_of_part(candidate.kind)) + " asks for " +
            std::to_string(candidate.replicas) + "\n";
  }
  for (const Vote& vote : inputs.votes) {
    text += "  trigger " + vote.name +
            (vote.replicas ? " asks for " + std::to_string(*vote.replicas)
                           : " cannot tell: " + vote.problem) +
            "\n";
  }
  text += "Load of the last moments: " + told(inputs.observed.stable) + "\n";
  text += "Load of the last seconds: " + told(inputs.observed.panic) + "\n";
  text += "A replica" + (inputs.accelerator.empty() ? "" : " (" + inputs.accelerator + ")") +
          " carries: " + told(inputs.capacity.one) + "\n";
  for (const Forecast& forecast : inputs.forecasts) {
    if (forecast.dimension == Dimension::kRequests) {
      text += "Expected in " + json::format_duration(forecast.horizon) +
              ", when a new replica would serve: requests/s " + told(forecast) + "\n";
    }
  }
  text += std::to_string(inputs.target.ready) + " serve, " + std::to_string(decision.supply) +
          " with those that start in time";
  if (inputs.observed.missing_pods > 0) {
    text += "; " + std::to_string(inputs.observed.missing_pods) + " said nothing";
  }
  return text + ".\n";
}

}  // namespace penstock::autoscale
