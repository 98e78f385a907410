#include "operator/webhook/review.h"

#include <gtest/gtest.h>

#include "operator/kube/base64.h"
#include "operator/webhook/pod_patch.h"

namespace penstock::webhook {
namespace {

using json::Value;

api::InjectionStatus injection(const std::string& name, api::LabelSelector selector) {
  return {.hash = "1",
          .selector = std::move(selector),
          .annotations = {{"penstock.dev/policy", name}},
          .grace = 90,
          .container = {{"name", kSidecarName}, {"ports", Value::array()}},
          .engine_pre_stop = {{"httpGet", {{"path", "/drained"}, {"port", 15820}}}},
          .volumes = {{{"name", "penstock-policy"}}}};
}

const api::LabelSelector kLlm{.match_labels = {{"app", "llm"}}};

Value pod() {
  return {{"metadata", {{"name", "p"}, {"labels", {{"app", "llm"}}}}},
          {"spec", {{"containers", Value::array({{{"name", "engine"}}})}}}};
}

std::string review(const Value& object) {
  return Value{{"apiVersion", "admission.k8s.io/v1"},
               {"kind", "AdmissionReview"},
               {"request", {{"uid", "u1"}, {"namespace", "team-a"}, {"object", object}}}}
      .dump();
}

// The pod that an API server makes of the answer.
Value made_of(const Value& object, const std::vector<api::InjectionStatus>& injections) {
  const Result<std::string> answer =
      answer_review(review(object), [&injections](const std::string& ns) {
        EXPECT_EQ(ns, "team-a");
        return injections;
      });
  EXPECT_TRUE(answer);
  const Value response = Value::parse(*answer)["response"];
  EXPECT_EQ(response["uid"], "u1");
  EXPECT_EQ(response["allowed"], true);
  if (!response.contains("patch")) {
    return object;
  }
  EXPECT_EQ(response["patchType"], "JSONPatch");
  return object.patch(Value::parse(*kube::decode_base64(response["patch"])));
}

TEST(ReviewTest, ASelectedPodGetsEverything) {
  const Value made = made_of(pod(), {injection("chat", kLlm)});
  EXPECT_EQ(made["spec"]["initContainers"][0]["name"], kSidecarName);
  EXPECT_EQ(made["spec"]["volumes"][0]["name"], "penstock-policy");
  EXPECT_EQ(made["spec"]["terminationGracePeriodSeconds"], 90);
  EXPECT_EQ(made["metadata"]["annotations"]["penstock.dev/policy"], "chat");
  EXPECT_EQ(made["spec"]["containers"][0]["lifecycle"]["preStop"]["httpGet"]["path"], "/drained");
}

TEST(ReviewTest, WhatThePodHasStays) {
  Value object = pod();
  object["spec"]["initContainers"] = Value::array({{{"name", "download"}}});
  object["spec"]["volumes"] = Value::array({{{"name", "models"}}});
  object["spec"]["terminationGracePeriodSeconds"] = 600;
  object["metadata"]["annotations"] = {{"a/b~c", "d"}};
  object["spec"]["containers"][0]["lifecycle"]["preStop"] = {{"exec", Value::object()}};
  const Value made = made_of(object, {injection("chat", kLlm)});
  EXPECT_EQ(made["spec"]["initContainers"][1]["name"], "download");
  EXPECT_EQ(made["spec"]["volumes"][0]["name"], "models");
  EXPECT_EQ(made["spec"]["terminationGracePeriodSeconds"], 600);
  EXPECT_EQ(made["metadata"]["annotations"].size(), 2U);
  EXPECT_EQ(made["spec"]["containers"][0]["lifecycle"],
            object["spec"]["containers"][0]["lifecycle"]);
}

TEST(ReviewTest, PullSecretsAreAddedToThoseOfThePod) {
  api::InjectionStatus wanted = injection("chat", kLlm);
  wanted.pull_secrets = {{"registry"}, {"mine"}};
  const Value both = Value::parse(R"([{"name":"mine"},{"name":"registry"}])");
  EXPECT_EQ(made_of(pod(), {wanted})["spec"]["imagePullSecrets"],
            Value::parse(R"([{"name":"registry"},{"name":"mine"}])"));
  Value object = pod();
  object["spec"]["imagePullSecrets"] = Value::parse(R"([{"name":"mine"}])");
  EXPECT_EQ(made_of(object, {wanted})["spec"]["imagePullSecrets"], both);
}

TEST(ReviewTest, RedirectFollowsTheSidecarAndTheEngineIsFoundByItsName) {
  api::InjectionStatus wanted = injection("chat", kLlm);
  wanted.redirect = {{"name", "penstock-redirect"}};
  wanted.engine_container = "engine";
  Value object = pod();
  object["spec"]["initContainers"] = Value::array({{{"name", "download"}}});
  object["spec"]["containers"].push_back({{"name", "proxy"}});
  const Value made = made_of(object, {wanted});
  EXPECT_EQ(made["spec"]["initContainers"][0]["name"], kSidecarName);
  EXPECT_EQ(made["spec"]["initContainers"][1]["name"], "penstock-redirect");
  EXPECT_EQ(made["spec"]["initContainers"][2]["name"], "download");
  EXPECT_TRUE(made["spec"]["containers"][0].contains("lifecycle"));
  EXPECT_FALSE(made["spec"]["containers"][1].contains("lifecycle"));
}

TEST(ReviewTest, PodsThatAreNoBusinessOfOurs) {
  const std::vector<api::InjectionStatus> one = {injection("chat", kLlm)};
  Value other = pod();
  other["metadata"]["labels"]["app"] = "web";
  EXPECT_EQ(made_of(other, one), other);
  Value opted_out = pod();
  opted_out["metadata"]["annotations"] = {{"penstock.dev/inject", "false"}};
  EXPECT_EQ(made_of(opted_out, one), opted_out);
  Value of_the_host = pod();
  of_the_host["spec"]["hostNetwork"] = true;
  EXPECT_EQ(made_of(of_the_host, one), of_the_host);
  Value mirror = pod();
  mirror["metadata"]["annotations"] = {{"kubernetes.io/config.mirror", "1"}};
  EXPECT_EQ(made_of(mirror, one), mirror);
  const Value injected = made_of(pod(), one);
  EXPECT_EQ(made_of(injected, one), injected) << "twice is once";
  std::vector<api::InjectionStatus> younger = {injection("chat", kLlm)};
  younger[0].yields = {kLlm};
  EXPECT_EQ(made_of(pod(), younger), pod()) << "an older policy has it";
}

TEST(ReviewTest, TheFirstThatConcernsThePodHasIt) {
  std::vector<api::InjectionStatus> both = {injection("first", {.match_labels = {{"app", "web"}}}),
                                            injection("second", kLlm), injection("third", kLlm)};
  EXPECT_EQ(made_of(pod(), both)["metadata"]["annotations"]["penstock.dev/policy"], "second");
}

TEST(ReviewTest, WhatIsNoReviewIsAnError) {
  const InjectionsOf none = [](const std::string&) { return std::vector<api::InjectionStatus>(); };
  for (const char* body : {"", "{", "[]", "null", "{}", R"({"kind":"AdmissionReview"})",
                           R"({"kind":"AdmissionReview","request":{"uid":"u","object":7}})",
                           R"({"kind":"Pod","request":{"uid":"u","object":{}}})"}) {
    EXPECT_FALSE(answer_review(body, none)) << body;
  }
  EXPECT_TRUE(answer_review(review(Value::object()), none)) << "a strange pod is no concern";
}

TEST(ReviewTest, AnAbyssOfListsIsNoAbyssOfCalls) {
  const std::string deep = std::string(2'000'000, '[') + std::string(2'000'000, ']');
  const std::string body =
      R"({"kind":"AdmissionReview","request":{"uid":"u","namespace":"team-a","object":{"a":)" +
      deep + "}}}";
  EXPECT_TRUE(answer_review(body, [](const std::string&) {
    return std::vector<api::InjectionStatus>{injection("chat", kLlm)};
  }));
}

// A pod as strange as JSON allows: fields of other types than the API's.
TEST(ReviewTest, AMalformedPodIsLeftAlone) {
  const std::vector<api::InjectionStatus> one = {injection("chat", kLlm)};
  for (const char* text :
       {R"({"metadata":7,"spec":7})", R"({"metadata":{"labels":[]},"spec":{"containers":{}}})",
        R"({"metadata":{"labels":{"app":7}},"spec":{"initContainers":7}})"}) {
    const Value object = Value::parse(text);
    EXPECT_EQ(made_of(object, one), object) << text;
  }
}

}  // namespace
}  // namespace penstock::webhook
