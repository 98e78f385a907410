#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "lib/api/resources.h"

namespace penstock::api {
namespace {

// The errors of one document whose spec is `spec` (flow or block YAML at no indent).
std::vector<std::string> errors(std::string_view kind, std::string_view spec) {
  std::string text = "{apiVersion: penstock.dev/v1alpha1, kind: ";
  text.append(kind).append(", metadata: {name: x}, spec: ").append(spec).append("}");
  Resources resources;
  add_text(resources, "f", text, json::Strictness::kStrict);
  std::vector<std::string> result;
  for (const ResourceError& error : resources.errors) {
    result.push_back(error.path + " " + error.message);
  }
  return result;
}

std::string only_error(std::string_view kind, std::string_view spec) {
  const std::vector<std::string> all = errors(kind, spec);
  EXPECT_EQ(all.size(), 1U) << spec;
  return all.empty() ? "no error" : all.front();
}

std::string policy_error(std::string_view rest) {
  return only_error("OptimizationPolicy",
                    "{selector: {matchLabels: {app: x}}, " + std::string(rest) + "}");
}

TEST(PolicyRulesTest, TheSelectorMustSelectSomething) {
  EXPECT_EQ(only_error("OptimizationPolicy", "{}"),
            "spec.selector is required: Which pods; an empty one is refused.");
  for (const char* spec :
       {"{selector: {}}", "{selector: {matchLabels: {}, matchExpressions: []}}"}) {
    EXPECT_EQ(only_error("OptimizationPolicy", spec),
              "spec.selector must hold matchLabels or matchExpressions: an empty one would take "
              "every pod of the namespace");
  }
  EXPECT_EQ(errors("OptimizationPolicy",
                   "{selector: {matchExpressions: [{key: app, operator: Exists}]}}"),
            std::vector<std::string>{});
  EXPECT_EQ(errors("OptimizationPolicy",
                   "{selector: {matchExpressions: [{key: app, operator: In}, "
                   "{key: b, operator: Exists, values: [x]}]}}"),
            (std::vector<std::string>{
                "spec.selector.matchExpressions[0].values must hold at least one value for In and "
                "NotIn",
                "spec.selector.matchExpressions[1].values must be absent for Exists and "
                "DoesNotExist"}));
  EXPECT_EQ(only_error("OptimizationPolicy", "{selector: {matchLabels: {'-a': x}}}"),
            "spec.selector.matchLabels.-a has a name that must be a label key, such as "
            "app.kubernetes.io/name");
}

TEST(PolicyRulesTest, ListenerSettingsMustFitTogether) {
  EXPECT_EQ(
      policy_error("listener: {tls: {certificateRef: {name: c}, clientCertificates: Require}}"),
      "spec.listener.tls.clientCertificates needs clientCARef: the CAs that client "
      "certificates are checked against");
  EXPECT_EQ(policy_error("listener: {authentication: {keysRef: {name: a, key: b}, "
                         "allowAnonymous: true}}"),
            "spec.listener.authentication.allowAnonymous contradicts keysRef; remove one of them");
  EXPECT_EQ(policy_error("listener: {limits: {collectedBody: 2Mi, collectedTotal: 1Mi}}"),
            "spec.listener.limits.collectedTotal must not be smaller than collectedBody (2Mi)");
  EXPECT_EQ(policy_error("listener: {tls: {certificateRef: {name: ../x}}}"),
            "spec.listener.tls.certificateRef.name must be a Kubernetes name: lower-case letters, "
            "digits, '-' and '.'");
}

TEST(PolicyRulesTest, SecretKeysCannotClimbOutOfTheirFolder) {
  for (const char* key : {"..", "../x", "a/b", "..data", "."}) {
    EXPECT_NE(policy_error("listener: {authentication: {keysRef: {name: a, key: '" +
                           std::string(key) + "'}}}")
                  .find("keysRef.key must be a key of a Secret"),
              std::string::npos)
        << key;
  }
}

TEST(PolicyRulesTest, CachingNeedsItsTier) {
  EXPECT_EQ(policy_error("caching: {}"),
            "spec.caching.tiers is required: Where answers are kept: CacheTiers by name.");
  EXPECT_EQ(policy_error("caching: {tiers: [{ref: {name: a}}, {ref: {name: b}}]}"),
            "spec.caching.tiers must hold at most 1 entry");
  EXPECT_EQ(policy_error("caching: {tiers: [{ref: {name: a}}], tenant: {header: 'x y'}}"),
            "spec.caching.tenant.header must be a header name, such as x-team");
}

std::string table_error(std::string_view spec) {
  return only_error("RoutingTable", spec);
}

std::vector<std::string> route_errors(std::string_view routes) {
  return errors("RoutingTable",
                "{backends: [{name: a, url: 'http://a', dialect: OpenAI}, "
                "{name: b, url: 'http://b', dialect: Anthropic}], routes: " +
                    std::string(routes) + "}");
}

TEST(TableRulesTest, Backends) {
  EXPECT_EQ(table_error("{backends: []}"), "spec.backends must hold at least 1 entry");
  EXPECT_EQ(table_error("{backends: [{name: a, url: 'http://u:p@h', dialect: OpenAI}]}"),
            "spec.backends[0].url must hold no credentials; a backend's go into "
            "credentials.secretRef");
  EXPECT_EQ(table_error("{backends: [{name: a, url: 'http://h', dialect: OpenAI, tls: {}}]}"),
            "spec.backends[0].tls needs an https:// URL");
  EXPECT_EQ(table_error("{backends: [{name: a, url: 'http://h', dialect: OpenAI}, "
                        "{name: a, url: 'http://i', dialect: OpenAI}]}"),
            "spec.backends[1].name stands twice in this table");
  EXPECT_EQ(table_error("{backends: [{name: a, url: 'http://h', dialect: Anthropic, "
                        "streamUsage: Always}]}"),
            "spec.backends[0].streamUsage must be Auto or Never here: only the OpenAI dialect has "
            "to be asked");
  EXPECT_EQ(table_error("{backends: [{name: a, url: 'http://h', dialect: OpenAI, "
                        "models: [{name: m}, {name: m}]}]}"),
            "spec.backends[0].models[1].name stands twice in this backend");
  EXPECT_EQ(table_error("{backends: [{name: a, url: 'http://h', dialect: OpenAI, "
                        "models: [{name: 'g*t'}]}]}"),
            "spec.backends[0].models[0].name must be a model name, or the beginning of one with "
            "'*' at the end, such as gpt-4o*");
}

TEST(TableRulesTest, PriceTiersRise) {
  EXPECT_EQ(
      table_error("{backends: [{name: a, url: 'http://h', dialect: OpenAI, models: [{name: m, "
                  "price: {input: '1', tiers: [{contextOver: 200}, {contextOver: 200}]}}]}]}"),
      "spec.backends[0].models[0].price.tiers[1].contextOver must be larger than that of the "
      "tier before");
}

TEST(TableRulesTest, Routes) {
  struct Case {
    const char* routes;
    std::vector<std::string> errors;
  };
  for (const Case& test : {
           Case{"[{backends: [{name: a}, {name: b, weight: 3}], fallback: [a]}]", {}},
           Case{"[{match: {models: ['gpt-*']}, backends: [{name: a}]}, {backends: [{name: b}]}]",
                {}},
           Case{"[{backends: [{name: c}]}]",
                {"spec.routes[0].backends[0].name names no backend of this table; it has "
                 "a, b"}},
           Case{"[{backends: [{name: a}], fallback: [elsewhere]}]",
                {"spec.routes[0].fallback[0] names no backend of this table; it has a, b"}},
           Case{"[{backends: [{name: a}, {name: a}]}]",
                {"spec.routes[0].backends[1].name names a backend twice"}},
           Case{"[{backends: [{name: a, weight: 0}]}]",
                {"spec.routes[0].backends must give at least one backend a weight above 0"}},
           Case{"[{backends: [{name: a}]}, {backends: [{name: b}]}]",
                {"spec.routes[0] takes everything, so no later route is ever reached; move it "
                 "last"}},
           Case{"[{match: {models: [m]}, backends: [{name: a}]}]",
                {"spec.routes[0] must take what no other route does (GET /v1/models names no "
                 "model): add a last route without match"}},
           Case{"[{match: {models: [m], pathPrefixes: [v1]}, backends: [{name: a}]}, "
                "{backends: [{name: a}]}]",
                {"spec.routes[0].match.pathPrefixes[0] must be a path that begins with '/', such "
                 "as /v1/chat"}},
       }) {
    EXPECT_EQ(route_errors(test.routes), test.errors) << test.routes;
  }
}

TEST(BindingRulesTest, ASidecarThatIsTooOldSaysSo) {
  EXPECT_EQ(errors("PolicyBinding",
                   "{apiLevel: 1, policy: a/b, requires: [OptimizationPolicy.spec.caching.ttl, "
                   "CacheTier.spec.type=Memory, RoutingTable.spec.backends.models.price.tiers]}"),
            std::vector<std::string>{});
  EXPECT_EQ(
      errors("PolicyBinding",
             "{apiLevel: 2, policy: a/b, requires: [OptimizationPolicy.spec.budgets, "
             "CacheTier.spec.type=Redis]}"),
      (std::vector<std::string>{
          "spec.apiLevel is above 1, the level of this sidecar; it is too old",
          "spec.requires[0] is not known to this sidecar (OptimizationPolicy.spec.budgets); it is "
          "too old",
          "spec.requires[1] is not known to this sidecar (CacheTier.spec.type=Redis); it is too "
          "old"}));
  EXPECT_EQ(only_error("PolicyBinding", "{apiLevel: 1, policy: chat}"),
            "spec.policy must be namespace/name");
  EXPECT_EQ(only_error("PolicyBinding", "{apiLevel: 1, policy: a/b, enginePort: 0}"),
            "spec.enginePort must be between 1 and 65535");
}

}  // namespace
}  // namespace penstock::api
