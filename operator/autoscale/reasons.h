#pragma once

#include <array>
#include <cstdint>

#include "lib/json/field.h"

// The closed sets of why a decision is what it is; their names stand in status, events, metrics and
// decision lines.
namespace penstock::autoscale {

// Why `desired` is what it is. docs/design/autoscaling.md says of each what it means.
enum class Reason : std::uint8_t {
  kOff,
  kSteady,
  kLoad,
  kPeaks,
  kBurst,
  kPanic,
  kForecast,
  kTrigger,
  kFloor,
  kMaximum,
  kActivation,
  kUnheld,
  kIdle,
  kPaused,
  kRestored,
  kLoadFitsFewer,
  kScaleUpStabilized,
  kScaleUpLimited,
  kScaleDownStabilized,
  kScaleDownLimited,
  kConsolidationUnsafe,
  kPodsMissing,
  kMetricsMissing,
  kCapacityUnknown,
};
constexpr auto enum_names(Reason) {
  using json::EnumName;
  return std::array{EnumName{Reason::kOff, "Off"},
                    EnumName{Reason::kSteady, "Steady"},
                    EnumName{Reason::kLoad, "Load"},
                    EnumName{Reason::kPeaks, "Peaks"},
                    EnumName{Reason::kBurst, "Burst"},
                    EnumName{Reason::kPanic, "Panic"},
                    EnumName{Reason::kForecast, "Forecast"},
                    EnumName{Reason::kTrigger, "Trigger"},
                    EnumName{Reason::kFloor, "Floor"},
                    EnumName{Reason::kMaximum, "Maximum"},
                    EnumName{Reason::kActivation, "Activation"},
                    EnumName{Reason::kUnheld, "Unheld"},
                    EnumName{Reason::kIdle, "Idle"},
                    EnumName{Reason::kPaused, "Paused"},
                    EnumName{Reason::kRestored, "Restored"},
                    EnumName{Reason::kLoadFitsFewer, "LoadFitsFewer"},
                    EnumName{Reason::kScaleUpStabilized, "ScaleUpStabilized"},
                    EnumName{Reason::kScaleUpLimited, "ScaleUpLimited"},
                    EnumName{Reason::kScaleDownStabilized, "ScaleDownStabilized"},
                    EnumName{Reason::kScaleDownLimited, "ScaleDownLimited"},
                    EnumName{Reason::kConsolidationUnsafe, "ConsolidationUnsafe"},
                    EnumName{Reason::kPodsMissing, "PodsMissing"},
                    EnumName{Reason::kMetricsMissing, "MetricsMissing"},
                    EnumName{Reason::kCapacityUnknown, "CapacityUnknown"}};
}

// Why `desired` is not written.
enum class Withheld : std::uint8_t { kNo, kOff, kAdvise, kConflict, kManualOverride };
constexpr auto enum_names(Withheld) {
  using json::EnumName;
  return std::array{EnumName{Withheld::kNo, "No"}, EnumName{Withheld::kOff, "Off"},
                    EnumName{Withheld::kAdvise, "Advise"},
                    EnumName{Withheld::kConflict, "Conflict"},
                    EnumName{Withheld::kManualOverride, "ManualOverride"}};
}

enum class CandidateKind : std::uint8_t {
  kReactive,
  kPeaks,
  kBurst,
  kTriggers,
  kPredictive,
  kBudgeted,
  kFloor,
};
constexpr auto enum_names(CandidateKind) {
  using json::EnumName;
  return std::array{EnumName{CandidateKind::kReactive, "Reactive"},
                    EnumName{CandidateKind::kPeaks, "Peaks"},
                    EnumName{CandidateKind::kBurst, "Burst"},
                    EnumName{CandidateKind::kTriggers, "Triggers"},
                    EnumName{CandidateKind::kPredictive, "Predictive"},
                    EnumName{CandidateKind::kBudgeted, "PredictiveWithinBudget"},
                    EnumName{CandidateKind::kFloor, "Floor"}};
}

}  // namespace penstock::autoscale
