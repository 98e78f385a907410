#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "lib/json/read.h"
#include "operator/webhook/pod_patch.h"

// tests/cases/grace.yaml in C++; e2e/test_grace.py runs it on a real API server.
namespace penstock::webhook {
namespace {

using json::Value;

Value read_cases() {
  std::ifstream in("tests/cases/grace.yaml", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return json::parse_yaml(text).documents.at(0).value;
}

Value pod_with(const Value& grace) {
  Value pod = {{"metadata", {{"name", "p"}}},
               {"spec", {{"containers", Value::array({{{"name", "engine"}}})}}}};
  if (!grace.is_null()) {
    pod["spec"]["terminationGracePeriodSeconds"] = grace;
  }
  return pod;
}

Value arguments(const Value& drain) {
  return Value::array({"--engine-port", "1", "--drain-grace", drain, "--admin", "a"});
}

TEST(GraceTest, EveryCaseOfTheTable) {
  std::size_t seen = 0;
  for (const auto& [name, policy] : read_cases()["policies"].items()) {
    const api::InjectionStatus injection{
        .hash = "1",
        .grace = policy["grace"].get<std::int64_t>(),
        .container = {{"name", kSidecarName}, {"args", arguments(policy["drain"])}}};
    for (const Value& row : policy["cases"]) {
      SCOPED_TRACE(name + ": " + row["name"].get<std::string>());
      const Value pod = pod_with(row["in"]);
      const Value made = pod.patch(pod_patch(pod, injection));
      EXPECT_EQ(made["spec"]["terminationGracePeriodSeconds"], row["grace"]);
      EXPECT_EQ(made["spec"]["initContainers"][0]["args"], arguments(row["drain"]));
      ++seen;
    }
  }
  EXPECT_EQ(seen, 15U);
}

TEST(GraceTest, ASidecarThatHasNoDrainOfItsOwnKeepsItsArguments) {
  for (const Value& args :
       {Value(), Value::array(), Value::array({"--admin", "a"}), Value::array({"--drain-grace"})}) {
    api::InjectionStatus injection{.hash = "1", .container = {{"name", kSidecarName}}};
    if (!args.is_null()) {
      injection.container["args"] = args;
    }
    const Value pod = pod_with(600);
    const Value made = pod.patch(pod_patch(pod, injection));
    EXPECT_EQ(made["spec"]["initContainers"][0].value("args", Value()), args);
  }
}

}  // namespace
}  // namespace penstock::webhook
