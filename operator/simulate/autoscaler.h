#pragma once

#include <optional>

#include "operator/autoscale/scaler.h"

namespace penstock::simulate {

// What an autoscaler expects of the load, requests/s over all replicas.
struct Outlook {
  autoscale::Time due;
  double mean_per_s = 0;
  double quantile_per_s = 0;  // that is acted on
};

// Whoever says how many replicas there should be: the operator's scaler, or one of those that it is
// compared with. All see the same; each takes of it what the real one would see.
class Autoscaler {
 public:
  virtual ~Autoscaler() = default;
  Autoscaler() = default;
  Autoscaler(const Autoscaler&) = delete;
  Autoscaler& operator=(const Autoscaler&) = delete;

  // Asked once a second, with times that go up; spec.replicas as it should be from now on.
  virtual int replicas(const autoscale::Sight& sight) = 0;

  // What it expected when it was last asked; nullopt: it forecasts nothing, or not yet.
  [[nodiscard]] virtual std::optional<Outlook> outlook() const { return std::nullopt; }
};

}  // namespace penstock::simulate
