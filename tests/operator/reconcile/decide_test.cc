#include "operator/reconcile/decide.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "lib/gzip/gzip.h"
#include "lib/json/write.h"
#include "operator/reconcile/sidecar_container.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::reconcile {
namespace {

// Of a Service that leads to this port of one pod.
Ptr<EndpointSlice> slice(const std::string& service, std::int64_t port, const std::string& of) {
  return std::make_shared<const EndpointSlice>(
      EndpointSlice{.service = service, .ports = {port}, .pods = {of}});
}

TEST(DecideTest, AGoodPolicyIsDeliveredAndInjected) {
  const World seen = world(policy("p", "{" + kSelector + "}"));
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Accepted"), "True Accepted");
  EXPECT_EQ(state(plan, "ResolvedRefs"), "True Resolved");
  EXPECT_EQ(state(plan, "Injected"), "Unknown NoPods");
  EXPECT_EQ(state(plan, "Programmed"), "Unknown NoSidecars");
  EXPECT_EQ(state(plan, "Degraded"), "False AsExpected");
  EXPECT_EQ(condition(plan, "Accepted").observed_generation, 3);
  EXPECT_EQ(plan.status.interception, "PortSwap");
  ASSERT_TRUE(plan.config);
  EXPECT_TRUE(plan.config->text.contains("policy.json"));
  const json::Value binding = json::Value::parse(plan.config->text.at("binding.json"))["spec"];
  EXPECT_FALSE(binding.contains("enginePort")) << "each pod's flags say that";
  EXPECT_EQ(binding["hash"], plan.status.hash);
  EXPECT_TRUE(plan.events.empty()) << "a good beginning is no news";
}

TEST(DecideTest, NothingIsWrittenOrSaidTwice) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  const Plan first = decide(seen, kSettings);
  seen = after(seen, first);
  seen.now = "2026-03-03T00:00:00Z";
  const Plan second = decide(seen, kSettings);
  EXPECT_EQ(json::write(second.status), json::write(first.status)) << "times of transitions stay";
  EXPECT_TRUE(second.events.empty());
}

TEST(DecideTest, ConditionsFollowThePods) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  const Plan first = decide(seen, kSettings);
  const std::string injection = first.status.injection->hash;
  const std::string hash = first.status.hash;

  add(seen, pod("plain"));
  add(seen, pod("old", "p", "older"));
  seen.reports = {{"ns/old", {}}};
  Plan plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Injected"), "False RestartRequired");
  EXPECT_EQ(condition(plan, "Injected").message,
            "1 of 2 pods carry the sidecar; kubectl -n ns rollout restart deployment/engine");
  EXPECT_EQ(state(plan, "Degraded"), "True SidecarUnreachable");
  EXPECT_EQ(plan.tell, std::vector<std::string>{"old"});

  seen.pods.clear();
  add(seen, pod("a", "p", injection));
  add(seen, pod("b", "p", injection));
  seen.reports = {{"ns/a", {.reachable = true, .hash = hash}},
                  {"ns/b", {.reachable = true, .hash = "older"}}};
  plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Injected"), "True Injected");
  EXPECT_EQ(state(plan, "Programmed"), "False Waiting");
  EXPECT_EQ(plan.status.pods,
            (api::PodCountsStatus{.selected = 2, .injected = 2, .programmed = 1}));
  EXPECT_EQ(state(plan, "Degraded"), "False AsExpected");

  seen.reports["ns/b"] = {.reachable = true, .hash = "older", .version = "1.0", .refuses = true};
  plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Programmed"), "False SidecarRefused");
  EXPECT_EQ(state(plan, "Degraded"), "True SidecarRefused");
  seen.reports["ns/b"].version = "0.9";
  plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Degraded"), "True SidecarTooOld");

  seen.reports["ns/b"] = {.reachable = true, .hash = hash, .proven = true};
  seen.reports["ns/a"].proven = true;
  plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Programmed"), "True Programmed");
  EXPECT_EQ(state(plan, "Degraded"), "False AsExpected");
}

// The NetworkPolicy of a message.
json::Value shown_in(const std::string& message) {
  return json::Value::parse(message.substr(message.find('{')));
}

