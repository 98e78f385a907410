#include "operator/reconcile/decide_referenced.h"

#include "lib/json/read.h"
#include "operator/reconcile/conditions.h"

namespace penstock::reconcile {

api::ReferencedStatus decide_referenced(const Document& document, std::uint32_t policies,
                                        const std::string& now) {
  api::ReferencedStatus before;
  if (document.status.is_object()) {
    json::Reader reader(json::Strictness::kTolerant);
    json::read(reader, document.status, before);
  }
  Conditions conditions(before.conditions, document.meta.generation, now);
  if (document.errors.empty()) {
    conditions.set("Accepted", api::ConditionStatus::kTrue, "Accepted", "it is valid");
  } else {
    conditions.set("Accepted", api::ConditionStatus::kFalse, "Invalid", joined(document.errors));
  }
  return {.observed_generation = document.meta.generation,
          .policies = policies,
          .conditions = conditions.now()};
}

}  // namespace penstock::reconcile
