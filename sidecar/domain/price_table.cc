#include "sidecar/domain/price_table.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include <xxhash.h>

namespace penstock::domain {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kProviderOfHost{{
    {"api.openai.com", "openai"},
    {"api.anthropic.com", "anthropic"},
    {"api.groq.com", "groq"},
    {"api.mistral.ai", "mistral"},
    {"api.deepseek.com", "deepseek"},
    {"api.x.ai", "xai"},
    {"api.together.xyz", "together_ai"},
    {"api.fireworks.ai", "fireworks_ai"},
    {"api.cerebras.ai", "cerebras"},
    {"api.perplexity.ai", "perplexity"},
    {"openrouter.ai", "openrouter"},
}};

std::string_view provider_of_host(std::string_view host) {
  const auto* const found =
      std::ranges::find(kProviderOfHost, host, &decltype(kProviderOfHost)::value_type::first);
  return found == kProviderOfHost.end() ? std::string_view{} : found->second;
}

// "-2024-08-06" and "-20240806"; the letters d stand for digits.
bool ends_like(std::string_view text, std::string_view pattern) {
  if (text.size() <= pattern.size()) {
    return false;
  }
  const std::string_view tail = text.substr(text.size() - pattern.size());
  return std::ranges::equal(tail, pattern, [](char c, char wanted) {
    return wanted == 'd' ? c >= '0' && c <= '9' : c == wanted;
  });
}

std::string_view without_date(std::string_view model) {
  for (const std::string_view pattern : {"-dddd-dd-dd", "-dddddddd"}) {
    if (ends_like(model, pattern)) {
      return model.substr(0, model.size() - pattern.size());
    }
  }
  return {};
}

ModelPrice from_resolved(const resolve::Price& price) {
  ModelPrice result{.base = {.rates = price.base, .reasoning = std::nullopt}, .tiers = {}};
  result.tiers.reserve(price.tiers.size());
  for (const resolve::PriceTier& tier : price.tiers) {
    result.tiers.push_back({tier.context_over, {.rates = tier.rates, .reasoning = std::nullopt}});
  }
  return result;
}

const TokenRates& rates_for(const ModelPrice& price, std::int64_t input_total) {
  const TokenRates* rates = &price.base;
  for (const ModelPriceTier& tier : price.tiers) {
    if (input_total > tier.context_over) {
      rates = &tier.rates;
    }
  }
  return *rates;
}

// Adds up tokens times rate; a kind of which no token was used needs no rate.
class Bill {
 public:
  void add(std::int64_t tokens, std::optional<std::int64_t> rate) {
    if (tokens <= 0) {
      return;
    }
    complete_ = complete_ && rate.has_value();
    amount_ += Picodollars(rate.value_or(0)) * tokens;
  }
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] Picodollars amount() const { return amount_; }

 private:
  Picodollars amount_;
  bool complete_ = true;
};

Bill bill(const TokenRates& price, const TokenUsage& usage) {
  const resolve::Rates& rates = price.rates;
  const std::int64_t output_audio = std::min(usage.output_audio, usage.output);
  const std::int64_t reasoning =
      price.reasoning ? std::min(usage.reasoning, usage.output - output_audio) : 0;
  Bill total;
  total.add(usage.input_uncached - usage.input_audio, rates.input);
  total.add(usage.input_audio, rates.input_audio);
  total.add(usage.cache_read, rates.cache_read);
  total.add(usage.cache_write_5m, rates.cache_write_5m);
  total.add(usage.cache_write_1h, rates.cache_write_1h);
  total.add(usage.output - output_audio - reasoning, rates.output);
  total.add(reasoning, price.reasoning);
  total.add(output_audio, rates.output_audio);
  return total;
}

// The content as bytes in which no two different tables look alike.
class Digest {
 public:
  void text(std::string_view value) {
    number(static_cast<std::int64_t>(value.size()));
    bytes_ += value;
  }
  void number(std::int64_t value) {
    bytes_ += std::to_string(value);
    bytes_ += ';';
  }
  void rates(const TokenRates& price) {
    const resolve::Rates& r = price.rates;
    for (const auto& rate : {r.input, r.output, r.cache_read, r.cache_write_5m, r.cache_write_1h,
                             r.input_audio, r.output_audio, price.reasoning}) {
      number(rate.value_or(-1));
    }
  }
  void price(const ModelPrice& price) {
    rates(price.base);
    for (const ModelPriceTier& tier : price.tiers) {
      number(tier.context_over);
      rates(tier.rates);
    }
  }
  template <class Rows>
  void rows(const Rows& rows) {
    std::vector<const typename Rows::value_type*> sorted;
    sorted.reserve(rows.size());
    for (const auto& row : rows) {
      sorted.push_back(&row);
    }
    std::ranges::sort(sorted, {}, [](const auto* row) { return std::string_view(row->first); });
    for (const auto* row : sorted) {
      text(row->first);
      for (std::size_t tier = 0; tier < kServiceTiers; ++tier) {
        if (const auto& listed = row->second[tier]) {
          number(static_cast<std::int64_t>(tier));
          price(*listed);
        }
      }
    }
  }
  [[nodiscard]] std::string hex() const {
    const std::uint64_t hash = XXH3_64bits(bytes_.data(), bytes_.size());
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
    return digits.data();
  }

