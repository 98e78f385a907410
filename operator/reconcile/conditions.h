#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/policy_status.h"

namespace penstock::reconcile {

// The conditions of one status, made anew at each decision. One whose status did not change keeps
// the time of its last transition.
class Conditions {
 public:
  Conditions(std::vector<api::Condition> before, std::int64_t generation, std::string now)
      : before_(std::move(before)), generation_(generation), now_(std::move(now)) {}

  // The message becomes one line, cut to what a condition may hold: with any other, the API server
  // would refuse the whole status.
  void set(std::string_view type, api::ConditionStatus status, std::string_view reason,
           std::string_view message);

  [[nodiscard]] const std::vector<api::Condition>& now() const { return conditions_; }
  // Those whose status or reason differs from before.
  [[nodiscard]] std::vector<api::Condition> transitions() const;

 private:
  [[nodiscard]] const api::Condition* find_before(std::string_view type) const;

  std::vector<api::Condition> before_;
  std::int64_t generation_;
  std::string now_;
  std::vector<api::Condition> conditions_;
};

// "a; b; c": what a message says of several errors.
std::string joined(const std::vector<std::string>& errors);

}  // namespace penstock::reconcile
