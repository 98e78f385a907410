#include "tests/bench/forecast/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include <malloc.h>

#include "tests/bench/forecast/score.h"

namespace penstock {
namespace {

constexpr int kHoursAhead = 24;
// Worse than the last value by more than this counts against us.
constexpr double kWorseMax = 1.05;

Window window_of(const Series& series, Part part) {
  const std::size_t size = series.values.size();
  if (part == Part::kScored) {
    return {.first = size * 5 / 7, .end = size};
  }
  // Forecasts a day ahead are first checked against a season on the third day.
  const bool day_ahead = series.group == "hourly";
  return {.first = size * (day_ahead ? 3 : 1) / 7, .end = size * 5 / 7};
}

std::vector<const Series*> of_group(const std::vector<Series>& all, const std::string& group) {
  std::vector<const Series*> found;
  for (const Series& series : all) {
    if (series.group == group) {
      found.push_back(&series);
    }
  }
  return found;
}

std::string ahead(const Series& series, int horizon) {
  return std::to_string(horizon * series.bin / std::chrono::minutes(1)) + " min";
}

double ratio(double ours, double other) {
  return other > 0 ? ours / other : 1;
}

void print_series(const Series& series, int horizon, const Score& score) {
  std::printf("| %s | %s | %.2f | %.2f | %.3f | %.2f | %.1f | %.0f |\n", series.name.c_str(),
              ahead(series, horizon).c_str(), score.ours.wape, score.last_value.wape,
              ratio(score.ours.wape, score.last_value.wape), score.seasonal_naive.wape,
              score.coverage, score.band_width);
}

void print_group(const std::vector<const Series*>& group, std::initializer_list<int> horizons,
                 Part part) {
  std::printf(
      "| series | ahead | WAPE %% | last value | ratio | seasonal naive | within the 90 %% band | "
      "width "
      "%% |\n|---|---|---|---|---|---|---|---|\n");
  for (const int horizon : horizons) {
    for (const Series* series : group) {
      print_series(*series, horizon, score(*series, horizon, window_of(*series, part)));
    }
  }
}

void print_experts(const std::vector<const Series*>& group, int horizon, Part part) {
  std::printf("| WAPE %% at %s |", ahead(*group.front(), horizon).c_str());
  for (const Series* series : group) {
    std::printf(" %s |", series->name.c_str());
  }
  std::printf("\n|---|");
  std::vector<Score> scores;
  for (const Series* series : group) {
    std::printf("---|");
    scores.push_back(score(*series, horizon, window_of(*series, part)));
  }
  std::printf("\n| **ensemble** |");
  for (const Score& score : scores) {
    std::printf(" **%.2f** |", score.ours.wape);
  }
  for (std::size_t i = 0; i < forecast::kExperts; ++i) {
    if (static_cast<forecast::Expert>(i) == forecast::Expert::kHoltWintersWeek) {
      continue;  // a week is too short for it
    }
    std::printf("\n| %s |", std::string(name(static_cast<forecast::Expert>(i))).c_str());
    for (const Score& score : scores) {
      std::printf(" %.2f |", score.experts.at(i).wape);
    }
  }
  std::printf("\n");
}

// Many series in a line: how often, and by how much, the ensemble is the worse one.
void print_clients(const std::vector<const Series*>& clients, int horizon, Part part) {
  int better = 0;
  int worse = 0;
  double worst_ratio = 0;
  double worst_points = 0;
  double covered = 0;
  std::string worst;
  for (const Series* series : clients) {
    const Score result = score(*series, horizon, window_of(*series, part));
    const double against = ratio(result.ours.wape, result.last_value.wape);
    better += against < 1 ? 1 : 0;
    worse += against > kWorseMax ? 1 : 0;
    covered += result.coverage;
    if (against > worst_ratio) {
      worst_ratio = against;
      worst_points = result.ours.wape - result.last_value.wape;
      worst = series->name;
    }
  }
  std::printf("| %s | %zu | %d | %d | %s: %.2f (%+.2f points) | %.1f |\n",
              ahead(*clients.front(), horizon).c_str(), clients.size(), better, worse,
              worst.c_str(), worst_ratio, worst_points,
              covered / static_cast<double>(clients.size()));
}

void print_hourly(const std::vector<const Series*>& group, Part part) {
  std::printf(
      "| hourly series | sMAPE %%, 1 to 24 h ahead | seasonal naive | ratio "
      "|\n|---|---|---|---|\n");
  double ours_sum = 0;
  double naive_sum = 0;
  double log_ratios = 0;
  for (const Series* series : group) {
    double ours = 0;
    double naive = 0;
    for (int horizon = 1; horizon <= kHoursAhead; ++horizon) {
      const Score result = score(*series, horizon, window_of(*series, part));
      ours += result.ours.smape / kHoursAhead;
      naive += result.seasonal_naive.smape / kHoursAhead;
    }
    std::printf("| %s | %.2f | %.2f | %.2f |\n", series->name.c_str(), ours, naive,
                ratio(ours, naive));
    log_ratios += std::log(ratio(ours, naive));
    ours_sum += ours;
    naive_sum += naive;
  }
  const auto size = static_cast<double>(group.size());
  std::printf("| **mean** (of ratios: geometric) | **%.2f** | %.2f | **%.2f** |\n", ours_sum / size,
              naive_sum / size, std::exp(log_ratios / size));
}

void print_costs(const Series& series) {
  const std::size_t before = mallinfo2().uordblks;
  const forecast::Forecaster forecaster({.bin = series.bin});
  const std::size_t bytes = mallinfo2().uordblks - before;
  const Score cost = score(series, 10, window_of(series, Part::kScored));
  std::printf("| %lld s | %.1f µs | %.2f µs | %zu KiB |\n",
              static_cast<long long>(series.bin.count()), cost.observe_us, cost.at_us,
              (bytes + sizeof(forecaster)) / 1024);
}

}  // namespace

void report(const std::vector<Series>& all, Part part) {
  const std::vector<const Series*> pools = of_group(all, "pool");
  const std::vector<const Series*> minutes = of_group(all, "minute");
  const std::vector<const Series*> clients = of_group(all, "client");
  const std::vector<const Series*> hourly = of_group(all, "hourly");
  if (!pools.empty()) {
    std::printf("\nBins of 10 minutes:\n\n");
    print_group(pools, {1, 3, 6}, part);
    std::printf("\n");
    print_experts(pools, 1, part);
    std::printf("\n");
    print_experts(pools, 3, part);
    std::printf(
        "\n| ahead | largest clients | better than the last value | worse by more than 5 %% | "
        "worst ratio "
        "| mean within the 90 %% band |\n|---|---|---|---|---|---|\n");
    print_clients(clients, 1, part);
    print_clients(clients, 3, part);
    std::printf("\nBins of a minute, arrivals sampled:\n\n");
    print_group(minutes, {5, 10}, part);
  }
  if (!hourly.empty()) {
    std::printf("\n");
    print_hourly(hourly, part);
  }
  if (!pools.empty()) {
    std::printf("\n| bins | observe() | at() | memory |\n|---|---|---|---|\n");
    print_costs(*minutes.back());
    print_costs(*pools.back());
  }
}

}  // namespace penstock