 private:
  std::string bytes_;
};

}  // namespace

std::string_view label(UnpricedReason reason) {
  switch (reason) {
    case UnpricedReason::kNone: return "";
    case UnpricedReason::kNoPriceForModel: return "no_price_for_model";
    case UnpricedReason::kNoPriceForServiceTier: return "no_price_for_service_tier";
    case UnpricedReason::kMissingComponent: return "missing_component";
  }
  return "";
}

PriceTable::PriceTable(std::span<const resolve::Backend> backends,
                       std::vector<ListedPrice> listed) {
  for (ListedPrice& row : listed) {
    listed_[std::move(row.name)][std::to_underlying(row.tier)] = std::move(row.price);
  }
  backends_.reserve(backends.size());
  for (const resolve::Backend& backend : backends) {
    BackendPrices& prices = backends_.emplace_back();
    for (const resolve::BackendModel& model : backend.models) {
      if (!model.price) {
        continue;
      }
      const std::string_view name = model.name;
      Row& row = name.ends_with('*')
                     ? prices.families.emplace_back(name.substr(0, name.size() - 1), Row()).second
                     : prices.own[model.name];
      row[std::to_underlying(ServiceTier::kStandard)] = from_resolved(*model.price);
    }
    std::ranges::sort(prices.families, std::ranges::greater(),
                      [](const auto& family) { return family.first.size(); });
    prices.by_name = rows_of(backend.name);
    prices.by_host = rows_of(provider_of_host(backend.host));
  }
  version_ = content_version();
}

PriceTable::ProviderRows PriceTable::rows_of(std::string_view provider) const {
  ProviderRows rows;
  if (provider.empty()) {
    return rows;
  }
  for (const auto& [name, row] : listed_) {
    const std::string_view view = name;
    if (view.size() > provider.size() && view[provider.size()] == '/' &&
        view.starts_with(provider)) {
      rows.emplace(view.substr(provider.size() + 1), &row);
    }
  }
  return rows;
}

std::string PriceTable::content_version() const {
  Digest digest;
  digest.rows(listed_);
  for (const BackendPrices& backend : backends_) {
    digest.text("backend");
    digest.rows(backend.own);
    digest.text("families");
    digest.rows(backend.families);
  }
  return digest.hex();
}

const PriceTable::Row* PriceTable::find(const BackendPrices& backend,
                                        std::string_view model) const {
  for (const std::string_view name : {model, without_date(model)}) {
    if (const auto own = backend.own.find(name); own != backend.own.end()) {
      return &own->second;
    }
  }
  for (const auto& [prefix, row] : backend.families) {
    if (model.starts_with(prefix)) {
      return &row;
    }
  }
  for (const ProviderRows* rows : {&backend.by_name, &backend.by_host}) {
    if (const auto row = rows->find(model); row != rows->end()) {
      return row->second;
    }
  }
  const auto row = listed_.find(model);
  return row == listed_.end() ? nullptr : &row->second;
}

Charge PriceTable::price(std::size_t backend, std::string_view model, std::string_view service_tier,
                         const TokenUsage& usage) const {
  Charge charge;
  charge.price_version = version_;
  const Row* row = backend < backends_.size() ? find(backends_[backend], model) : nullptr;
  if (row == nullptr) {
    charge.reason = UnpricedReason::kNoPriceForModel;
    return charge;
  }
  const auto tier = domain::service_tier(service_tier);
  const std::optional<ModelPrice>* price = tier ? &(*row)[std::to_underlying(*tier)] : nullptr;
  if (price == nullptr || !price->has_value()) {
    charge.reason = UnpricedReason::kNoPriceForServiceTier;
    return charge;
  }
  const Bill total = bill(rates_for(**price, usage.input_total()), usage);
  if (!total.complete()) {
    charge.reason = UnpricedReason::kMissingComponent;
    return charge;
  }
  charge.amount = total.amount();
  charge.known = true;
  return charge;
}

}  // namespace penstock::domain
