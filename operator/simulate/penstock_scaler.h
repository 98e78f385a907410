#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "operator/autoscale/forecasts.h"
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
    outlook_ = outlook_of(record.inputs);
    if (decided_) {
      decided_(record);
    }
    return record.decision.write.value_or(sight.replicas);
  }

  [[nodiscard]] std::optional<Outlook> outlook() const override { return outlook_; }

 private:
  // A forecast that decisions leave aside is none.
  static std::optional<Outlook> outlook_of(const autoscale::Inputs& inputs) {
    const autoscale::Forecast* forecast =
        autoscale::forecast_of(inputs.forecasts, autoscale::Dimension::kRequests);
    const autoscale::Predictive& predictive = inputs.settings.predictive;
    if (forecast == nullptr || !forecast->trained || !predictive.enabled) {
      return std::nullopt;
    }
    return Outlook{.due = autoscale::time_of(inputs.now_ms) + forecast->horizon,
                   .mean_per_s = forecast->mean,
                   .quantile_per_s = forecast->at_least(predictive.quantile).value};
  }

  autoscale::Scaler scaler_;
  Decided decided_;
  std::optional<Outlook> outlook_;
};

}  // namespace penstock::simulate