TEST(DecideTest, SilenceOfThePortIsNoProof) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  const Plan first = decide(seen, kSettings);
  add(seen, pod("a", "p", first.status.injection->hash));
  seen.reports = {{"ns/a", {.reachable = true, .hash = first.status.hash}}};
  Plan plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Programmed"), "Unknown TrafficUnproven");
  const std::string message = condition(plan, "Programmed").message;
  EXPECT_TRUE(message.contains("is not known of a")) << message;
  EXPECT_EQ(shown_in(message)["spec"]["ingress"][0]["ports"][1]["port"], 8000);
  EXPECT_EQ(state(plan, "Degraded"), "False AsExpected") << "nothing is known to be wrong";

  World young = seen;
  young.judged_until = "2026-01-31T00:00:00Z";
  plan = decide(young, kSettings);
  EXPECT_EQ(state(plan, "Programmed"), "True Programmed");
  EXPECT_TRUE(plan.judge_later);

  World client = seen;
  client.pods.clear();
  Pod of_client = pod("a", "p", first.status.injection->hash);
  of_client.sidecar_port = 0;
  add(client, std::move(of_client));
  EXPECT_EQ(state(decide(client, kSettings), "Programmed"), "True Programmed")
      << "nobody comes to it by the network";

  World refused = seen;
  refused.policy = policy("p", "{" + kSelector + ", mode: Sometimes}", "2026-01-01T00:00:00Z",
                          json::write(first.status));
  EXPECT_EQ(state(decide(refused, kSettings), "Programmed"), "True Programmed")
      << "what runs may ask for certificates";
}

TEST(DecideTest, PortsThatRequireCertificatesAreNotJudgedBySilence) {
  const std::string certificate = "certificateRef: {name: s}";
  const std::string authority = certificate + ", clientCARef: {name: s, key: ca.crt}";
  for (const auto& [tls, expected] :
       {std::pair(certificate, "Unknown TrafficUnproven"), std::pair(authority, "True Programmed"),
        std::pair(authority + ", clientCertificates: Require", "True Programmed"),
        std::pair(authority + ", clientCertificates: Request", "Unknown TrafficUnproven")}) {
    World seen = world(policy("p", "{" + kSelector + ", listener: {tls: {" + tls + "}}}"));
    const Plan first = decide(seen, kSettings);
    ASSERT_TRUE(first.status.injection) << condition(first, "Accepted").message;
    add(seen, pod("a", "p", first.status.injection->hash));
    seen.reports = {{"ns/a", {.reachable = true, .hash = first.status.hash}}};
    EXPECT_EQ(state(decide(seen, kSettings), "Programmed"), expected) << tls;
  }
}

TEST(DecideTest, ProgrammedNeedsTrafficThatPasses) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  const Plan first = decide(seen, kSettings);
  add(seen, pod("a", "p", first.status.injection->hash));
  seen.reports = {{"ns/a", {.reachable = true, .hash = first.status.hash, .proven = true}}};
  Plan plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Programmed"), "True Programmed");
  EXPECT_EQ(plan.status.pods.proven, 1U);

  seen.reports["ns/a"].proven = false;
  plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Programmed"), "False TrafficUnproven");
  EXPECT_EQ(state(plan, "Degraded"), "True TrafficUnproven");
  seen.judged_until = "2026-01-31T00:00:00Z";
  plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Programmed"), "True Programmed") << "it is too young";
  EXPECT_TRUE(plan.judge_later);
  seen.judged_until = seen.pods[0]->ready_since;
  EXPECT_EQ(state(decide(seen, kSettings), "Programmed"), "False TrafficUnproven")
      << "the look that was put off judges";
  Pod starting = pod("a", "p", first.status.injection->hash);
  starting.ready = false;
  seen.pods.clear();
  add(seen, std::move(starting));
  EXPECT_FALSE(decide(seen, kSettings).judge_later) << "its readiness makes it looked at";

  seen = world(seen.policy);
  add(seen, pod("a", "p", first.status.injection->hash));
  seen.reports = {{"ns/a", {.reachable = true, .hash = first.status.hash, .proven = true}}};
  seen.slices = {slice("chat", 8000, "a"), slice("metrics", 9000, "a"), slice("other", 18000, "b")};
  plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Programmed"), "True Programmed");
  EXPECT_FALSE(plan.judge_later);
  seen.slices.push_back(slice("past", 18000, "a"));
  plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Programmed"), "False TrafficBypassed");
  EXPECT_TRUE(condition(plan, "Degraded").message.starts_with("Service past (port 18000) leads"));
}

