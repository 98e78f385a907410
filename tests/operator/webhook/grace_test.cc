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

TEST(GraceTest, EveryCaseOfTheTable) {
  const Value table = read_cases();
  const api::InjectionStatus injection{
      .hash = "1",
      .grace = table["grace"].get<std::int64_t>(),
      .container = {{"name", kSidecarName},
                    {"args", Value::array({"--engine-port", "1", "--drain-grace", table["drain"],
                                           "--admin", "a"})}}};
  ASSERT_EQ(table["cases"].size(), 8U);
  for (const Value& row : table["cases"]) {
    SCOPED_TRACE(row["name"].get<std::string>());
    const Value pod = pod_with(row["in"]);
    const Value made = pod.patch(pod_patch(pod, injection));
    EXPECT_EQ(made["spec"]["terminationGracePeriodSeconds"], row["grace"]);
    EXPECT_EQ(made["spec"]["initContainers"][0]["args"],
              Value::array({"--engine-port", "1", "--drain-grace", row["drain"], "--admin", "a"}));
  }
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
