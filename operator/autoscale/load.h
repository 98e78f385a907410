#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <tuple>

#include "lib/json/field.h"

// A load in the dimensions in which a replica can be full. Demand (over all replicas) and capacity
// (of one) are both of this type; a dimension without a value is one that nobody measured or knows.
namespace penstock::autoscale {

enum class Dimension : std::uint8_t { kRequests, kPrefill, kDecode, kKv };
constexpr auto enum_names(Dimension) {
  return std::array{json::EnumName{Dimension::kRequests, "Requests"},
                    json::EnumName{Dimension::kPrefill, "Prefill"},
                    json::EnumName{Dimension::kDecode, "Decode"},
                    json::EnumName{Dimension::kKv, "KeyValue"}};
}
inline constexpr std::array kDimensions{Dimension::kRequests, Dimension::kPrefill,
                                        Dimension::kDecode, Dimension::kKv};

struct Load {
  std::optional<double> requests;  // requests/s
  std::optional<double> prefill;   // prompt tokens/s, without what caches saved
  std::optional<double> decode;    // output tokens/s
  std::optional<double> kv;        // tokens that hold, or wait for, a place in the KV cache

  bool operator==(const Load&) const = default;
  static constexpr auto fields() {
    using T = Load;
    return std::tuple{json::Field{"requests", &T::requests}, json::Field{"prefill", &T::prefill},
                      json::Field{"decode", &T::decode}, json::Field{"kv", &T::kv}};
  }
};

// Where a Load holds a dimension: load.*member_of(dimension).
constexpr std::optional<double> Load::* member_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::kRequests: return &Load::requests;
    case Dimension::kPrefill: return &Load::prefill;
    case Dimension::kDecode: return &Load::decode;
    case Dimension::kKv: break;
  }
  return &Load::kv;
}

// The load as a number of full replicas: the largest ratio over the dimensions that both sides
// know. nullopt: they know none in common.
inline std::optional<double> in_replicas(const Load& total, const Load& capacity) {
  std::optional<double> largest;
  for (const Dimension dimension : kDimensions) {
    const std::optional<double>& demand = total.*member_of(dimension);
    const std::optional<double>& one = capacity.*member_of(dimension);
    if (demand && one && *one > 0) {
      largest = std::max(largest.value_or(0), *demand / *one);
    }
  }
  return largest;
}

}  // namespace penstock::autoscale
