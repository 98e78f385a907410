#include "sidecar/domain/price_rows_json.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace penstock::domain {
namespace {

void overlay(TokenRates& base, const TokenRates& over) {
  const auto replace = [](std::optional<std::int64_t>& value,
                          const std::optional<std::int64_t>& by) { value = by ? by : value; };
  replace(base.rates.input, over.rates.input);
  replace(base.rates.output, over.rates.output);
  replace(base.rates.cache_read, over.rates.cache_read);
  replace(base.rates.cache_write_5m, over.rates.cache_write_5m);
  replace(base.rates.cache_write_1h, over.rates.cache_write_1h);
  replace(base.rates.input_audio, over.rates.input_audio);
  replace(base.rates.output_audio, over.rates.output_audio);
  replace(base.reasoning, over.reasoning);
}

ModelPrice complete(const PriceRows::Steps& steps) {
  ModelPrice price;
  TokenRates current;
  for (const auto& [context_over, rates] : steps) {
    overlay(current, rates);
    if (context_over == 0) {
      price.base = current;
    } else {
      price.tiers.push_back({context_over, current});
    }
  }
  return price;
}

}  // namespace

void PriceRows::warn(std::string_view model, std::string_view what) {
  if (result_.warnings.size() < kPriceWarningsMax) {
    std::string& text = result_.warnings.emplace_back(model.substr(0, kModelNameBytesMax));
    text.append(": ").append(what);
  } else {
    ++warnings_left_out_;
  }
}

void PriceRows::warn_implausible(std::string_view model) {
  warn(model,
       "a price is no number, negative, or above 0.001 USD per token; is it in another unit?");
}

bool PriceRows::accepts(std::string_view name) {
  const bool usable = !name.empty() && name.size() <= kModelNameBytesMax;
  if (!usable) {
    warn(name, "the name is empty or too long");
  }
  return usable;
}

void PriceRows::add(std::string name, ServiceTier tier, const Steps& steps) {
  const bool has_rate = std::ranges::any_of(steps, [](const auto& step) {
    return step.second.rates.input.has_value() || step.second.rates.output.has_value();
  });
  if (!has_rate) {
    return;
  }
  if (steps.size() > kPriceTiersMax + 1) {
    warn(name, "has too many tiers");
    return;
  }
  result_.prices.push_back({.name = std::move(name), .tier = tier, .price = complete(steps)});
}

PriceImport PriceRows::take() {
  if (warnings_left_out_ != 0) {
    result_.warnings.push_back("and " + std::to_string(warnings_left_out_) + " more");
  }
  return std::move(result_);
}

std::optional<std::int64_t>* find_rate(TokenRates& rates, std::span<const RateName> names,
                                       std::string_view name) {
  const auto found = std::ranges::find(names, name, &RateName::name);
  if (found == names.end()) {
    return nullptr;
  }
  return found->member == nullptr ? &rates.reasoning : &(rates.rates.*found->member);
}

// The JSON reader keeps numbers as doubles; the shortest decimal that reads back as the same double
// is the one that the file's author wrote.
std::optional<std::int64_t> read_rate(const nlohmann::json& value, int unit_exponent) {
  if (value.is_string()) {
    return picodollars_per_token(value.get_ref<const std::string&>(), unit_exponent);
  }
  std::array<char, 64> text{};
  std::to_chars_result written{text.data(), std::errc::invalid_argument};
  if (value.is_number_unsigned()) {
    written = std::to_chars(text.begin(), text.end(), value.get<std::uint64_t>());
  } else if (value.is_number_float()) {
    written = std::to_chars(text.begin(), text.end(), value.get<double>());
  }
  if (written.ec != std::errc()) {
    return std::nullopt;
  }
  const auto size = static_cast<std::size_t>(written.ptr - text.data());
  return picodollars_per_token({text.data(), size}, unit_exponent);
}

Result<nlohmann::json> parse_price_file(std::string_view text) {
  if (text.size() > kPriceFileBytesMax) {
    return fail(ErrorCode::kInvalidConfig,
                "a price file has at most " + std::to_string(kPriceFileBytesMax) + " bytes");
  }
  nlohmann::json document = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) {
    return fail(ErrorCode::kInvalidConfig, "a price file is one JSON object");
  }
  return document;
}

std::unexpected<Error> too_many_prices() {
  return fail(ErrorCode::kInvalidConfig,
              "a price file has at most " + std::to_string(kPriceFileModelsMax) + " models");
}

}  // namespace penstock::domain
