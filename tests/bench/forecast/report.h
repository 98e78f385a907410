#pragma once

#include <vector>

#include "tests/bench/forecast/series.h"

namespace penstock {

// Which part of each series errors are counted in.
enum class Part {
  kScored,  // the last two sevenths: days 6 and 7 of a week
  kTuned,   // from the second (hourly: fourth) seventh to the fifth: what settings were chosen on
};

// Prints the tables of docs/design/forecast.md, in Markdown.
void report(const std::vector<Series>& all, Part part);

}  // namespace penstock