TEST(DecideTest, AnUnreachableSidecarIsToldWithTheNetworkPolicyToAdd) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  add(seen, pod("a", "p"));
  seen.reports = {{"ns/a", {}}};
  const std::string message = condition(decide(seen, kSettings), "Degraded").message;
  EXPECT_TRUE(message.starts_with("(also RestartRequired) ")) << message;
  const json::Value shown = shown_in(message);
  EXPECT_EQ(shown["kind"], "NetworkPolicy");
  EXPECT_EQ(shown["spec"]["podSelector"]["matchLabels"]["app"], "llm");
  EXPECT_EQ(shown["spec"]["ingress"][0]["ports"][0]["port"], 15820);
  EXPECT_EQ(shown["spec"]["ingress"][0]["ports"][1]["port"], 8000) << "for the proof of traffic";
}

TEST(DecideTest, ASidecarThatDoesNotStartIsToldWithItsCause) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  const std::string injection = decide(seen, kSettings).status.injection->hash;
  Pod failing = pod("a", "p", injection);
  failing.ready = false;
  failing.sidecar_failure = "OOMKilled";
  add(seen, std::move(failing));
  seen.reports = {{"ns/a", {}}};
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Programmed"), "False SidecarFails");
  EXPECT_EQ(state(plan, "Degraded"), "True SidecarFails");
  const std::string& message = condition(plan, "Degraded").message;
  EXPECT_TRUE(message.contains("a (OOMKilled);")) << message;
  EXPECT_TRUE(message.ends_with("kubectl -n ns describe pod a")) << message;
}

TEST(DecideTest, PodsThatWereToldAndLagAreToBeReminded) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  const Plan first = decide(seen, kSettings);
  const auto add_pod = [&](const std::string& name, const std::string& delivered,
                           const SidecarReport& report) {
    Pod one = pod(name, "p", first.status.injection->hash);
    one.delivered = delivered;
    add(seen, std::move(one));
    seen.reports["ns/" + name] = report;
  };
  const std::string hash = first.status.hash;
  add_pod("lags", hash, {.reachable = true, .hash = "older"});
  add_pod("runs-it", hash, {.reachable = true, .hash = hash});
  add_pod("not-told", "older", {.reachable = true, .hash = "older"});
  add_pod("refuses", hash, {.reachable = true, .hash = "older", .refuses = true});
  add_pod("silent", hash, {});
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(plan.remind, std::vector<std::string>{"lags"});
  EXPECT_EQ(plan.tell, std::vector<std::string>{"not-told"});

  // What they should run is not known: nobody is told of anything.
  seen.policy = policy("p", "{selector: {}}", "2026-01-01T00:00:00Z", json::write(plan.status));
  EXPECT_TRUE(decide(seen, kSettings).remind.empty());
}

TEST(DecideTest, PodsThatAreNobodysBusinessAreNotCounted) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  for (const char* what : {"finished", "deleting", "host", "opted", "other"}) {
    Pod odd = pod(what);
    odd.finished = odd.meta.name == "finished";
    odd.meta.deleting = odd.meta.name == "deleting";
    odd.let_alone = odd.meta.name == "host";
    odd.opted_out = odd.meta.name == "opted";
    if (odd.meta.name == "other") {
      odd.meta.labels = {{"app", "else"}};
    }
    add(seen, std::move(odd));
  }
  EXPECT_EQ(decide(seen, kSettings).status.pods, api::PodCountsStatus{});
}

