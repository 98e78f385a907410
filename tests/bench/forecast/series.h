#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/result/result.h"

namespace penstock {

// One series to score forecasts on, as tests/bench/forecast/series.py writes it.
struct Series {
  std::string group;  // "pool", "client", "minute", "hourly"
  std::string name;
  std::chrono::seconds bin{0};
  std::vector<double> values;
};

// Lines of `group,name,seconds of a bin,value,value,…`.
Result<std::vector<Series>> read_series(const std::string& path);

}  // namespace penstock
