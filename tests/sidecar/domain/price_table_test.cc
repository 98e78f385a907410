#include "sidecar/domain/price_table.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

// 1 USD per million tokens.
constexpr std::int64_t kUsd = 1'000'000;

// The rest is unknown.
struct SomeRates {
  std::optional<std::int64_t> input = {};
  std::optional<std::int64_t> output = {};
  std::optional<std::int64_t> cache_read = {};
};
resolve::Rates rates(const SomeRates& some) {
  resolve::Rates result;
  result.input = some.input;
  result.output = some.output;
  result.cache_read = some.cache_read;
  return result;
}

resolve::Rates full_rates() {
  return {.input = 3 * kUsd,
          .output = 15 * kUsd,
          .cache_read = 300'000,        // 0.30 USD per million
          .cache_write_5m = 3'750'000,  // 3.75
          .cache_write_1h = 6 * kUsd,
          .input_audio = 40 * kUsd,
          .output_audio = 80 * kUsd};
}

resolve::Backend backend(std::string name, std::vector<resolve::BackendModel> models = {},
                         std::string host = "10.0.0.1") {
  resolve::Backend result;
  result.name = std::move(name);
  result.host = std::move(host);
  result.models = std::move(models);
  return result;
}

resolve::BackendModel model(std::string name, resolve::Rates rates,
                            std::vector<resolve::PriceTier> tiers = {}) {
  return {.name = std::move(name),
          .price = resolve::Price{.base = rates, .tiers = std::move(tiers)}};
}

PriceTable one_model(const resolve::Rates& rates, std::vector<resolve::PriceTier> tiers = {}) {
  return PriceTable(std::vector{backend("a", {model("m", rates, std::move(tiers))})}, {});
}

ListedPrice listed(std::string name, std::int64_t input,
                   ServiceTier tier = ServiceTier::kStandard) {
  ListedPrice row{.name = std::move(name), .tier = tier, .price = {}};
  row.price.base.rates.input = input;
  return row;
}

struct BillCase {
  const char* name;
  TokenUsage usage;
  std::int64_t picodollars;
};

class BillTest : public testing::TestWithParam<BillCase> {};

TEST_P(BillTest, AddsUpEachKindOfToken) {
  const PriceTable table = one_model(full_rates());
  const Charge charge = table.price(0, "m", "", GetParam().usage);
  EXPECT_TRUE(charge.known);
  EXPECT_EQ(charge.reason, UnpricedReason::kNone);
  EXPECT_EQ(charge.amount.value(), GetParam().picodollars);
}

