#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/api/cache_tier.h"
#include "lib/api/features.h"
#include "lib/api/optimization_policy.h"
#include "lib/api/policy_binding.h"
#include "lib/api/routing_table.h"
#include "lib/json/read.h"
#include "lib/json/schema.h"

namespace penstock::api {
namespace {

using json::FieldInfo;
using json::Kind;

// What a CRD cannot do without: names in camelCase and once each, help, bounds.
void check_table(const std::vector<FieldInfo>& fields, const std::string& path) {
  std::set<std::string> names;
  for (const FieldInfo& field : fields) {
    const std::string at = path + "." + field.name;
    EXPECT_TRUE(names.insert(field.name).second) << at;
    EXPECT_TRUE(field.name.front() >= 'a' && field.name.front() <= 'z') << at;
    EXPECT_FALSE(field.rules.about.empty()) << at;
    EXPECT_NE(field.rules.about.back(), ' ') << at;
    const bool is_number = field.kind == Kind::kInteger || field.kind == Kind::kNumber ||
                           field.kind == Kind::kDuration || field.kind == Kind::kQuantity;
    if (is_number && field.rules.max == json::Rules{}.max) {
      ADD_FAILURE() << at << " has no upper bound";
    }
    const auto& children = field.kind == Kind::kObject || field.children.empty()
                               ? field.children
                               : field.children.front().children;
    check_table(children, at);
  }
}

TEST(TablesTest, EveryFieldHasHelpAndBounds) {
  check_table(json::describe<OptimizationPolicySpec>(), "OptimizationPolicy");
  check_table(json::describe<CacheTierSpec>(), "CacheTier");
  check_table(json::describe<RoutingTableSpec>(), "RoutingTable");
  check_table(json::describe<PolicyBindingSpec>(), "PolicyBinding");
}

// A default that its own bounds refuse could be left out but not written down.
template <class Spec>
void check_defaults(const char* required) {
  json::Value written = json::write(Spec{});
  json::Reader strict(json::Strictness::kStrict);
  Spec again;
  json::read(strict, written, again);
  for (const json::FieldError& error : strict.errors()) {
    EXPECT_NE(std::string(required).find(error.path), std::string::npos)
        << error.path << " " << error.message;
  }
}

TEST(TablesTest, DefaultsKeepToTheirBounds) {
  check_defaults<OptimizationPolicySpec>("");
  check_defaults<CachingSpec>("tiers");
  check_defaults<CacheTierSpec>("");
  check_defaults<RoutingTableSpec>("backends");
}

TEST(FeaturesTest, AreTheFieldsAndChoicesOfTheTables) {
  for (const char* feature :
       {"OptimizationPolicy.spec", "OptimizationPolicy.spec.mode",
        "OptimizationPolicy.spec.mode=Off", "OptimizationPolicy.spec.caching.tenant.anonymous",
        "RoutingTable.spec.backends.models.price.tiers.contextOver",
        "RoutingTable.spec.priceFiles.format=ModelsDev", "CacheTier.spec.memory.eviction=LRU"}) {
    EXPECT_TRUE(is_known_feature(feature)) << feature;
  }
  for (const char* feature :
       {"", "OptimizationPolicy", "spec.mode", "OptimizationPolicy.spec.mode=Advise",
        "OptimizationPolicy.spec.mode.x", "OptimizationPolicy.spec.batching",
        "OptimizationPolicy.status", "CacheTier.spec=Memory", "Unknown.spec.mode", "..=", "="}) {
    EXPECT_FALSE(is_known_feature(feature)) << feature;
  }
}

}  // namespace
}  // namespace penstock::api
