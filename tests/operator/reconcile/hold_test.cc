#include "operator/reconcile/hold.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/operator/reconcile/worlds.h"

namespace penstock::reconcile {
namespace {

const std::map<std::string, std::string> kLabels = {{"app", "llm"}, {"tier", "gpu"}};

Ptr<Policy> sleepy(const std::string& hold = "{}", const std::string& more = "") {
  return policy("chat",
                "{selector: {matchLabels: {app: llm}}, autoscaling: {target: {name: engine}, "
                "maxReplicas: 2, scaleToZero: {hold: " +
                    hold + "}}" + more + "}");
}

Ptr<Service> a_service(const std::string& name, const std::string& spec,
                       const std::string& labels = "{}") {
  return std::make_shared<const Service>(controllers::read_service(
      yaml("{metadata: {name: " + name + ", namespace: ns, labels: " + labels + "}, spec: " + spec +
           "}")));
}

Ptr<Service> front(const std::string& name = "front") {
  return a_service(name,
                   "{clusterIP: 10.0.0.9, selector: {app: llm}, ports: [{port: 80, targetPort: "
                   "8000}]}");
}

HeldService held(const Ptr<Policy>& of, const std::vector<Ptr<Service>>& services) {
  return held_service(*of, &kLabels, services);
}

TEST(HoldTest, TheOneServiceThatSelectsTheTargetsPodsIsHeld) {
  const Ptr<Service> other =
      a_service("other", "{clusterIP: 10.0.0.8, selector: {app: web}, ports: [{port: 80}]}");
  const Ptr<Service> nobody = a_service("nobody", "{clusterIP: 10.0.0.7, ports: [{port: 80}]}");
  const Ptr<Service> own =
      a_service("chat-hold", "{clusterIP: 10.0.0.6, selector: {app: llm}, ports: [{port: 80}]}",
                "{penstock.dev/hold: chat-hold}");
  const HeldService found = held(sleepy(), {other, nobody, own, front()});
  ASSERT_NE(found.service, nullptr) << found.reason;
  EXPECT_EQ(found.service->meta.name, "front");
  EXPECT_EQ(found.port.number, 80);
  EXPECT_EQ(found.port.target_number, 8000);
}

TEST(HoldTest, WhereItIsNotClearWhichItSaysSo) {
  EXPECT_EQ(held(sleepy(), {}).reason, "ServiceNotFound");
  const HeldService two = held(sleepy(), {front("a"), front("b")});
  EXPECT_EQ(two.reason, "ServiceAmbiguous");
  EXPECT_NE(two.message.find("a, b"), std::string::npos) << two.message;
  EXPECT_EQ(held(sleepy("{service: b}"), {front("a"), front("b")}).service->meta.name, "b");
  EXPECT_EQ(held(sleepy("{service: c}"), {front("a"), front("b")}).reason, "ServiceNotFound");
  // A target that nobody watches.
  EXPECT_EQ(held_service(*sleepy(), nullptr, {front()}).reason, "ServiceNotFound");
  EXPECT_NE(held_service(*sleepy("{service: front}"), nullptr, {front()}).service, nullptr);
}

TEST(HoldTest, ItStandsInForOnePort) {
  const Ptr<Service> several =
      a_service("front",
                "{clusterIP: 10.0.0.9, selector: {app: llm}, ports: [{name: http, port: 80, "
                "targetPort: web}, "
                "{name: metrics, port: 9090}, {name: dns, port: 53, protocol: UDP}]}");
  EXPECT_EQ(held(sleepy(), {several}).reason, "PortAmbiguous");
  EXPECT_EQ(held(sleepy("{port: grpc}"), {several}).reason, "PortNotFound");
  EXPECT_EQ(held(sleepy("{port: dns}"), {several}).reason, "PortNotFound");
  const HeldService found = held(sleepy("{port: http}"), {several});
  ASSERT_NE(found.service, nullptr) << found.reason;
  EXPECT_EQ(hold_service(*sleepy(), found)["spec"]["ports"][0]["targetPort"], "web");
  EXPECT_EQ(hold_slice(*sleepy(), found, {}, {})["ports"][0]["name"], "http");
}

TEST(HoldTest, WhatCannotBeHeldIsRefused) {
  const Ptr<Service> headless =
      a_service("front", "{clusterIP: None, selector: {app: llm}, ports: [{port: 80}]}");
  EXPECT_EQ(held(sleepy(), {headless}).reason, "ServiceHeadless");
  const Ptr<Service> nobody = a_service("nobody", "{clusterIP: 10.0.0.7, ports: [{port: 80}]}");
  EXPECT_EQ(held(sleepy("{service: nobody}"), {nobody}).reason, "ServiceWithoutSelector");
  const Ptr<Policy> tls = sleepy("{}", ", listener: {tls: {certificateRef: {name: t}}}");
  ASSERT_TRUE(tls->errors.empty()) << tls->errors.front();
  EXPECT_EQ(held(tls, {front()}).reason, "ListenerTls");
}

TEST(HoldTest, TheDeploymentReachesPodsByItsOwnServiceAndIsRestricted) {
  const Ptr<Policy> of = sleepy("{maxWait: 90500ms, maxRequests: 7}");
  const HeldService at = held(of, {front()});
  const json::Value made = hold_deployment(*of, at, "10.0.0.77",
                                           {.sidecar_image = "img:1", .image_pull_secrets = {"p"}});
  EXPECT_EQ(made["metadata"]["name"], "chat-hold");
  EXPECT_EQ(made["metadata"]["ownerReferences"][0]["uid"], "u-chat");
  const json::Value& pod = made["spec"]["template"]["spec"];
  const auto args = pod["containers"][0]["args"].get<std::vector<std::string>>();
  const auto after = [&args](const std::string& flag) {
    return *(std::ranges::find(args, flag) + 1);
  };
  EXPECT_EQ(after("--upstream"), "http://10.0.0.77:80");
  EXPECT_EQ(after("--hold"), "91s");
  EXPECT_EQ(after("--hold-requests"), "7");
  EXPECT_EQ(pod["containers"][0]["image"], "img:1");
  EXPECT_EQ(pod["imagePullSecrets"][0]["name"], "p");
  EXPECT_EQ(pod["securityContext"]["runAsNonRoot"], true);
  EXPECT_EQ(pod["containers"][0]["securityContext"]["capabilities"]["drop"][0], "ALL");
  EXPECT_EQ(pod["automountServiceAccountToken"], false);
  EXPECT_GT(pod["terminationGracePeriodSeconds"], 91 + 60);
  // It is no pod of the policy, and gets no sidecar.
  EXPECT_FALSE(made["spec"]["template"]["metadata"]["labels"].contains("app"));
  EXPECT_EQ(made["spec"]["template"]["metadata"]["annotations"]["penstock.dev/inject"], "false");
  const json::Value six = hold_deployment(*of, at, "fd00::1", {});
  EXPECT_EQ(six["spec"]["template"]["spec"]["containers"][0]["args"][1], "http://[fd00::1]:80");
}

TEST(HoldTest, AnObjectIsKnownByItsHash) {
  const Ptr<Policy> of = sleepy();
  const HeldService at = held(of, {front()});
  const auto hash = [&](const std::string& address) {
    return hold_deployment(*of, at, address, {})["metadata"]["labels"][kHoldHashLabel];
  };
  EXPECT_EQ(hash("10.0.0.1"), hash("10.0.0.1"));
  EXPECT_NE(hash("10.0.0.1"), hash("10.0.0.2"));
}

TEST(HoldTest, ItsSliceBelongsToTheUsersService) {
  const Ptr<Policy> of = sleepy();
  const HeldService at = held(of, {front()});
  const json::Value made =
      hold_slice(*of, at, {{"chat-hold-1", "10.1.0.3"}}, {.bind_port = 15'801});
  EXPECT_EQ(made["metadata"]["labels"]["kubernetes.io/service-name"], "front");
  EXPECT_EQ(made["metadata"]["labels"]["endpointslice.kubernetes.io/managed-by"], "penstock.dev");
  EXPECT_EQ(made["addressType"], "IPv4");
  EXPECT_EQ(made["ports"][0]["port"], 15'801);
  const EndpointSlice read = controllers::read_endpoint_slice(made);
  EXPECT_EQ(read.addresses, std::vector<std::string>{"10.1.0.3"});
  EXPECT_TRUE(read.ready);
  EXPECT_FALSE(controllers::read_endpoint_slice(hold_slice(*of, at, {}, {})).ready);
}

TEST(HoldTest, ItsNameFitsWhateverThePolicysIs) {
  EXPECT_EQ(hold_name("chat"), "chat-hold");
  EXPECT_EQ(hold_name(std::string(58, 'a')), std::string(58, 'a') + "-hold");
  for (const std::string& name :
       {std::string(59, 'a'), std::string("a.b"), std::string(253, 'x')}) {
    EXPECT_LE(hold_name(name).size(), 63U);
    EXPECT_FALSE(hold_name(name).contains('.'));
  }
  EXPECT_NE(hold_name("a.b"), hold_name("a.c"));
}

}  // namespace
}  // namespace penstock::reconcile
