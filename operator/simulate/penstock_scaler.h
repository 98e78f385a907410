#pragma once

#include <functional>
#include <utility>

#include "operator/simulate/autoscaler.h"

namespace penstock::simulate {

// The operator's own scaler, as it runs in a cluster.
class PenstockScaler final : public Autoscaler {
 public:
  // `decided` gets each decision with all that it was made of; may be empty.
  using Decided = std::function<void(const autoscale::DecisionRecord&)>;

  explicit PenstockScaler(const autoscale::ScalerSettings& settings, Decided decided = {})
      : scaler_("simulated", settings), decided_(std::move(decided)) {}

  int replicas(const autoscale::Sight& sight) override {
    const autoscale::DecisionRecord record = scaler_.tick(sight);
    if (decided_) {
      decided_(record);
    }
    return record.decision.write.value_or(sight.replicas);
  }

 private:
  autoscale::Scaler scaler_;
  Decided decided_;
};

}  // namespace penstock::simulate