INSTANTIATE_TEST_SUITE_P(
    Bills, BillTest,
    testing::Values(
        BillCase{"Nothing", {}, 0},
        // 1000 * 3e6 + 200 * 15e6
        BillCase{"InputAndOutput", {.input_uncached = 1000, .output = 200}, 6'000'000'000},
        // OpenAI: 1000 prompt tokens of which 400 cached: 600 * 3e6 + 400 * 0.3e6; reasoning is
        // inside the output.
        BillCase{"OpenAiCached",
                 {.input_uncached = 600, .cache_read = 400, .output = 200, .reasoning = 150},
                 4'920'000'000},
        // Anthropic: 10 * 3e6 + 1000 * 0.3e6 + 100 * 3.75e6 + 50 * 6e6 + 20 * 15e6
        BillCase{"AnthropicCacheReadAndBothWrites",
                 {.input_uncached = 10,
                  .cache_read = 1000,
                  .cache_write_5m = 100,
                  .cache_write_1h = 50,
                  .output = 20},
                 30'000'000 + 300'000'000 + 375'000'000 + 300'000'000 + 300'000'000},
        // 60 text and 40 audio tokens in, 30 text and 10 audio out: 180 + 1600 + 450 + 800 million.
        BillCase{"Audio",
                 {.input_uncached = 100, .input_audio = 40, .output = 40, .output_audio = 10},
                 3'030'000'000}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(PriceTableTest, TokensOfAKindWithoutARateMakeTheChargeUnknown) {
  const PriceTable table = one_model(rates({.input = 3 * kUsd, .output = 15 * kUsd}));
  const std::vector<TokenUsage> missing = {
      {.input_uncached = 5, .cache_read = 1},     {.input_uncached = 5, .cache_write_5m = 1},
      {.input_uncached = 5, .cache_write_1h = 1}, {.input_uncached = 5, .input_audio = 1},
      {.output = 5, .output_audio = 1},
  };
  for (const TokenUsage& usage : missing) {
    const Charge charge = table.price(0, "m", "", usage);
    EXPECT_FALSE(charge.known);
    EXPECT_EQ(charge.reason, UnpricedReason::kMissingComponent);
    EXPECT_EQ(charge.amount, Picodollars());
  }
  EXPECT_TRUE(table.price(0, "m", "", {.input_uncached = 5, .output = 5}).known);
}

TEST(PriceTableTest, ARateOfZeroIsAPrice) {
  const PriceTable table = one_model(rates({.input = 0, .output = 0}));
  const Charge charge = table.price(0, "m", "", {.input_uncached = 5, .output = 5});
  EXPECT_TRUE(charge.known);
  EXPECT_EQ(charge.amount, Picodollars());
}

TEST(PriceTableTest, ReasoningTokensMayCostTheirOwnRate) {
  ListedPrice row = listed("r", kUsd);
  row.price.base.rates.output = 8 * kUsd;
  row.price.base.reasoning = 3 * kUsd;
  const PriceTable table(std::vector{backend("a")}, {row});
  // 40 * 8e6 + 60 * 3e6
  EXPECT_EQ(table.price(0, "r", "", {.output = 100, .reasoning = 60}).amount.value(), 500'000'000);
}

TEST(PriceTableTest, TiersHoldForInputsLongerThanTheirBorder) {
  const PriceTable table = one_model(rates({.input = kUsd, .output = kUsd, .cache_read = kUsd}),
                                     {{200'000, rates({.input = 2 * kUsd, .output = 2 * kUsd})},
                                      {500'000, rates({.input = 5 * kUsd, .output = 5 * kUsd})}});
  const auto amount = [&table](std::int64_t input) {
    return table.price(0, "m", "", {.input_uncached = input}).amount.value();
  };
  EXPECT_EQ(amount(200'000), 200'000 * kUsd);
  EXPECT_EQ(amount(200'001), 200'001 * 2 * kUsd);
  EXPECT_EQ(amount(500'000), 500'000 * 2 * kUsd);
  EXPECT_EQ(amount(500'001), 500'001 * 5 * kUsd);
}

TEST(PriceTableTest, CachedTokensCountTowardsTheTier) {
  const PriceTable table =
      one_model(rates({.input = kUsd, .cache_read = 100'000}),
                {{200'000, rates({.input = 2 * kUsd, .cache_read = 200'000})}});
  const Charge charge = table.price(0, "m", "", {.input_uncached = 1, .cache_read = 200'000});
  EXPECT_EQ(charge.amount.value(), 2 * kUsd + 200'000LL * 200'000);
}

TEST(PriceTableTest, HugeBillsStayAtTheEndOfTheRange) {
  const PriceTable table = one_model(rates({.input = 1'000'000'000, .output = 1'000'000'000}));
  const Charge charge =
      table.price(0, "m", "", {.input_uncached = 1'000'000'000'000, .output = 1'000'000'000'000});
  EXPECT_TRUE(charge.known);
  EXPECT_EQ(charge.amount.value(), std::numeric_limits<std::int64_t>::max());
}

TEST(PriceTableTest, AModelThatNobodyListsHasNoPrice) {
  const PriceTable table = one_model(full_rates());
  for (const std::string_view name : {"other", "", "m-2", "m-2024-08", "mm-2024-08-06"}) {
    const Charge charge = table.price(0, name, "", {.output = 1});
    EXPECT_FALSE(charge.known) << name;
    EXPECT_EQ(charge.reason, UnpricedReason::kNoPriceForModel) << name;
  }
  EXPECT_EQ(table.price(7, "m", "", {}).reason, UnpricedReason::kNoPriceForModel);
}

TEST(PriceTableTest, AModelWithoutAPriceInTheRoutingTableHasNone) {
  const PriceTable table(std::vector{backend("a", {{.name = "m", .price = std::nullopt}})}, {});
  EXPECT_EQ(table.price(0, "m", "", {}).reason, UnpricedReason::kNoPriceForModel);
}

TEST(PriceTableTest, ARowOfTheRoutingTableStandsForDatedModels) {
  const PriceTable table(
      std::vector{backend("a", {model("gpt-4o", rates({.input = kUsd})),
                                model("gpt-4o-2024-05-13", rates({.input = 5 * kUsd}))})},
      {});
  const auto amount = [&table](std::string_view name) {
    return table.price(0, name, "", {.input_uncached = 1}).amount.value();
  };
  EXPECT_EQ(amount("gpt-4o"), kUsd);
  EXPECT_EQ(amount("gpt-4o-2024-08-06"), kUsd);
  EXPECT_EQ(amount("gpt-4o-20250514"), kUsd);
  EXPECT_EQ(amount("gpt-4o-2024-05-13"), 5 * kUsd);
  EXPECT_FALSE(table.price(0, "gpt-4o-mini", "", {.input_uncached = 1}).known);
}

TEST(PriceTableTest, ImportedRowsMatchExactlyOrUnderTheProvider) {
  const std::vector backends{backend("mine"), backend("azure"), backend("b", {}, "api.openai.com")};
  const PriceTable table(backends, {listed("gpt-4o", 1), listed("azure/gpt-4o", 2),
                                    listed("openai/gpt-4o", 3), listed("openai/only", 4)});
  const auto amount = [&table](std::size_t which, std::string_view name) {
    const Charge charge = table.price(which, name, "", {.input_uncached = 1});
    return charge.known ? charge.amount.value() : -1;
  };
  EXPECT_EQ(amount(0, "gpt-4o"), 1);
  EXPECT_EQ(amount(1, "gpt-4o"), 2);         // by the backend's name
  EXPECT_EQ(amount(2, "gpt-4o"), 3);         // by the backend's host
  EXPECT_EQ(amount(0, "openai/gpt-4o"), 3);  // the answer names the provider
  EXPECT_EQ(amount(2, "only"), 4);
  EXPECT_EQ(amount(0, "only"), -1);
  EXPECT_EQ(amount(2, "gpt-4o-2024-08-06"), -1);
}

TEST(PriceTableTest, TheRoutingTableGoesBeforeImportedRows) {
  const PriceTable table(std::vector{backend("openai", {model("m", rates({.input = 9}))})},
                         {listed("openai/m", 1), listed("m", 2)});
  EXPECT_EQ(table.price(0, "m", "", {.input_uncached = 1}).amount.value(), 9);
}

TEST(PriceTableTest, ALaterImportedRowReplacesAnEarlierOne) {
  const PriceTable table(std::vector{backend("a")}, {listed("m", 1), listed("m", 2)});
  EXPECT_EQ(table.price(0, "m", "", {.input_uncached = 1}).amount.value(), 2);
}

TEST(PriceTableTest, TheAnswersServiceTierDecides) {
  const PriceTable table(std::vector{backend("a")},
                         {listed("m", 10), listed("m", 5, ServiceTier::kFlex)});
  const auto charge = [&table](std::string_view tier) {
    return table.price(0, "m", tier, {.input_uncached = 1});
  };
  for (const std::string_view standard : {"", "default", "standard", "on_demand"}) {
    EXPECT_EQ(charge(standard).amount.value(), 10) << standard;
  }
  EXPECT_EQ(charge("flex").amount.value(), 5);
  for (const std::string_view unlisted : {"priority", "scale", "batch", "tomorrow"}) {
    EXPECT_FALSE(charge(unlisted).known) << unlisted;
    EXPECT_EQ(charge(unlisted).reason, UnpricedReason::kNoPriceForServiceTier) << unlisted;
  }
}

TEST(PriceTableTest, TheVersionChangesWithAnyPrice) {
  const std::vector backends{backend("a", {model("m", full_rates())})};
  const std::vector<ListedPrice> rows{listed("x", 1), listed("y", 2)};
  const PriceTable table(backends, rows);
  EXPECT_EQ(table.version().size(), 16U);
  EXPECT_EQ(table.price(0, "m", "", {}).price_version, table.version());
  EXPECT_EQ(table.price(0, "none", "", {}).price_version, table.version());
  EXPECT_EQ(PriceTable(backends, {rows[1], rows[0]}).version(), table.version());

  EXPECT_NE(PriceTable(backends, {rows[0]}).version(), table.version());
  EXPECT_NE(PriceTable(backends, {rows[0], listed("y", 3)}).version(), table.version());
  EXPECT_NE(PriceTable({}, rows).version(), table.version());
  resolve::Rates other = full_rates();
  other.cache_write_1h = std::nullopt;
  EXPECT_NE(PriceTable(std::vector{backend("a", {model("m", other)})}, rows).version(),
            table.version());
}

TEST(PriceTableTest, EveryReasonHasALabel) {
  EXPECT_EQ(label(UnpricedReason::kNone), "");
  EXPECT_EQ(label(UnpricedReason::kNoPriceForModel), "no_price_for_model");
  EXPECT_EQ(label(UnpricedReason::kNoPriceForServiceTier), "no_price_for_service_tier");
  EXPECT_EQ(label(UnpricedReason::kMissingComponent), "missing_component");
}

}  // namespace
}  // namespace penstock::domain