TEST(DecideTest, WhatIsNoLongerGoodKeepsWhatWas) {
  World seen = world(policy("p", "{" + kSelector + ", routing: {tableRef: {name: t}}}"));
  seen.tables = {table("t", "{backends: [{name: a, url: \"http://a\", dialect: OpenAI}]}")};
  const Plan good = decide(seen, kSettings);
  ASSERT_TRUE(good.config);
  EXPECT_TRUE(good.config->text.contains("table-t.json"));
  seen = after(seen, good);

  World unresolved = seen;
  unresolved.tables.clear();
  const Plan kept = decide(unresolved, kSettings);
  EXPECT_EQ(state(kept, "ResolvedRefs"), "False NotResolved");
  EXPECT_EQ(state(kept, "Degraded"), "True NotResolved");
  EXPECT_FALSE(kept.config) << "the ConfigMap stays as it is";
  EXPECT_EQ(kept.status.hash, good.status.hash);
  ASSERT_TRUE(kept.status.injection);
  EXPECT_EQ(json::write(*kept.status.injection), json::write(*good.status.injection));

  World invalid = seen;
  invalid.policy = policy("p", "{" + kSelector + ", mode: Sometimes}", "2026-01-01T00:00:00Z",
                          json::write(good.status));
  const Plan refused = decide(invalid, kSettings);
  EXPECT_EQ(state(refused, "Accepted"), "False Invalid");
  EXPECT_FALSE(refused.config);
  EXPECT_EQ(refused.status.injection->hash, good.status.injection->hash);
}

TEST(DecideTest, AnEditIsDeliveredWhateverBecomesOfTheInterception) {
  const std::string restart = ", interception: {rollout: Restart}";
  World seen = world(policy("p", "{" + kSelector + restart + "}"));
  const Plan good = decide(seen, kSettings);
  const Ptr<Workload> unknown = workload("other", "[{name: x, image: mine, args: [--listen]}]");
  World edited = seen;
  edited.workloads.push_back(unknown);
  edited.config_hash = good.status.hash;
  edited.policy = policy("p", "{" + kSelector + restart + ", mode: Off}", "2026-01-01T00:00:00Z",
                         json::write(good.status));
  add(edited, pod("a", "p", good.status.injection->hash));
  add(edited, pod("plain"));
  const Plan plan = decide(edited, kSettings);
  ASSERT_TRUE(plan.config);
  EXPECT_TRUE(plan.config->text.at("policy.json").contains("\"mode\":\"Off\""));
  EXPECT_NE(plan.status.hash, good.status.hash);
  EXPECT_EQ(plan.tell, std::vector<std::string>{"a"});
  EXPECT_EQ(state(plan, "Programmed"), "False Waiting");
  EXPECT_EQ(json::write(*plan.status.injection), json::write(*good.status.injection));
  EXPECT_EQ(plan.status.interception, "PortSwap");
  EXPECT_TRUE(condition(plan, "Degraded").message.contains("new pods are made as before"));
  EXPECT_TRUE(plan.evict.empty())
      << "whether it would come up as the policy wants it, nobody knows";
}

// Admission asks no pod what it has become.
TEST(DecideTest, WhatWouldBreakNewPodsIsGivenToNone) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  const Plan good = decide(seen, kSettings);
  ASSERT_TRUE(good.status.injection);
  const auto after = [&](const std::string& more_args) {
    World changed = seen;
    changed.config_hash = good.status.hash;
    changed.workloads = {workload(
        "engine", "[{name: vllm, image: vllm/vllm-openai, args: [--model, m" + more_args + "]}]")};
    changed.policy =
        policy("p", "{" + kSelector + "}", "2026-01-01T00:00:00Z", json::write(good.status));
    return decide(changed, kSettings);
  };
  EXPECT_TRUE(after("").status.injection);
  const Plan tls = after(", --ssl-keyfile, k, --ssl-certfile, c");
  EXPECT_FALSE(tls.status.injection);
  EXPECT_EQ(state(tls, "Injected"), "False EngineTls");
  EXPECT_EQ(tls.status.interception, "PortSwap") << "of those that run";
  const Plan address = after(", --host, 10.0.0.7");
  EXPECT_FALSE(address.status.injection);
  EXPECT_EQ(state(address, "Injected"), "False EngineAddress");
}

TEST(DecideTest, ARedirectEndsWhereItsPodsAreForbiddenAndNothingElseDoes) {
  for (const std::string mode : {"Redirect", "PortSwap"}) {
    World seen = world(policy("p", "{" + kSelector + ", interception: {mode: " + mode + "}}"));
    seen.pod_security = "privileged";
    const Plan good = decide(seen, kSettings);
    ASSERT_TRUE(good.status.injection) << mode;
    seen.config_hash = good.status.hash;
    seen.pod_security = "baseline";
    seen.policy = policy("p", "{" + kSelector + ", interception: {mode: Redirect}}",
                         "2026-01-01T00:00:00Z", json::write(good.status));
    const Plan forbidden = decide(seen, kSettings);
    EXPECT_EQ(forbidden.status.injection.has_value(), mode == "PortSwap");
  }
}

