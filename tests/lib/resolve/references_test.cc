#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/resolve/resolve.h"
#include "tests/lib/resolve/documents.h"

namespace penstock::resolve {
namespace {

using testing::document;
using testing::errors_of;
using testing::policy;
using testing::read;
using testing::table;
using Errors = std::vector<std::string>;

const std::string kRouted = ", routing: {tableRef: {name: t}}";

TEST(ChooseTest, TakesTheOnlyPolicy) {
  const ResolveResult result = resolve(read(policy("p", kRouted) + table("t")));
  ASSERT_TRUE(result) << errors_of(result).front();
  EXPECT_EQ(result->name, "default/p");
}

TEST(ChooseTest, SeveralPoliciesNeedAChoice) {
  const api::Resources resources = read(policy("q", kRouted) + policy("p", kRouted) + table("t"));
  EXPECT_EQ(errors_of(resolve(resources)),
            Errors{"dir: has several policies; choose one with --policy: default/p, default/q"});
  const ResolveResult chosen = resolve(resources, api::ObjectName{"default", "q"});
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->name, "default/q");
  EXPECT_EQ(errors_of(resolve(resources, api::ObjectName{"team-a", "q"})),
            Errors{"dir: has no OptimizationPolicy team-a/q; there is default/p, default/q"});
}

TEST(ChooseTest, NoPolicyIsAnError) {
  EXPECT_EQ(errors_of(resolve(read(table("t")))),
            Errors{"dir: has no OptimizationPolicy; a sidecar needs one"});
  EXPECT_EQ(errors_of(resolve(api::Resources{})).size(), 1U);
}

TEST(ChooseTest, TheBindingChoosesUnlessTheFlagDoes) {
  const std::string text =
      policy("p") + policy("q", kRouted) + table("t") +
      document("PolicyBinding", "b", "{apiLevel: 1, policy: default/p, enginePort: 8001}");
  const ResolveResult bound = resolve(read(text));
  ASSERT_TRUE(bound) << errors_of(bound).front();
  EXPECT_EQ(bound->name, "default/p");
  const ResolveResult flagged = resolve(read(text), api::ObjectName{"default", "q"});
  ASSERT_TRUE(flagged);
  EXPECT_EQ(flagged->backends.at(0).host, "a");
}

TEST(ChooseTest, ABindingMustNameAPolicyAndBeAlone) {
  EXPECT_EQ(errors_of(resolve(
                read(policy("p", kRouted) + table("t") +
                     document("PolicyBinding", "b", "{apiLevel: 1, policy: default/chat}")))),
            Errors{"f.yaml:9 PolicyBinding default/b: spec.policy names no OptimizationPolicy; "
                   "there is default/p"});
  const ResolveResult two = resolve(
      read(policy("p") +
           document("PolicyBinding", "b", "{apiLevel: 1, policy: default/p, enginePort: 1}") +
           document("PolicyBinding", "c", "{apiLevel: 1, policy: default/p}")));
  EXPECT_EQ(errors_of(two), Errors{"f.yaml:8 PolicyBinding default/c: is one binding too many; "
                                   "there can only be one"});
}

TEST(ReferencesTest, BrokenOnesNameDocumentPathAndWhatExists) {
  EXPECT_EQ(
      errors_of(resolve(read(
          policy("p",
                 ", routing: {tableRef: {name: models}}, caching: {tiers: [{ref: {name: mem}}]}") +
          table("modles") + document("CacheTier", "big-one", "{type: Memory}")))),
      (Errors{"f.yaml:3 OptimizationPolicy default/p: spec.routing.tableRef.name names no "
              "RoutingTable; did you mean \"default/modles\"?",
              "f.yaml:3 OptimizationPolicy default/p: spec.caching.tiers[0].ref.name names no "
              "CacheTier; there is default/big-one"}));
  EXPECT_EQ(errors_of(resolve(read(policy("p", kRouted)))),
            Errors{"f.yaml:3 OptimizationPolicy default/p: spec.routing.tableRef.name names no "
                   "RoutingTable; there is none"});
}

TEST(ReferencesTest, StayInTheNamespace) {
  const ResolveResult result = resolve(
      read(policy("p", kRouted) +
           document("RoutingTable", "t",
                    "{backends: [{name: a, url: 'http://a', dialect: OpenAI}]}", "team-a")));
  EXPECT_EQ(errors_of(result).size(), 1U);
}

TEST(ReferencesTest, NowhereToGoSaysWhatToAdd) {
  const Errors errors = errors_of(resolve(read(policy("p"))));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_NE(errors[0].find("routing.tableRef"), std::string::npos);
  EXPECT_NE(errors[0].find("--upstream URL"), std::string::npos);
}

TEST(ReferencesTest, ErrorsOfTheDocumentsComeFirst) {
  const Errors errors = errors_of(
      resolve(read(policy("p", ", mode: On, routing: {tableRef: {name: gone}}") + table("t"))));
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_NE(errors[0].find("spec.mode"), std::string::npos);
  EXPECT_NE(errors[1].find("names no RoutingTable"), std::string::npos);
}

TEST(ReferencesTest, AnErrorInADocumentThatTakesNoPartCountsToo) {
  const ResolveResult result =
      resolve(read(policy("p", kRouted) + table("t") + document("CacheTier", "c", "{type: Disk}")));
  EXPECT_EQ(errors_of(result).size(), 1U);
}

TEST(HashTest, DependsOnContentAloneNotOnOrderOrSpelling) {
  const std::string tier = document("CacheTier", "c", "{type: Memory, ttl: 1h}");
  const std::string cached = policy("p", kRouted + ", caching: {tiers: [{ref: {name: c}}]}");
  const ResolveResult first = resolve(read(cached + tier + table("t")));
  ASSERT_TRUE(first) << errors_of(first).front();
  EXPECT_EQ(first->hash.size(), 32U);

  api::Resources split;
  api::add_text(split, "b.yaml", table("t"), json::Strictness::kStrict);
  api::add_text(split, "a.json",
                R"({"kind": "CacheTier", "spec": {"ttl": "1h", "type": "Memory"},
                    "metadata": {"name": "c", "annotations": {"x": "y"}},
                    "apiVersion": "penstock.dev/v1alpha1"})",
                json::Strictness::kStrict);
  api::add_text(split, "c.yaml", "\n\n" + cached, json::Strictness::kTolerant);
  const ResolveResult second = resolve(split);
  ASSERT_TRUE(second) << errors_of(second).front();
  EXPECT_EQ(*second, *first);
}

