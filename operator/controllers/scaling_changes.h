#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/autoscaling_status.h"
#include "operator/autoscale/decision.h"

namespace penstock::controllers {

// The last changes of one target's replicas that were decided, and which of them is news.
// Threads: not safe.
class ScalingChanges {
 public:
  // What an operator before this one said of the same target.
  void adopt(const api::AutoscalingStatus& before);

  // A change is news once it is made (`set`), or at once where it is not to be made; then it is the
  // first of last(), as of `now`.
  bool note(const autoscale::Decision& decision, bool set, const std::string& now);

  // Newest first.
  [[nodiscard]] const std::vector<api::ScalingDecisionStatus>& last() const { return last_; }

 private:
  std::vector<api::ScalingDecisionStatus> last_;
  std::optional<std::uint32_t> announced_;  // replicas, until the target asks for them
};

}  // namespace penstock::controllers
