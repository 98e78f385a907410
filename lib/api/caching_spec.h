#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "lib/api/enums.h"
#include "lib/api/references.h"
#include "lib/json/field.h"
#include "lib/json/scalars.h"

// spec.caching of an OptimizationPolicy: the opt-in to caching and coalescing.
namespace penstock::api {

inline constexpr std::int64_t kYearMs = 365LL * 24 * 3600 * 1000;

struct CachingTierSpec {
  NameRef ref;

  static constexpr auto fields() {
    return std::tuple{
        json::Field{"ref", &CachingTierSpec::ref, {.about = "A CacheTier.", .required = true}}};
  }
};

struct TenantSpec {
  std::optional<std::string> header;
  AnonymousTenant anonymous = AnonymousTenant::kBypass;
  TenantSharing sharing = TenantSharing::kNone;

  static constexpr auto fields() {
    using T = TenantSpec;
    return std::tuple{
        json::Field{"header",
                    &T::header,
                    {.about = "The header that names the tenant; the credential does where absent.",
                     .format = &kHeaderName}},
        json::Field{"anonymous",
                    &T::anonymous,
                    {.about = "A request without tenant is not cached (Bypass), or cached with all "
                              "others that have none (Share)."}},
        json::Field{"sharing",
                    &T::sharing,
                    {.about = "All: every tenant is given every tenant's answers."}}};
  }
};

struct CacheKeySpec {
  std::vector<std::string> headers;

  static constexpr auto fields() {
    return std::tuple{json::Field{"headers",
                                  &CacheKeySpec::headers,
                                  {.about = "Further request headers that change the answer.",
                                   .format = &kHeaderName,
                                   .items_max = 16}}};
  }
};

struct ReplaySpec {
  ReplayPacing pacing = ReplayPacing::kNone;

  static constexpr auto fields() {
    return std::tuple{json::Field{
        "pacing",
        &ReplaySpec::pacing,
        {.about = "A stored stream is sent at once (None), or as it came (Recorded)."}}};
  }
};

struct CoalescingSpec {
  bool enabled = true;
  std::uint32_t max_followers = 10'000;

  static constexpr auto fields() {
    using T = CoalescingSpec;
    return std::tuple{
        json::Field{"enabled",
                    &T::enabled,
                    {.about = "Identical calls in flight share one upstream call."}},
        json::Field{"maxFollowers",
                    &T::max_followers,
                    {.about = "Callers that may share one call; further ones call upstream.",
                     .min = 1,
                     .max = 1'000'000}}};
  }
};

struct CachingSpec {
  std::vector<CachingTierSpec> tiers;
  std::chrono::milliseconds ttl{300'000};
  std::uint32_t ttl_jitter_percent = 10;
  TenantSpec tenant;
  CacheKeySpec key;
  SampledRequests sampled = SampledRequests::kCache;
  json::Quantity max_entry{8ULL << 20};
  ReplaySpec replay;
  CoalescingSpec coalescing;

  static constexpr auto fields() {
    using T = CachingSpec;
    return std::tuple{
        json::Field{"tiers",
                    &T::tiers,
                    {.about = "Where answers are kept: CacheTiers by name.",
                     .required = true,
                     .items_min = 1,
                     .items_max = 1}},
        json::Field{
            "ttl",
            &T::ttl,
            {.about = "How long an answer may be given again.", .min = 1'000, .max = kYearMs}},
        json::Field{"ttlJitterPercent",
                    &T::ttl_jitter_percent,
                    {.about = "Shortens each ttl by up to this much, so that entries do not expire "
                              "together.",
                     .min = 0,
                     .max = 50}},
        json::Field{"tenant", &T::tenant, {.about = "Whose answers are whose."}},
        json::Field{"key", &T::key, {.about = "What makes two requests the same."}},
        json::Field{"sampled",
                    &T::sampled,
                    {.about = "Requests with sampling parameters are cached (Cache) or not "
                              "(Bypass)."}},
        json::Field{"maxEntry",
                    &T::max_entry,
                    {.about = "A longer answer is not kept.", .min = 1'024, .max = 1LL << 30}},
        json::Field{"replay", &T::replay, {.about = "How stored streams are sent."}},
        json::Field{"coalescing", &T::coalescing, {.about = "Sharing of calls in flight."}}};
  }
};

}  // namespace penstock::api
