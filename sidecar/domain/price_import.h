#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result/result.h"
#include "sidecar/domain/model_price.h"

// Price files that others keep, as rows of our price table.
//
// Both readers take the file's text. A model that cannot be read right is left out with a warning;
// one without any price per token (images, speech by the second) is left out in silence. Errors:
// the text is not what it should be as a whole, or over a limit below.
namespace penstock::domain {

inline constexpr std::size_t kPriceFileBytesMax = std::size_t{16} << 20;
inline constexpr std::size_t kPriceFileModelsMax = 50'000;
inline constexpr std::size_t kModelNameBytesMax = 256;
inline constexpr std::size_t kPriceTiersMax = 8;
inline constexpr std::size_t kPriceWarningsMax = 100;  // one more says how many were left out

struct PriceImport {
  std::vector<ListedPrice> prices;
  std::vector<std::string> warnings;  // each begins with the model's name
};

// LiteLLM's model_prices_and_context_window.json: USD per token. Reads the rates per token, per
// audio and reasoning token, of cache reads and of cache writes for 5 minutes and an hour; their
// `_above_Nk_tokens` forms and `tiered_pricing`, where a rate that a tier leaves out stays; and the
// `_flex`, `_priority` and `_batches` forms as service tiers. Other costs (per image, second,
// search) are no part of a token's price and are not read.
Result<PriceImport> import_litellm(std::string_view text);

// models.dev's api.json: USD per million tokens, rows named "provider/model". Its one price of
// cache writes is taken as that of the 5 minute ones; that of an hour stays unknown.
Result<PriceImport> import_models_dev(std::string_view text);

// A non-negative decimal ("3e-07", "2.50") as picodollars, where one unit of it is
// 10^`unit_exponent` picodollars; rounded to the nearest. nullopt: not a number, negative, or more
// than 0.001 USD, the price of a token that was given in another unit.
std::optional<std::int64_t> picodollars_per_token(std::string_view decimal, int unit_exponent);

}  // namespace penstock::domain
