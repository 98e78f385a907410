#include <array>
#include <utility>

#include "sidecar/domain/price_rows_json.h"

namespace penstock::domain {
namespace {

using Json = nlohmann::json;
using resolve::Rates;

constexpr int kUnitExponent = 6;  // USD per million tokens

constexpr std::array<RateName, 7> kRateNames{{
    {"input", &Rates::input},
    {"output", &Rates::output},
    {"reasoning", nullptr},
    {"cache_read", &Rates::cache_read},
    {"cache_write", &Rates::cache_write_5m},
    {"input_audio", &Rates::input_audio},
    {"output_audio", &Rates::output_audio},
}};

// False: a rate is not plausible.
bool read_rates(const Json& cost, std::int64_t context_over, PriceRows::Steps& steps) {
  for (const auto& [name, value] : cost.items()) {
    TokenRates unused;
    if (value.is_null() || find_rate(unused, kRateNames, name) == nullptr) {
      continue;
    }
    const auto rate = read_rate(value, kUnitExponent);
    if (!rate) {
      return false;
    }
    *find_rate(steps[context_over], kRateNames, name) = rate;
  }
  return true;
}

void read_model(PriceRows& rows, std::string name, const Json& entry) {
  constexpr std::int64_t k200k = 200'000;
  if (!entry.is_object() || !rows.accepts(name)) {
    return;
  }
  const auto cost = entry.find("cost");
  if (cost == entry.end() || !cost->is_object()) {
    return;
  }
  PriceRows::Steps steps;
  bool plausible = read_rates(*cost, 0, steps);
  const auto long_context = cost->find("context_over_200k");
  if (long_context != cost->end() && long_context->is_object()) {
    plausible = plausible && read_rates(*long_context, k200k, steps);
  }
  if (plausible) {
    rows.add(std::move(name), ServiceTier::kStandard, steps);
  } else {
    rows.warn_implausible(name);
  }
}

}  // namespace

Result<PriceImport> import_models_dev(std::string_view text) {
  const auto document = parse_price_file(text);
  if (!document) {
    return std::unexpected(document.error());
  }
  PriceRows rows;
  for (const auto& [provider, entry] : document->items()) {
    const auto models = entry.is_object() ? entry.find("models") : entry.end();
    if (models == entry.end() || !models->is_object()) {
      rows.warn(provider, "has no object of models");
      continue;
    }
    for (const auto& [model, details] : models->items()) {
      if (rows.full()) {
        return too_many_prices();
      }
      std::string name = provider;
      name.append("/").append(model);
      read_model(rows, std::move(name), details);
    }
  }
  return rows.take();
}

}  // namespace penstock::domain
