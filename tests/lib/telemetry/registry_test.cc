#include "lib/telemetry/registry.h"

#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::telemetry {
namespace {

constexpr std::array kBounds = {0.01, 0.5, 2.0};

class RegistryTest : public testing::Test {
 protected:
  // The value of the sample with exactly this name and label part; "missing" when there is none.
  std::string sample(const std::string& name) const {
    const std::string text = "\n" + registry_.render();
    const std::size_t at = text.find("\n" + name + " ");
    if (at == std::string::npos) {
      return "missing";
    }
    const std::size_t start = at + name.size() + 2;
    return text.substr(start, text.find('\n', start) - start);
  }

  Registry registry_;
  Shard& shard_ = registry_.new_shard();
};

TEST_F(RegistryTest, CountersOfAllThreadsAreSummed) {
  const Family family = registry_.counter("hits_total", "Hits.", {"tier"});
  const Series memory = registry_.series(family, {"memory"});
  Shard& other = registry_.new_shard();
  shard_.add(memory);
  shard_.add(memory, 41);
  other.add(memory, 58);
  EXPECT_EQ(sample(R"(hits_total{tier="memory"})"), "100");
  EXPECT_EQ(registry_.total(family), 100U);
  EXPECT_NE(registry_.render().find("# HELP hits_total Hits.\n# TYPE hits_total counter\n"),
            std::string::npos);
}

TEST_F(RegistryTest, TheSameNameAndValuesGiveTheSameSeries) {
  shard_.add(registry_.series(registry_.counter("a_total", "A.", {"x"}), {"1"}), 3);
  shard_.add(registry_.series(registry_.counter("a_total", "B.", {"x"}), {"1"}), 4);
  EXPECT_EQ(sample(R"(a_total{x="1"})"), "7");
}

TEST_F(RegistryTest, TheTotalOfOneSeriesIsThatOfItsLabels) {
  const Family family = registry_.counter("hits_total", "Hits.", {"tier"});
  shard_.add(registry_.series(family, {"memory"}), 3);
  shard_.add(registry_.series(family, {"disk"}), 4);
  EXPECT_EQ(registry_.total(family, {"memory"}), 3U);
  EXPECT_EQ(registry_.total(family, {"redis"}), 0U);
  EXPECT_EQ(sample(R"(hits_total{tier="redis"})"), "missing");  // asking makes no series
}

TEST_F(RegistryTest, CellsAreSummedAndNeverShown) {
  const Cells cells = registry_.cells(3);
  Shard& other = registry_.new_shard();
  shard_.add(cells, 0);
  shard_.add(cells, 2, 40);
  other.add(cells, 2, 2);
  other.add(cells, 3, 7);     // there are three
  shard_.add(Cells(), 0, 9);  // nobody's
  EXPECT_EQ(registry_.sums(cells), (std::vector<std::uint64_t>{1, 0, 42}));
  EXPECT_EQ(registry_.sums(Cells()), std::vector<std::uint64_t>());
  EXPECT_EQ(registry_.render().find("42"), std::string::npos);
}

TEST_F(RegistryTest, RowsOfCellsLieWhereNothingElseDoes) {
  std::vector<Cells> rows;
  for (int i = 0; i < 12; ++i) {
    rows.push_back(registry_.cells(241));  // four and a bit fill a block
  }
  const Series counter = registry_.series(registry_.counter("a_total", "A.", {}), {});
  for (const Cells& row : rows) {
    for (std::uint32_t i = 0; i < 241; ++i) {
      shard_.add(row, i, i);
    }
  }
  shard_.add(counter, 5);
  for (const Cells& row : rows) {
    const std::vector<std::uint64_t> sums = registry_.sums(row);
    for (std::uint32_t i = 0; i < 241; ++i) {
      ASSERT_EQ(sums[i], i);
    }
  }
  EXPECT_EQ(sample("a_total"), "5");
}

TEST_F(RegistryTest, ASeriesWithoutCountsIsShownAsZero) {
  registry_.series(registry_.counter("a_total", "A.", {}), {});
  registry_.counter("never_total", "A family without series is not shown.", {});
  EXPECT_EQ(sample("a_total"), "0");
  EXPECT_EQ(registry_.render().find("never_total"), std::string::npos);
}

TEST_F(RegistryTest, ScaledCountersStayExactInside) {
  const Family family = registry_.scaled_counter("cost_usd_total", "Cost.", {}, 1e12);
  const Series cost = registry_.series(family, {});
  for (int i = 0; i < 3; ++i) {
    shard_.add(cost, 100'000'000'000);  // 0.1 USD: three times 0.1 in binary would not be 0.3
  }
  EXPECT_EQ(sample("cost_usd_total"), "0.3");
  EXPECT_EQ(registry_.total(family), 300'000'000'000U);
}

TEST_F(RegistryTest, LevelsGoDownAcrossThreads) {
  const Series open = registry_.series(registry_.level("open", "Open.", {}), {});
  Shard& other = registry_.new_shard();
  shard_.add(open, 3);
  other.sub(open, 2);  // opened there, closed here
  EXPECT_EQ(sample("open"), "1");
  other.sub(open, 2);
  EXPECT_EQ(sample("open"), "-1");
  EXPECT_NE(registry_.render().find("# TYPE open gauge\n"), std::string::npos);
}

TEST_F(RegistryTest, HistogramsCountIntoTheBucketWhoseBoundIsAtLeastTheValue) {
  const Family family = registry_.histogram("took_seconds", "Took.", {"op"}, kBounds);
  const Series series = registry_.series(family, {"chat"});
  for (const double value : {-1.0, 0.01, 0.010001, 0.5, 2.0, 2.1, 1e9}) {
    shard_.observe(series, value);
  }
  EXPECT_EQ(sample(R"(took_seconds_bucket{op="chat",le="0.01"})"), "2");
  EXPECT_EQ(sample(R"(took_seconds_bucket{op="chat",le="0.5"})"), "4");
  EXPECT_EQ(sample(R"(took_seconds_bucket{op="chat",le="2"})"), "5");
  EXPECT_EQ(sample(R"(took_seconds_bucket{op="chat",le="+Inf"})"), "7");
  EXPECT_EQ(sample(R"(took_seconds_count{op="chat"})"), "7");
  const Distribution seen = registry_.distribution(family);
  EXPECT_EQ(seen.counts, (std::vector<std::uint64_t>{2, 2, 1, 2}));
  EXPECT_DOUBLE_EQ(seen.sum, -1.0 + 0.01 + 0.010001 + 0.5 + 2.0 + 2.1 + 1e9);
}

TEST_F(RegistryTest, NotANumberDoesNotPoisonTheSum) {
  const Family family = registry_.histogram("h", "H.", {}, kBounds);
  shard_.observe(registry_.series(family, {}), std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(registry_.distribution(family).count(), 0U);
  EXPECT_EQ(registry_.distribution(family).sum, 0);
}

TEST_F(RegistryTest, CountingTheWrongKindOrADefaultSeriesTouchesNobodyElse) {
  const Series first = registry_.series(registry_.counter("first_total", "F.", {}), {});
  shard_.add(Series(), 5);
  shard_.observe(Series(), 5);
  shard_.observe(first, 5);
  EXPECT_EQ(sample("first_total"), "0");
}

TEST_F(RegistryTest, LabelSetsBeyondTheLimitAreCountedTogether) {
  const Family family = registry_.counter("m_total", "M.", {"model", "side"}, 2);
  shard_.add(registry_.series(family, {"a", "in"}));
  shard_.add(registry_.series(family, {"b", "in"}));
  shard_.add(registry_.series(family, {"c", "in"}), 10);
  shard_.add(registry_.series(family, {"d", "in"}), 20);
  shard_.add(registry_.series(family, {"a", "in"}));
  EXPECT_EQ(sample(R"(m_total{model="a",side="in"})"), "2");
  EXPECT_EQ(sample(R"(m_total{model="other",side="other"})"), "30");
  EXPECT_EQ(sample("penstock_telemetry_series_dropped_total"), "2");
  EXPECT_EQ(registry_.render().find("\"c\""), std::string::npos);
}

TEST_F(RegistryTest, RunningOutOfCellsSwallowsWithoutHarm) {
  std::vector<double> bounds;
  for (int i = 0; i < 200; ++i) {
    bounds.push_back(i);
  }
  // 5 histograms of 202 cells fit a block of 1024, and there are 256 blocks: 1280 at most.
  const Family family = registry_.histogram("big", "Big.", {"n"}, bounds, 2000);
  for (int n = 0; n < 1400; ++n) {
    shard_.observe(registry_.series(family, {std::to_string(n)}), 3);
  }
  EXPECT_EQ(registry_.distribution(family).count(), 1280U);
}

TEST_F(RegistryTest, LabelValuesAreEscaped) {
  const Family family = registry_.counter("e_total", "E.", {"v"});
  shard_.add(registry_.series(family, {"a\"b\\c\nd"}));
  EXPECT_EQ(sample(R"(e_total{v="a\"b\\c\nd"})"), "1");
}

TEST_F(RegistryTest, GaugesAreReadAtScrapeAndAddedUpPerLabelSet) {
  double queue = 1;
  const GaugeHandle one =
      registry_.gauge("queued", "Q.", {{"worker", "all"}}, [&queue] { return queue; });
  const GaugeHandle two = registry_.gauge("queued", "Q.", {{"worker", "all"}}, [] { return 10.0; });
  const GaugeHandle far = registry_.gauge("queued", "Q.", {{"worker", "x"}}, [] { return 0.5; });
  EXPECT_EQ(sample(R"(queued{worker="all"})"), "11");
  queue = 2;
  EXPECT_EQ(sample(R"(queued{worker="all"})"), "12");
  EXPECT_EQ(sample(R"(queued{worker="x"})"), "0.5");
}

TEST_F(RegistryTest, WhichLabelSetsAGaugeHasMayBeKnownAtTheScrapeOnly) {
  std::vector<std::string> names = {"b", "a"};
  GaugeHandle kept = registry_.gauges("of", "Of each.", [&names](const Registry::Show& show) {
    for (const std::string& name : names) {
      show({{"name", name}}, static_cast<double>(name.size()));
    }
  });
  const GaugeHandle more = registry_.gauge("of", "Of each.", {{"name", "a"}}, [] { return 0.5; });
  EXPECT_NE(registry_.render().find("# TYPE of gauge\nof{name=\"a\"} 1.5\nof{name=\"b\"} 1\n"),
            std::string::npos);
  names = {"long"};
  EXPECT_EQ(sample(R"(of{name="long"})"), "4");
  EXPECT_EQ(sample(R"(of{name="b"})"), "missing");
  kept.reset();
  EXPECT_EQ(sample(R"(of{name="long"})"), "missing");
}

TEST_F(RegistryTest, AGaugeWithoutAnyLabelSetIsNotShown) {
  const GaugeHandle none = registry_.gauges("none", "None.", [](const Registry::Show&) {});
  EXPECT_FALSE(registry_.render().contains("none"));
}

TEST_F(RegistryTest, AGaugeGoesWithItsHandle) {
  GaugeHandle kept;
  {
    GaugeHandle made = registry_.gauge("g", "G.", {}, [] { return 1.0; });
    kept = std::move(made);
  }
  EXPECT_EQ(sample("g"), "1");
  kept.reset();
  EXPECT_EQ(sample("g"), "missing");
  kept.reset();
}

}  // namespace
}  // namespace penstock::telemetry