TEST(DecideTest, WhatIsDeliveredDependsOnNoWorkload) {
  const std::string client =
      "[{name: c, image: client, env: [{name: OPENAI_API_KEY, value: k}, {name: OPENAI_BASE_URL, "
      "value: \"https://gateway-a/v1\"}]}]";
  std::set<std::string> files;
  std::set<std::string> injections;
  const std::string moved = "[{name: vllm, image: vllm, args: [--port, \"9000\"]}]";
  const std::string elsewhere = std::string(client).replace(client.find("way-a"), 5, "way-b");
  for (const std::string& containers : {kVllm, moved, client, elsewhere}) {
    World seen = world(policy("p", "{" + kSelector + "}"));
    seen.workloads = {workload("w", containers)};
    const Plan plan = decide(seen, kSettings);
    ASSERT_TRUE(plan.config && plan.status.injection) << containers;
    files.insert(plan.config->text.at("binding.json"));
    injections.insert(plan.status.injection->hash);
  }
  EXPECT_EQ(files.size(), 1U);
  EXPECT_EQ(injections.size(), 4U) << "new pods are made otherwise";
}

// They obey the binding over their own flags, so it says what these do.
TEST(DecideTest, SidecarsOfEarlierReleasesAreToldWhatTheirFlagsSay) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  const Plan without = decide(seen, kSettings);
  const auto binding_of = [](const World& of) {
    const Plan plan = decide(of, kSettings);
    EXPECT_TRUE(plan.config);
    return json::Value::parse(plan.config->text.at("binding.json"))["spec"];
  };
  const auto add_earlier = [&seen](const std::string& name, const std::string& created,
                                   api::PassThrough flags) {
    Pod earlier = pod(name, "p", "older");
    earlier.meta.created = created;
    earlier.unheeded = std::move(flags);
    add(seen, std::move(earlier));
  };
  add_earlier("b", "2026-01-02T00:00:00Z", {.engine_port = 18'000});
  add_earlier("a", "2026-01-01T00:00:00Z", {.engine_port = 19'000});
  const json::Value engine = binding_of(seen);
  EXPECT_EQ(engine["enginePort"], 18'000) << "the youngest's";
  EXPECT_NE(engine["hash"], without.status.hash);
  seen.workloads = {workload("moved", "[{name: vllm, image: vllm, args: [--port, \"9000\"]}]")};
  EXPECT_EQ(binding_of(seen), engine);
  add_earlier("c", "2026-01-03T00:00:00Z",
              {.providers = api::ProvidersSpec{"https://a/v1", "https://b"}});
  const json::Value client = binding_of(seen);
  EXPECT_FALSE(client.contains("enginePort"));
  EXPECT_EQ(client["providers"]["anthropic"], "https://b");

  for (const Ptr<Pod>& one : std::exchange(seen.pods, {})) {
    Pod gone = *one;
    gone.finished = gone.meta.name != "b";
    gone.injected_by = gone.meta.name == "b" ? "another" : "p";
    add(seen, std::move(gone));
  }
  EXPECT_EQ(decide(seen, kSettings).status.hash, without.status.hash);
}

TEST(DecideTest, KeysOfSecretsAreNotLookedFor) {
  const auto message = [](const World& seen) {
    return condition(decide(seen, kSettings), "ResolvedRefs").message;
  };
  EXPECT_EQ(message(world(policy("p", "{" + kSelector + "}"))), "every reference leads somewhere");
  World seen = world(policy("p", "{" + kSelector +
                                     ", routing: {tableRef: {name: t}}, listener: "
                                     "{authentication: {keysRef: {name: keys, key: users}}}}"));
  seen.tables = {table("t",
                       "{backends: [{name: a, url: \"https://a\", dialect: OpenAI, credentials: "
                       "{secretRef: {name: api, key: token}}}]}")};
  EXPECT_EQ(message(seen),
            "every reference leads somewhere; these keys of Secrets, which the operator may not "
            "read, were not looked for: api/token, keys/users");
}

TEST(DecideTest, APolicyThatWasNeverGoodSelectsNothing) {
  World seen = world(policy("p", "{}"));
  add(seen, pod("a"));
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Accepted"), "False Invalid");
  EXPECT_EQ(state(plan, "Injected"), "False NotAccepted");
  EXPECT_EQ(plan.status.pods, api::PodCountsStatus{});
  EXPECT_TRUE(plan.evict.empty());
}

// A table whose models have names of 240 letters, the same in all or as if drawn by lot.
Ptr<Document> large_table(int backends, bool by_lot) {
  std::string text;
  std::uint32_t state = 1;
  for (int backend = 0; backend < backends; ++backend) {
    text +=
        "{name: b" + std::to_string(backend) + ", url: \"http://a\", dialect: OpenAI, models: [";
    for (int model = 0; model < 512; ++model) {
      std::string name = std::to_string(model) + "-";
      while (name.size() < 240) {
        state = state * 1'664'525U + 1'013'904'223U;  // Numerical Recipes' generator
        name += by_lot ? "abcdefghijklmnopqrstuvwxyz012345"[state >> 27U] : 'x';
      }
      text += "{name: \"" + name + "\"}, ";
    }
    text += "]}, ";
  }
  return table("t", "{backends: [" + text + "]}");
}

TEST(DecideTest, WhatIsLargeIsCompressed) {
  World seen = world(policy("p", "{" + kSelector + ", routing: {tableRef: {name: t}}}"));
  seen.tables = {large_table(10, false)};
  const Plan plan = decide(seen, kSettings);
  ASSERT_TRUE(plan.config);
  EXPECT_TRUE(plan.config->text.empty());
  const auto text = gzip::decompress(plan.config->bytes.at("table-t.json.gz"), 4U << 20U);
  ASSERT_TRUE(text);
  EXPECT_EQ(json::Value::parse(*text)["spec"], seen.tables[0]->spec);
  EXPECT_TRUE(plan.config->bytes.contains("binding.json.gz"));
}

TEST(DecideTest, WhatAConfigMapCannotHoldIsSaid) {
  World seen = world(policy("p", "{" + kSelector + ", routing: {tableRef: {name: t}}}"));
  seen.tables = {large_table(14, true)};
  const Plan plan = decide(seen, kSettings);
  EXPECT_EQ(state(plan, "Degraded"), "True TooLarge");
  EXPECT_FALSE(plan.config);
  EXPECT_FALSE(plan.status.injection);
}

TEST(DecideTest, WhatStandsInTheConfigMapIsNotMadeAgain) {
  World seen = world(policy("p", "{" + kSelector + "}"));
  const Plan first = decide(seen, kSettings);
  EXPECT_TRUE(first.config);
  seen.config_hash = first.status.hash;
  const Plan second = decide(seen, kSettings);
  EXPECT_FALSE(second.config);
  add(seen, pod("a", "p", first.status.injection->hash));
  EXPECT_EQ(decide(seen, kSettings).tell, std::vector<std::string>{"a"});
  EXPECT_EQ(second.status.hash, first.status.hash);
  EXPECT_TRUE(second.status.injection);
}

// As the chart tells: neither admission nor the operator touches its pods.
TEST(DecideTest, AnExcludedNamespaceIsToldOf) {
  World seen = world(policy("p", "{" + kSelector + ", interception: {rollout: Restart}}"));
  add(seen, pod("a"));
  Settings settings = kSettings;
  settings.excluded_namespaces = {"kube-system", "ns"};
  seen.policy = policy("p", "{" + kSelector + ", interception: {rollout: Restart}}",
                       "2026-01-01T00:00:00Z", json::write(decide(seen, kSettings).status));
  const Plan plan = decide(seen, settings);
  EXPECT_EQ(condition(plan, "Injected").reason, "NamespaceExcluded");
  EXPECT_FALSE(plan.status.injection);
  EXPECT_TRUE(plan.evict.empty());
  add(seen, pod("carries", "p", "from before"));
  EXPECT_EQ(condition(decide(seen, settings), "Degraded").reason, "AsExpected")
      << "nobody is told to restart what would come up plain";
}

}  // namespace
}  // namespace penstock::reconcile
