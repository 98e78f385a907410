#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "lib/telemetry/registry.h"

namespace penstock::telemetry {
namespace {

constexpr int kWriters = 4;
constexpr std::array kBounds = {1.0, 2.0};

// Series are added, threads come and go, gauges change and scrapes run, all while writers count.
// What is summed in the end is derived: every writer counts the same known amount. Data races are
// for the TSan build to find.
TEST(RegistryConcurrencyTest, NothingIsLostWhileScrapesAndNewSeriesComeAndGo) {
  constexpr int kSeriesAWriter = 400;  // enough to need further blocks of cells while others count
  constexpr int kRounds = 50;
  Registry registry;
  const Family counter = registry.counter("c_total", "C.", {"n"}, 2000);
  const Family histogram = registry.histogram("h", "H.", {"n"}, kBounds, 2000);
  std::atomic<bool> done = false;
  std::jthread scraper([&] {
    while (!done) {
      const GaugeHandle gauge = registry.gauge("g", "G.", {}, [] { return 1.0; });
      const std::string text = registry.render();
      ASSERT_NE(text.find("penstock_telemetry_series_dropped_total 0"), std::string::npos);
    }
  });
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([&] {
        Shard& shard = registry.new_shard();
        for (int n = 0; n < kSeriesAWriter; ++n) {
          const Series count = registry.series(counter, {std::to_string(n)});
          const Series observe = registry.series(histogram, {std::to_string(n)});
          for (int round = 0; round < kRounds; ++round) {
            shard.add(count, 2);
            shard.observe(observe, 1.5);
          }
        }
      });
    }
  }
  done = true;
  scraper.join();

  constexpr std::uint64_t kObserved = std::uint64_t{kWriters} * kSeriesAWriter * kRounds;
  EXPECT_EQ(registry.total(counter), 2 * kObserved);
  const Distribution seen = registry.distribution(histogram);
  EXPECT_EQ(seen.counts, (std::vector<std::uint64_t>{0, kObserved, 0}));
  EXPECT_DOUBLE_EQ(seen.sum, 1.5 * static_cast<double>(kObserved));
}

}  // namespace
}  // namespace penstock::telemetry
