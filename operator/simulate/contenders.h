#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "operator/simulate/arrival.h"
#include "operator/simulate/autoscaler.h"
#include "operator/simulate/engine.h"
#include "operator/simulate/ledger.h"

// Every way of scaling that a run can be made with.
namespace penstock::simulate {

// What one is made for. A baseline is told what its own documentation says people measure before
// they set it up: the engine and the promise. `load` must outlive it.
struct Surroundings {
  EngineModel engine;
  Promise promise;
  double start_s = 90;  // of a replica, with the node that it may have to wait for
  int replicas_max = 1'000;
  autoscale::ScalerSettings policy;  // of "penstock"
  const Arrivals* load = nullptr;    // what static-peak and oracle know of
  autoscale::Time begin;             // what second 0 of the load is
  // Gets each decision of "penstock"; may be empty.
  std::function<void(const autoscale::DecisionRecord&)> decided;
};

// One number trades cost for quality; for all of them, more is cheaper.
struct Contender {
  std::string_view name;
  std::string_view about;
  std::string_view knob;
  double knob_default = 1;
  double knob_min = 0.05;
  double knob_max = 1;
  std::unique_ptr<Autoscaler> (*make)(double knob, const Surroundings& around);
};

std::span<const Contender> contenders();
const Contender* find_contender(std::string_view name);  // nullptr: there is none

}  // namespace penstock::simulate