TEST(HashTest, ChangesWithEveryDocumentThatTakesPartAndWithNoOther) {
  const std::string cached = policy("p", kRouted + ", caching: {tiers: [{ref: {name: c}}]}");
  const auto hash = [](const std::string& text) {
    const ResolveResult result = resolve(read(text), api::ObjectName{"default", "p"});
    EXPECT_TRUE(result) << errors_of(result).front();
    return result ? result->hash : std::string();
  };
  const std::string tier = document("CacheTier", "c", "{type: Memory}");
  const std::string base = hash(cached + tier + table("t"));
  EXPECT_NE(hash(cached + document("CacheTier", "c", "{type: Memory, ttl: 1h}") + table("t")),
            base);
  EXPECT_NE(hash(policy("p", kRouted) + tier + table("t")), base);
  EXPECT_EQ(hash(cached + tier + table("t") + policy("q") + table("u")), base);
}

TEST(HashTest, ABindingMustNameTheHashOfWhatItCameWith) {
  const auto bound = [](const std::string& hash) {
    return resolve(read(
        policy("p") + document("PolicyBinding", "b",
                               "{apiLevel: 1, policy: default/p, enginePort: 8001" + hash + "}")));
  };
  const ResolveResult without = bound("");
  ASSERT_TRUE(without);
  EXPECT_TRUE(bound(", hash: '" + without->hash + "'"));
  const Errors errors = errors_of(bound(", hash: '00000000000000000000000000000000'"));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_NE(errors[0].find("spec.hash differs"), std::string::npos);
}

}  // namespace
}  // namespace penstock::resolve
