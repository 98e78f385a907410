#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/label_selector.h"
#include "operator/reconcile/world.h"

namespace penstock::reconcile {

// What status.injection.yields may hold.
inline constexpr std::size_t kYieldsMax = 64;

// The reason of Injected where that is not enough, so that the policy takes no pods.
inline constexpr const char* kTooManyOverlaps = "TooManyOverlaps";

// The older policies that may take pods that one selects. Admission sees one policy at a time, so
// the younger is told whom to leave alone.
struct OlderPolicies {  // the oldest first
  std::vector<std::string> names;
  std::vector<api::LabelSelector> selectors;  // of each
  std::vector<api::LabelSelector> yields;     // each selector once, or `own` where there are more
                                              // than a status may hold: with some of them left out
                                              // the policy would take pods that are theirs
  std::string too_many;                       // why that is so, and what to do; empty: it is not
};

// `own`: what the policy of `world` selects.
OlderPolicies older_policies(const World& world, const api::LabelSelector& own);

// The name of the one that has pods of such labels; nullptr: none does.
const std::string* holder_of(const OlderPolicies& older,
                             const std::map<std::string, std::string>& labels);

// What a policy takes: what admission goes by, which may be older than what the policy says now;
// before there is any, what it says. Nothing: it was never good.
std::optional<api::LabelSelector> active_selector(const Policy& policy,
                                                  const api::OptimizationPolicyStatus& status);

// Notes the standing of a policy that has just been read, which others ask for often.
void note_standing(Policy& policy);

// Whether a policy that was read has to do with pods of such labels: by what it says now, or by
// what admission goes by.
bool takes(const Policy& policy, const std::map<std::string, std::string>& labels);

}  // namespace penstock::reconcile
