// forecast_score FILE [--tuned]: how good forecasts are, in Markdown. FILE is what series.py
// writes;
// --tuned counts errors where settings were chosen instead of where they are judged.
#include <cstdio>
#include <string>

#include "tests/bench/forecast/report.h"

int main(int argc, char** argv) {
  const bool tuned = argc == 3 && std::string(argv[2]) == "--tuned";
  if (argc != 2 && !tuned) {
    std::fprintf(stderr, "usage: forecast_score FILE [--tuned]\n");
    return 2;
  }
  const auto series = penstock::read_series(argv[1]);
  if (!series) {
    std::fprintf(stderr, "forecast_score: %s\n", series.error().detail.c_str());
    return 1;
  }
  if (series->empty()) {
    std::printf("forecast_score: SKIPPED, %s holds no series\n", argv[1]);
    return 0;
  }
  penstock::report(*series, tuned ? penstock::Part::kTuned : penstock::Part::kScored);
  return 0;
}
