#include "operator/simulate/contenders.h"

#include <algorithm>
#include <array>

#include "operator/simulate/penstock_scaler.h"

namespace penstock::simulate {
namespace {

std::unique_ptr<Autoscaler> penstock(double knob, const Surroundings& around) {
  autoscale::ScalerSettings settings = around.policy;
  settings.decisions.utilization = knob;
  settings.decisions.predictive.utilization = knob;
  return std::make_unique<PenstockScaler>(settings, around.decided);
}

constexpr std::array kContenders = {
    Contender{.name = "penstock",
              .about = "the operator's own scaler",
              .knob = "utilization",
              .knob_default = 0.8,
              .make = &penstock},
};

}  // namespace

std::span<const Contender> contenders() {
  return kContenders;
}

const Contender* find_contender(std::string_view name) {
  const auto found = std::ranges::find(kContenders, name, &Contender::name);
  return found == kContenders.end() ? nullptr : &*found;
}

}  // namespace penstock::simulate
