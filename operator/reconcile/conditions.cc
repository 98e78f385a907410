#include "operator/reconcile/conditions.h"

#include <algorithm>

#include "lib/json/one_line.h"

namespace penstock::reconcile {
namespace {

constexpr std::size_t kMessageBytesMax = 8'192;

}  // namespace

const api::Condition* Conditions::find_before(std::string_view type) const {
  const auto found = std::ranges::find(before_, type, &api::Condition::type);
  return found == before_.end() ? nullptr : &*found;
}

void Conditions::set(std::string_view type, api::ConditionStatus status, std::string_view reason,
                     std::string_view message) {
  const api::Condition* before = find_before(type);
  const bool same = before != nullptr && before->status == status;
  conditions_.push_back({.type = std::string(type),
                         .status = status,
                         .observed_generation = generation_,
                         .last_transition_time = same ? before->last_transition_time : now_,
                         .reason = std::string(reason),
                         .message = json::one_line(message, kMessageBytesMax)});
}

std::string joined(const std::vector<std::string>& errors) {
  std::string text;
  for (const std::string& error : errors) {
    text += (text.empty() ? "" : "; ") + error;
  }
  return text;
}

std::vector<api::Condition> Conditions::transitions() const {
  std::vector<api::Condition> changed;
  for (const api::Condition& condition : conditions_) {
    const api::Condition* before = find_before(condition.type);
    if (before == nullptr || before->status != condition.status ||
        before->reason != condition.reason) {
      changed.push_back(condition);
    }
  }
  return changed;
}

}  // namespace penstock::reconcile
