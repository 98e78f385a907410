#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "sidecar/domain/price_import.h"

// What the readers of both price files share; not for use elsewhere.
namespace penstock::domain {

// Collects rows and a bounded number of warnings.
class PriceRows {
 public:
  // Rates by the context length above which they hold; 0 is the base.
  using Steps = std::map<std::int64_t, TokenRates>;

  void warn(std::string_view model, std::string_view what);
  void warn_implausible(std::string_view model);

  // False, with a warning, for a name that is empty or too long.
  bool accepts(std::string_view name);

  // A rate that a step leaves out is that of the step below. Nothing is added where no step has a
  // rate for input or output.
  void add(std::string name, ServiceTier tier, const Steps& steps);

  [[nodiscard]] bool full() const { return result_.prices.size() >= kPriceFileModelsMax; }
  PriceImport take();

 private:
  PriceImport result_;
  std::size_t warnings_left_out_ = 0;
};

// A component of a price, and what a file calls it.
struct RateName {
  std::string_view name;
  std::optional<std::int64_t> resolve::Rates::* member = nullptr;  // null: the reasoning rate
};

// The place of a rate, or null where `name` is none of `names`.
std::optional<std::int64_t>* find_rate(TokenRates& rates, std::span<const RateName> names,
                                       std::string_view name);

// nullopt: no plausible price. See picodollars_per_token().
std::optional<std::int64_t> read_rate(const nlohmann::json& value, int unit_exponent);

Result<nlohmann::json> parse_price_file(std::string_view text);
std::unexpected<Error> too_many_prices();

}  // namespace penstock::domain
