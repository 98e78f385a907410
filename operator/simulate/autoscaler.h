#pragma once

#include "operator/autoscale/scaler.h"

namespace penstock::simulate {

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
};

}  // namespace penstock::simulate
