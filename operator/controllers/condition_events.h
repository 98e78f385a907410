#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/api/condition.h"
#include "operator/autoscale/decision.h"

namespace penstock::controllers {

struct ConditionEvent {
  bool warning = false;
  std::string reason;
  std::string note;

  bool operator==(const ConditionEvent&) const = default;
};

// Which of one target's conditions are news for its Events: what keeps decisions from being applied
// or made, when it begins and when it is over. Threads: not safe.
class ConditionEvents {
 public:
  // What goes on since before this process began is no news, and that it is over is.
  void adopt(const std::vector<api::Condition>& conditions);

  // What the conditions of this moment bring, against those of the one before.
  std::vector<ConditionEvent> changes(const std::vector<autoscale::Finding>& conditions);

 private:
  std::map<std::string, std::string> told_;  // by type: the reason of what goes on
  bool measured_ = false;  // once: an operator that just started has seen nothing yet
};

}  // namespace penstock::controllers
