#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lib/telemetry/registry.h"

// What registry.cc keeps and render.cc reads; no one else includes this.
namespace penstock::telemetry {

struct Registry::FamilyState {
  std::string name;
  std::string help;
  Kind kind = Kind::kCounter;
  std::vector<std::string> label_names;
  std::vector<double> bounds;  // histograms only; every Series of the family points here
  double divisor = 1;
  std::size_t series_max = kSeriesMaxDefault;
  std::map<std::vector<std::string>, Series> series;
};

struct Registry::GaugeState {
  std::string name;
  std::string help;
  std::move_only_function<void(const Show&) const> read;
};

}  // namespace penstock::telemetry
