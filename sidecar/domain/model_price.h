#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/resolve/resolved_policy.h"

namespace penstock::domain {

// The service levels that price lists know. What a provider does not name costs the standard price.
enum class ServiceTier : std::uint8_t { kStandard, kFlex, kPriority, kBatch };
inline constexpr std::size_t kServiceTiers = 4;

// Of the `service_tier` member of an answer; nullopt for a level that no price list knows.
constexpr std::optional<ServiceTier> service_tier(std::string_view name) {
  // OpenAI says "default", Anthropic "standard", Groq "on_demand"; many servers say nothing.
  for (const std::string_view standard : {"", "default", "standard", "on_demand"}) {
    if (name == standard) {
      return ServiceTier::kStandard;
    }
  }
  if (name == "flex") {
    return ServiceTier::kFlex;
  }
  if (name == "priority") {
    return ServiceTier::kPriority;
  }
  return name == "batch" ? std::optional(ServiceTier::kBatch) : std::nullopt;
}

// Picodollars per token; nullopt is "unknown", never "free".
struct TokenRates {
  resolve::Rates rates;
  std::optional<std::int64_t> reasoning;  // nullopt: costs what other output costs
  bool operator==(const TokenRates&) const = default;
};

struct ModelPriceTier {
  std::int64_t context_over = 0;  // holds once the whole input is longer than this many tokens
  TokenRates rates;               // complete: what the tier does not change stands here too
  bool operator==(const ModelPriceTier&) const = default;
};

struct ModelPrice {
  TokenRates base;
  std::vector<ModelPriceTier> tiers;  // context_over strictly increasing
  bool operator==(const ModelPrice&) const = default;
};

// One row of an imported price list.
struct ListedPrice {
  std::string name;  // "model" or "provider/model"
  ServiceTier tier = ServiceTier::kStandard;
  ModelPrice price;
  bool operator==(const ListedPrice&) const = default;
};

}  // namespace penstock::domain
