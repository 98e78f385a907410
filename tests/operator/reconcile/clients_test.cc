#include "operator/reconcile/clients.h"

#include <gtest/gtest.h>

#include "tests/operator/reconcile/worlds.h"

namespace penstock::reconcile {
namespace {

constexpr std::uint16_t kPort = 15801;

ClientFinding read(const std::string& containers, bool override_all = false) {
  return read_client(workload("app", containers)->pods, {.override_all = override_all}, kPort);
}

std::string described(const ClientFinding& finding) {
  if (!finding.shape) {
    return finding.reason;
  }
  std::string text = finding.shape->providers.openai + " " + finding.shape->providers.anthropic;
  for (const api::ClientVariableStatus& variable : finding.shape->environment.variables) {
    text += " | " + variable.name + " " + variable.from + " -> " + variable.to;
  }
  return text;
}

TEST(ReadClientTest, WithoutABaseUrlItIsTheProvidersOwnHosts) {
  EXPECT_EQ(described(read("[{name: a}]")),
            "https://api.openai.com:443/v1 https://api.anthropic.com:443 | OPENAI_BASE_URL  -> "
            "http://127.0.0.1:15801/v1 | ANTHROPIC_BASE_URL  -> http://127.0.0.1:15801");
}

TEST(ReadClientTest, ABaseUrlBecomesTheBackendAndItsPathStays) {
  EXPECT_EQ(
      described(read("[{name: a, env: [{name: OPENAI_BASE_URL, value: 'http://vllm:8000/api/v1/'}, "
                     "{name: ANTHROPIC_BASE_URL, value: 'https://[2001:db8::1]/proxy'}]}]")),
      "http://vllm:8000/api/v1 https://[2001:db8::1]:443/proxy | OPENAI_BASE_URL "
      "http://vllm:8000/api/v1/ -> "
      "http://127.0.0.1:15801/api/v1 | ANTHROPIC_BASE_URL https://[2001:db8::1]/proxy -> "
      "http://127.0.0.1:15801/proxy");
}

TEST(ReadClientTest, TheOlderNameCountsWhereItIsSet) {
  EXPECT_EQ(described(read("[{name: a, env: [{name: OPENAI_API_BASE, value: 'https://g/v1'}, "
                           "{name: OPENAI_BASE_URL, value: 'https://g/v1'}]}]")),
            "https://g:443/v1 https://api.anthropic.com:443 | OPENAI_BASE_URL https://g/v1 -> "
            "http://127.0.0.1:15801/v1 | OPENAI_API_BASE https://g/v1 -> "
            "http://127.0.0.1:15801/v1 | ANTHROPIC_BASE_URL  -> http://127.0.0.1:15801");
  EXPECT_EQ(described(read("[{name: a, env: [{name: OPENAI_API_BASE, value: 'https://g/v1'}]}]")),
            "SeveralShapes")
      << "the newer name, absent, leads elsewhere";
}

TEST(ReadClientTest, WhatCannotBeReadWithCertaintyIsRefused) {
  EXPECT_EQ(described(read("[{name: a, envFrom: [{secretRef: {name: s}}]}]")), "EnvFrom");
  EXPECT_EQ(described(read("[{name: a, env: [{name: OPENAI_BASE_URL, valueFrom: {}}]}]")),
            "EnvironmentUnread");
  EXPECT_EQ(
      described(read("[{name: a, env: [{name: OPENAI_BASE_URL, value: 'http://$(HOST)/v1'}]}]")),
      "EnvironmentUnread");
  EXPECT_EQ(described(read("[{name: a, env: [{name: OPENAI_BASE_URL, value: 'http://a/v1'}]}, "
                           "{name: b, env: [{name: OPENAI_BASE_URL, value: 'http://b/v1'}]}]")),
            "SeveralShapes");
}

TEST(ReadClientTest, OverrideTakesThemWhateverTheyAre) {
  EXPECT_EQ(described(read("[{name: a, envFrom: [{secretRef: {name: s}}], env: [{name: "
                           "OPENAI_BASE_URL, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]",
                           true)),
            described(read("[{name: a}]")));
}

TEST(ReadClientTest, WhoTakesAProxyIsLeftAlone) {
  const std::string proxied = "[{name: a, env: [{name: https_proxy, value: 'http://proxy:3128'}";
  EXPECT_EQ(described(read(proxied + "]}]")), "Proxied");
  EXPECT_EQ(described(read("[{name: a, env: [{name: ALL_PROXY, valueFrom: {}}]}]")), "Proxied");
  EXPECT_EQ(described(read("[{name: a, env: [{name: HTTP_PROXY, value: ''}]}]")),
            described(read("[{name: a}]")));
  const std::string exempt = proxied + ", {name: NO_PROXY, value: '.svc, 127.0.0.1'}]}]";
  EXPECT_EQ(described(read(exempt)), "Proxied") << "the sidecar may need the proxy";
  EXPECT_EQ(described(read(exempt, true)), described(read("[{name: a}]"))) << "told that not";
  EXPECT_EQ(described(read(proxied + "]}]", true)), "Proxied") << "nobody would reach the sidecar";
}

TEST(ReadClientTest, OfTwoOfOneNameTheLastCounts) {
  EXPECT_EQ(described(read("[{name: a, env: [{name: OPENAI_BASE_URL, value: 'http://a/v1'}, "
                           "{name: OPENAI_BASE_URL, value: 'http://b/v1'}]}]")),
            described(read("[{name: a, env: [{name: OPENAI_BASE_URL, value: 'http://b/v1'}]}]")));
}

TEST(ReadClientTest, ContainersThatRunBeforeTheOthersCountToo) {
  PodTemplate pods = workload("app", "[{name: a}]")->pods;
  pods.init_containers =
      workload("app", "[{name: i, envFrom: [{secretRef: {name: s}}]}]")->pods.containers;
  EXPECT_EQ(described(read_client(pods, {}, kPort)), "EnvFrom");
}

TEST(LooksLikeClientTest, ByVariablesThatOnlyClientsHave) {
  const auto looks = [](const std::string& containers) {
    return looks_like_client(workload("app", containers)->pods);
  };
  EXPECT_TRUE(looks("[{name: a, env: [{name: OPENAI_API_KEY, valueFrom: {}}]}]"));
  EXPECT_TRUE(
      looks("[{name: x}, {name: a, env: [{name: ANTHROPIC_BASE_URL, value: 'http://a'}]}]"));
  EXPECT_FALSE(looks("[{name: a, env: [{name: OPENAI_ORG, value: o}]}]"));
}

}  // namespace
}  // namespace penstock::reconcile
