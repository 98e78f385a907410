#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "lib/json/field.h"
#include "lib/result/result.h"
#include "operator/autoscale/decision.h"

// A decision with all that it was made of, as one line of JSON: who has the line can make the
// decision again.
namespace penstock::autoscale {

inline constexpr int kRecordVersion = 1;

struct DecisionRecord {
  int version = kRecordVersion;
  std::string target;  // "namespace/name" of the policy
  Inputs inputs;
  State state;  // before the decision
  Decision decision;

  bool operator==(const DecisionRecord&) const = default;
  static constexpr auto fields() {
    using T = DecisionRecord;
    return std::tuple{
        json::Field{"version", &T::version, {.required = true, .min = 1, .max = kRecordVersion}},
        json::Field{"target", &T::target, {.length_min = 0, .length_max = 512}},
        json::Field{"inputs", &T::inputs, {.required = true}},
        json::Field{"state", &T::state, {.required = true}},
        json::Field{"decision", &T::decision, {.required = true}}};
  }
};

// One line, without its end. Numbers come back bit by bit; REQUIRES: they are finite.
std::string write_line(const DecisionRecord& record);

// Errors: kInvalidRequest with the path of everything that is wrong, also for a version that is not
// known. Fields that are not known are ignored.
Result<DecisionRecord> read_line(std::string_view line);

// The decision that these inputs and this state make now; equal to `record.decision` where the code
// decides as it did.
Decision replay(const DecisionRecord& record);

}  // namespace penstock::autoscale
