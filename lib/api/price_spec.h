#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <tuple>
#include <vector>

#include "lib/json/field.h"
#include "lib/json/scalars.h"

// What a model costs, in USD per 1 million tokens. An absent rate is unknown, never free.
namespace penstock::api {

struct RatesSpec {
  std::optional<json::UsdPerMillion> input;
  std::optional<json::UsdPerMillion> output;
  std::optional<json::UsdPerMillion> cache_read;
  std::optional<json::UsdPerMillion> cache_write_5m;
  std::optional<json::UsdPerMillion> cache_write_1h;
  std::optional<json::UsdPerMillion> input_audio;
  std::optional<json::UsdPerMillion> output_audio;

  static constexpr auto fields() {
    using T = RatesSpec;
    return std::tuple{
        json::Field{"input", &T::input, {.about = "Input tokens."}},
        json::Field{"output", &T::output, {.about = "Output tokens."}},
        json::Field{
            "cacheRead", &T::cache_read, {.about = "Input tokens read from the provider's cache."}},
        json::Field{"cacheWrite5m",
                    &T::cache_write_5m,
                    {.about = "Input tokens written to its cache for 5 minutes."}},
        json::Field{"cacheWrite1h",
                    &T::cache_write_1h,
                    {.about = "Input tokens written to its cache for 1 hour."}},
        json::Field{"inputAudio", &T::input_audio, {.about = "Audio input tokens."}},
        json::Field{"outputAudio", &T::output_audio, {.about = "Audio output tokens."}}};
  }
};

struct PriceTierSpec : RatesSpec {
  std::int64_t context_over = 0;

  static constexpr auto fields() {
    return std::tuple_cat(
        std::tuple{json::Field{"contextOver",
                               &PriceTierSpec::context_over,
                               {.about = "Holds once the input is longer than this many tokens.",
                                .required = true,
                                .min = 1,
                                .max = 1'000'000'000}}},
        RatesSpec::fields());
  }
};

struct PriceSpec : RatesSpec {
  std::vector<PriceTierSpec> tiers;

  static constexpr auto fields() {
    return std::tuple_cat(
        RatesSpec::fields(),
        std::tuple{json::Field{"tiers",
                               &PriceSpec::tiers,
                               {.about = "Rates that replace these for long inputs; a rate that a "
                                         "tier leaves out stays.",
                                .items_max = 8,
                                .unique_by = "contextOver"}}});
  }

  static constexpr auto constraints() {
    return std::array{
        json::Constraint{"!has(self.tiers) || self.tiers.map(t, t.contextOver).isSorted()",
                         "the contextOver of a tier must be larger than that of the one before"}};
  }
};

}  // namespace penstock::api
