#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sidecar/domain/model_price.h"
#include "sidecar/domain/money.h"
#include "sidecar/domain/token_usage.h"

namespace penstock::domain {

// Why a call has no price. Each is a metric label.
enum class UnpricedReason : std::uint8_t {
  kNone,                   // it has one
  kNoPriceForModel,        // neither the routing table nor a price file lists the model
  kNoPriceForServiceTier,  // listed, but not at the service level that the answer names
  kMissingComponent,       // tokens of a kind that the price leaves out (say, read from a cache)
};

// Lower snake case: "no_price_for_model". Empty for kNone.
std::string_view label(UnpricedReason reason);

struct Charge {
  Picodollars amount;  // zero unless known
  bool known = false;
  UnpricedReason reason = UnpricedReason::kNone;
  std::string_view price_version;  // lives as long as the table
};

// What every model of every backend costs.
//
// A row is looked for in this order:
//   1. the backend's own models in the routing table, by the exact name;
//   2. the same, less a trailing date: a row for "gpt-4o" stands for "gpt-4o-2024-08-06" and
//      "claude-x" for "claude-x-20250514", unless the dated model has a row of its own;
//   3. the backend's families ("gpt-4o*"), the longest that fits;
//   4. imported rows, by exact names only, for a list prices dated models apart where they differ:
//      "<backend's name>/<model>", then "<provider>/<model>" where the backend's host is that of a
//      known provider, then "<model>".
// Prices of the routing table are those of the standard service level.
//
// Threads: immutable, shared freely.
class PriceTable {
 public:
  // A later entry of `listed` replaces an earlier one of the same name and tier.
  PriceTable(std::span<const resolve::Backend> backends, std::vector<ListedPrice> listed);

  // `model` and `service_tier` are what the *answer* says. Never allocates. Amounts beyond the
  // range of Picodollars stay at its end.
  [[nodiscard]] Charge price(std::size_t backend, std::string_view model,
                             std::string_view service_tier, const TokenUsage& usage) const;

  // Sixteen hex digits that change with any price.
  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  // One place for each service tier.
  using Row = std::array<std::optional<ModelPrice>, kServiceTiers>;
  using Rows = std::unordered_map<std::string, Row, Hash, std::equal_to<>>;

  // Imported rows of one provider, by what follows "provider/"; points into `listed_`.
  using ProviderRows = std::unordered_map<std::string_view, const Row*>;

  struct BackendPrices {
    Rows own;
    std::vector<std::pair<std::string, Row>> families;  // by what stands before '*', longest first
    ProviderRows by_name;
    ProviderRows by_host;
  };

  [[nodiscard]] const Row* find(const BackendPrices& backend, std::string_view model) const;
  [[nodiscard]] ProviderRows rows_of(std::string_view provider) const;
  [[nodiscard]] std::string content_version() const;

  Rows listed_;
  std::vector<BackendPrices> backends_;
  std::string version_;
};

}  // namespace penstock::domain
