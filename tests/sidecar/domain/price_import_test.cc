#include "sidecar/domain/price_import.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

const ListedPrice* row(const PriceImport& import, std::string_view name,
                       ServiceTier tier = ServiceTier::kStandard) {
  const auto found = std::ranges::find_if(import.prices, [&](const ListedPrice& price) {
    return price.name == name && price.tier == tier;
  });
  return found == import.prices.end() ? nullptr : &*found;
}

TEST(PicodollarsPerTokenTest, ConvertsThroughTheDecimalText) {
  constexpr int kPerToken = 12;
  constexpr int kPerMillion = 6;
  EXPECT_EQ(picodollars_per_token("3e-07", kPerToken), 300'000);
  EXPECT_EQ(picodollars_per_token("3E-7", kPerToken), 300'000);
  EXPECT_EQ(picodollars_per_token("0.0000003", kPerToken), 300'000);
  EXPECT_EQ(picodollars_per_token("1.25e-06", kPerToken), 1'250'000);
  EXPECT_EQ(picodollars_per_token("5.46875e-07", kPerToken), 546'875);
  EXPECT_EQ(picodollars_per_token("0", kPerToken), 0);
  EXPECT_EQ(picodollars_per_token("0.0", kPerToken), 0);
  EXPECT_EQ(picodollars_per_token("2.50", kPerMillion), 2'500'000);
  EXPECT_EQ(picodollars_per_token("1e+1", kPerMillion), 10'000'000);
  EXPECT_EQ(picodollars_per_token("1000", kPerMillion), 1'000'000'000);
}

TEST(PicodollarsPerTokenTest, RoundsWhatIsFinerThanAPicodollar) {
  EXPECT_EQ(picodollars_per_token("1.0000020000000002e-06", 12), 1'000'002);
  EXPECT_EQ(picodollars_per_token("1.4e-12", 12), 1);
  EXPECT_EQ(picodollars_per_token("1.5e-12", 12), 2);
  EXPECT_EQ(picodollars_per_token("1.49e-12", 12), 1);
  EXPECT_EQ(picodollars_per_token("1e-300", 12), 0);
  EXPECT_EQ(picodollars_per_token("0.00000123456789012345678901234567890", 12), 1'234'568);
}

TEST(PicodollarsPerTokenTest, RefusesWhatIsNoPriceOfAToken) {
  EXPECT_EQ(picodollars_per_token("0.001", 12), 1'000'000'000);
  for (const std::string_view bad : {"0.00100001", "3", "1e300", "-1e-07", "", ".", "e-7", "1e",
                                     "1e-", "0x1", "1 ", "NaN", "1e-99999999999", "1.2.3e-9"}) {
    EXPECT_EQ(picodollars_per_token(bad, 12), std::nullopt) << bad;
  }
}

TEST(ImportLiteLlmTest, ReadsTheRatesPerToken) {
  const auto import = import_litellm(R"({
    "sample_spec": {"input_cost_per_token": 5, "mode": "one of: chat, embedding"},
    "claude-x": {
      "litellm_provider": "anthropic", "mode": "chat", "max_input_tokens": 200000,
      "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
      "cache_read_input_token_cost": 3e-07,
      "cache_creation_input_token_cost": 3.75e-06,
      "cache_creation_input_token_cost_above_1hr": 6e-06,
      "search_context_cost_per_query": {"search_context_size_high": 0.01},
      "supports_vision": true
    },
    "gpt-audio": {
      "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05,
      "input_cost_per_audio_token": 4e-05, "output_cost_per_audio_token": 8e-05,
      "output_cost_per_reasoning_token": 2e-05, "deprecation_date": null
    }
  })");
  ASSERT_TRUE(import);
  EXPECT_TRUE(import->warnings.empty());
  ASSERT_EQ(import->prices.size(), 2U);
  const ListedPrice* claude = row(*import, "claude-x");
  ASSERT_NE(claude, nullptr);
  const resolve::Rates expected{.input = 3'000'000,
                                .output = 15'000'000,
                                .cache_read = 300'000,
                                .cache_write_5m = 3'750'000,
                                .cache_write_1h = 6'000'000,
                                .input_audio = std::nullopt,
                                .output_audio = std::nullopt};
  EXPECT_EQ(claude->price.base.rates, expected);
  EXPECT_TRUE(claude->price.tiers.empty());
  const ListedPrice* audio = row(*import, "gpt-audio");
  ASSERT_NE(audio, nullptr);
  EXPECT_EQ(audio->price.base.rates.input_audio, 40'000'000);
  EXPECT_EQ(audio->price.base.rates.output_audio, 80'000'000);
  EXPECT_EQ(audio->price.base.reasoning, 20'000'000);
  EXPECT_EQ(audio->price.base.rates.cache_read, std::nullopt);
}

TEST(ImportLiteLlmTest, ReadsTiersOfBothForms) {
  const auto import = import_litellm(R"({
    "gemini-x": {
      "input_cost_per_token": 1.25e-06, "output_cost_per_token": 1e-05,
      "cache_read_input_token_cost": 1.25e-07,
      "cache_creation_input_token_cost_above_1hr": 4e-06,
      "input_cost_per_token_above_200k_tokens": 2.5e-06,
      "output_cost_per_token_above_200k_tokens": 1.5e-05,
      "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 8e-06,
      "input_cost_per_token_above_1000k_tokens": 5e-06
    },
    "dashscope/qwen-x": {
      "tiered_pricing": [
        {"range": [0, 32000.0], "input_cost_per_token": 1.2e-06, "output_cost_per_token": 6e-06},
        {"range": [32000.0, 128000.0], "input_cost_per_token": 2.4e-06,
         "output_cost_per_token": 1.2e-05}
      ]
    }
  })");
  ASSERT_TRUE(import);
  EXPECT_TRUE(import->warnings.empty());
  const ListedPrice* gemini = row(*import, "gemini-x");
  ASSERT_NE(gemini, nullptr);
  ASSERT_EQ(gemini->price.tiers.size(), 2U);
  const ModelPriceTier& over_200k = gemini->price.tiers[0];
  EXPECT_EQ(over_200k.context_over, 200'000);
  EXPECT_EQ(over_200k.rates.rates.input, 2'500'000);
  EXPECT_EQ(over_200k.rates.rates.output, 15'000'000);
  EXPECT_EQ(over_200k.rates.rates.cache_write_1h, 8'000'000);
  EXPECT_EQ(over_200k.rates.rates.cache_read, 125'000);  // left out: stays
  EXPECT_EQ(gemini->price.tiers[1].context_over, 1'000'000);
  EXPECT_EQ(gemini->price.tiers[1].rates.rates.input, 5'000'000);
  EXPECT_EQ(gemini->price.tiers[1].rates.rates.output, 15'000'000);

  const ListedPrice* qwen = row(*import, "dashscope/qwen-x");
  ASSERT_NE(qwen, nullptr);
  EXPECT_EQ(qwen->price.base.rates.input, 1'200'000);
  ASSERT_EQ(qwen->price.tiers.size(), 1U);
  EXPECT_EQ(qwen->price.tiers[0].context_over, 32'000);
  EXPECT_EQ(qwen->price.tiers[0].rates.rates.output, 12'000'000);
}

TEST(ImportLiteLlmTest, ReadsServiceTiers) {
  const auto import = import_litellm(R"({"gpt-x": {
    "input_cost_per_token": 4e-06, "input_cost_per_token_flex": 2e-06,
    "input_cost_per_token_priority": 8e-06, "input_cost_per_token_batches": 1e-06,
    "input_cost_per_token_above_272k_tokens_priority": 1.6e-05
  }})");
  ASSERT_TRUE(import);
  ASSERT_EQ(import->prices.size(), 4U);
  EXPECT_EQ(row(*import, "gpt-x")->price.base.rates.input, 4'000'000);
  EXPECT_TRUE(row(*import, "gpt-x")->price.tiers.empty());
  EXPECT_EQ(row(*import, "gpt-x", ServiceTier::kFlex)->price.base.rates.input, 2'000'000);
  EXPECT_EQ(row(*import, "gpt-x", ServiceTier::kBatch)->price.base.rates.input, 1'000'000);
  const ModelPrice& priority = row(*import, "gpt-x", ServiceTier::kPriority)->price;
  EXPECT_EQ(priority.base.rates.input, 8'000'000);
  ASSERT_EQ(priority.tiers.size(), 1U);
  EXPECT_EQ(priority.tiers[0].context_over, 272'000);
  EXPECT_EQ(priority.tiers[0].rates.rates.input, 16'000'000);
}

TEST(ImportLiteLlmTest, LeavesOutWhatItCannotReadRightAndSaysSo) {
  const auto import = import_litellm(R"({
    "fine": {"input_cost_per_token": 1e-06},
    "per-million": {"input_cost_per_token": 3.0, "output_cost_per_token": 15.0},
    "negative": {"input_cost_per_token": -1e-06},
    "text": {"input_cost_per_token": "much"},
    "bad-tier": {"input_cost_per_token": 1e-06, "tiered_pricing": [{"input_cost_per_token": 1}]},
    "not-an-object": 3,
    "by-the-image": {"output_cost_per_image": 0.06},
    "by-the-second": {"input_cost_per_second": 0.0001}
  })");
  ASSERT_TRUE(import);
  ASSERT_EQ(import->prices.size(), 1U);
  EXPECT_EQ(import->prices[0].name, "fine");
  ASSERT_EQ(import->warnings.size(), 5U);
  for (const std::string_view name :
       {"bad-tier: ", "negative: ", "not-an-object: ", "per-million: ", "text: "}) {
    EXPECT_TRUE(std::ranges::any_of(import->warnings, [&](const std::string& warning) {
      return warning.starts_with(name);
    })) << name;
  }
}

TEST(ImportLiteLlmTest, BoundsTiersNamesAndWarnings) {
  std::string text = "{\"" + std::string(kModelNameBytesMax + 1, 'x') +
                     "\":{\"input_cost_per_token\":1e-06},\"tiers\":{\"input_cost_per_token\":1e-6";
  for (int i = 1; i <= 9; ++i) {
    text += ",\"input_cost_per_token_above_" + std::to_string(i) + "00k_tokens\":1e-06";
  }
  text += '}';
  for (int i = 0; i < 150; ++i) {
    text += ",\"bad" + std::to_string(i) + "\":{\"input_cost_per_token\":1}";
  }
  const auto import = import_litellm(text + "}");
  ASSERT_TRUE(import);
  EXPECT_TRUE(import->prices.empty());
  ASSERT_EQ(import->warnings.size(), kPriceWarningsMax + 1);
  EXPECT_EQ(import->warnings.back(), "and 52 more");
}

TEST(ImportLiteLlmTest, RefusesTextThatIsNoPriceFile) {
  for (const std::string_view text : {"", "[]", "null", "{", "{\"a\":}", "not json"}) {
    EXPECT_FALSE(import_litellm(text)) << text;
    EXPECT_FALSE(import_models_dev(text)) << text;
  }
  EXPECT_FALSE(import_litellm(std::string(kPriceFileBytesMax + 1, ' ')));
}

TEST(ImportModelsDevTest, ReadsPricesPerMillionUnderTheProvider) {
  const auto import = import_models_dev(R"({
    "openai": {"id": "openai", "env": ["OPENAI_API_KEY"], "models": {
      "gpt-x": {"id": "gpt-x", "limit": {"context": 400000, "output": 128000},
                "cost": {"input": 1.25, "output": 10, "cache_read": 0.125}},
      "whisper": {"id": "whisper"}
    }},
    "google": {"models": {
      "gemini-x": {"cost": {"input": 1.25, "output": 10, "cache_write": 2, "reasoning": 12,
                            "input_audio": 1, "output_audio": 2,
                            "context_over_200k": {"input": 2.5, "output": 15}}},
      "wrong": {"cost": {"input": 2000, "output": 3}}
    }},
    "broken": 7
  })");
  ASSERT_TRUE(import);
  ASSERT_EQ(import->prices.size(), 2U);
  const ListedPrice* gpt = row(*import, "openai/gpt-x");
  ASSERT_NE(gpt, nullptr);
  EXPECT_EQ(gpt->price.base.rates.input, 1'250'000);
  EXPECT_EQ(gpt->price.base.rates.output, 10'000'000);
  EXPECT_EQ(gpt->price.base.rates.cache_read, 125'000);
  EXPECT_EQ(gpt->price.base.rates.cache_write_5m, std::nullopt);
  const ListedPrice* gemini = row(*import, "google/gemini-x");
  ASSERT_NE(gemini, nullptr);
  EXPECT_EQ(gemini->price.base.rates.cache_write_5m, 2'000'000);
  EXPECT_EQ(gemini->price.base.rates.cache_write_1h, std::nullopt);
  EXPECT_EQ(gemini->price.base.reasoning, 12'000'000);
  ASSERT_EQ(gemini->price.tiers.size(), 1U);
  EXPECT_EQ(gemini->price.tiers[0].context_over, 200'000);
  EXPECT_EQ(gemini->price.tiers[0].rates.rates.input, 2'500'000);
  EXPECT_EQ(gemini->price.tiers[0].rates.rates.input_audio, 1'000'000);
  ASSERT_EQ(import->warnings.size(), 2U);
  EXPECT_TRUE(import->warnings[0].starts_with("broken: "));
  EXPECT_TRUE(import->warnings[1].starts_with("google/wrong: "));
}

}  // namespace
}  // namespace penstock::domain
