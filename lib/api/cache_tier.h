#pragma once

#include <chrono>
#include <optional>
#include <tuple>

#include "lib/api/caching_spec.h"
#include "lib/api/enums.h"
#include "lib/json/field.h"
#include "lib/json/scalars.h"

namespace penstock::api {

struct MemoryTierSpec {
  json::Quantity size{256ULL << 20};
  Eviction eviction = Eviction::kS3Fifo;

  static constexpr auto fields() {
    using T = MemoryTierSpec;
    return std::tuple{
        json::Field{"size",
                    &T::size,
                    {.about = "Memory for entries, bookkeeping included.",
                     .min = 1 << 20,
                     .max = 1LL << 40}},
        json::Field{"eviction", &T::eviction, {.about = "What leaves when it is full."}}};
  }
};

struct CacheTierSpec {
  TierType type = TierType::kMemory;
  MemoryTierSpec memory;
  std::optional<std::chrono::milliseconds> ttl;

  static constexpr auto fields() {
    using T = CacheTierSpec;
    return std::tuple{
        json::Field{"type", &T::type, {.about = "The kind of store.", .required = true}},
        json::Field{"memory", &T::memory, {.about = "A store in the sidecar's own memory."}},
        json::Field{"ttl",
                    &T::ttl,
                    {.about = "Caps the ttl of every policy that uses the tier.",
                     .min = 1'000,
                     .max = kYearMs}}};
  }
};

}  // namespace penstock::api
