#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sidecar/domain/price_rows_json.h"

namespace penstock::domain {
namespace {

using Json = nlohmann::json;
using resolve::Rates;

constexpr int kUnitExponent = 12;  // USD per token
constexpr std::int64_t kContextOverMax = 1'000'000'000;

constexpr std::array<RateName, 8> kRateNames{{
    {"input_cost_per_token", &Rates::input},
    {"output_cost_per_token", &Rates::output},
    {"output_cost_per_reasoning_token", nullptr},
    {"cache_read_input_token_cost", &Rates::cache_read},
    {"cache_creation_input_token_cost", &Rates::cache_write_5m},
    {"cache_creation_input_token_cost_above_1hr", &Rates::cache_write_1h},
    {"input_cost_per_audio_token", &Rates::input_audio},
    {"output_cost_per_audio_token", &Rates::output_audio},
}};

// "input_cost_per_token_above_200k_tokens_priority", taken apart.
struct LiteLlmKey {
  std::string_view component;
  std::int64_t context_over = 0;
  ServiceTier tier = ServiceTier::kStandard;
};

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) {
    return false;
  }
  text.remove_suffix(suffix.size());
  return true;
}

std::optional<LiteLlmKey> litellm_key(std::string_view name) {
  LiteLlmKey key;
  if (take_suffix(name, "_flex")) {
    key.tier = ServiceTier::kFlex;
  } else if (take_suffix(name, "_priority")) {
    key.tier = ServiceTier::kPriority;
  } else if (take_suffix(name, "_batches")) {
    key.tier = ServiceTier::kBatch;
  }
  if (take_suffix(name, "k_tokens")) {
    constexpr std::string_view kAbove = "_above_";
    const auto at = name.rfind(kAbove);
    if (at == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view digits = name.substr(at + kAbove.size());
    const auto read = std::from_chars(digits.begin(), digits.end(), key.context_over);
    if (read.ec != std::errc() || read.ptr != digits.end() || key.context_over <= 0 ||
        key.context_over > kContextOverMax / 1000) {
      return std::nullopt;
    }
    key.context_over *= 1000;
    name = name.substr(0, at);
  }
  key.component = name;
  return key;
}

using TierSteps = std::array<PriceRows::Steps, kServiceTiers>;

// False: a rate is not plausible.
bool read_rates(const Json& entry, std::int64_t context_over, TierSteps& tiers) {
  for (const auto& [name, value] : entry.items()) {
    const auto key = litellm_key(name);
    TokenRates unused;
    if (!key || value.is_null() || find_rate(unused, kRateNames, key->component) == nullptr) {
      continue;
    }
    const auto rate = read_rate(value, kUnitExponent);
    if (!rate) {
      return false;
    }
    PriceRows::Steps& steps = tiers[std::to_underlying(key->tier)];
    TokenRates& step = steps[std::max(context_over, key->context_over)];
    *find_rate(step, kRateNames, key->component) = rate;
  }
  return true;
}

// The entries of `tiered_pricing` hold from their range's lower end on.
bool read_tiers(const Json& entry, TierSteps& tiers) {
  const auto list = entry.find("tiered_pricing");
  if (list == entry.end() || !list->is_array()) {
    return true;
  }
  return std::ranges::all_of(*list, [&tiers](const Json& tier) {
    if (!tier.is_object()) {
      return false;
    }
    const auto range = tier.find("range");
    if (range == tier.end() || !range->is_array() || range->empty() ||
        !range->front().is_number()) {
      return false;
    }
    const auto from = range->front().get<double>();
    return from >= 0 && from <= static_cast<double>(kContextOverMax) &&
           read_rates(tier, static_cast<std::int64_t>(from), tiers);
  });
}

void read_model(PriceRows& rows, const std::string& name, const Json& entry) {
  if (!rows.accepts(name)) {
    return;
  }
  TierSteps tiers;
  if (!entry.is_object() || !read_rates(entry, 0, tiers) || !read_tiers(entry, tiers)) {
    rows.warn_implausible(name);
    return;
  }
  for (std::size_t tier = 0; tier < kServiceTiers; ++tier) {
    rows.add(name, static_cast<ServiceTier>(tier), tiers[tier]);
  }
}

}  // namespace

Result<PriceImport> import_litellm(std::string_view text) {
  const auto document = parse_price_file(text);
  if (!document) {
    return std::unexpected(document.error());
  }
  PriceRows rows;
  for (const auto& [name, entry] : document->items()) {
    if (rows.full()) {
      return too_many_prices();
    }
    // The first entry documents the others.
    if (name != "sample_spec") {
      read_model(rows, name, entry);
    }
  }
  return rows.take();
}

}  // namespace penstock::domain
