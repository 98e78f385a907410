#include "operator/webhook/pod_quality.h"

#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "lib/json/read.h"
#include "operator/webhook/pod_patch.h"

// tests/cases/pod_quality.yaml in C++; e2e/test_pod_quality.py runs it on a real API server.
namespace penstock::webhook {
namespace {

using json::Value;

Value read_cases() {
  std::ifstream in("tests/cases/pod_quality.yaml", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return json::parse_yaml(text).documents.at(0).value;
}

Value containers_of(const Value& resources) {
  Value containers = Value::array();
  for (const Value& one : resources) {
    containers.push_back({{"name", "c" + std::to_string(containers.size())}, {"resources", one}});
  }
  return containers;
}

TEST(PodQualityTest, EveryCaseOfTheTable) {
  const Value table = read_cases();
  const api::InjectionStatus plain{
      .hash = "1",
      .container = {{"name", kSidecarName}, {"resources", table["resources"]}},
      .guaranteed_resources = table["guaranteedResources"]};
  api::InjectionStatus redirected = plain;
  redirected.redirect = {{"name", "penstock-redirect"},
                         {"resources", table["redirect"]["resources"]}};
  ASSERT_EQ(table["cases"].size(), 16U);
  for (const Value& row : table["cases"]) {
    SCOPED_TRACE(row["name"].get<std::string>());
    Value pod = {{"metadata", {{"name", "p"}}},
                 {"spec", {{"containers", containers_of(row["containers"])}}}};
    if (row.contains("init")) {
      pod["spec"]["initContainers"] = containers_of(row["init"]);
    }
    const bool is_plain = row.contains("initName");
    if (is_plain) {
      pod["spec"]["initContainers"][0]["name"] = row["initName"];
    }
    if (row.contains("whole")) {
      pod["spec"]["resources"] = row["whole"];
    }
    const Value made = pod.patch(pod_patch(pod, is_plain ? plain : redirected));
    const Value& before = made["spec"]["initContainers"];
    const std::string out = row["out"];
    EXPECT_EQ(before[0].value("resources", Value()), out == "none" ? Value() : table[out]);
    if (!is_plain) {
      EXPECT_EQ(before[1]["name"], "penstock-redirect");
      EXPECT_EQ(before[1].value("resources", Value()),
                out == "none" ? Value() : table["redirect"][out]);
    }
  }
}

TEST(PodQualityTest, AnInjectionOfAnEarlierOperatorHasOneKindOfResources) {
  const Value table = read_cases();
  const api::InjectionStatus injection{
      .hash = "1", .container = {{"name", kSidecarName}, {"resources", table["resources"]}}};
  const Value pod = {{"metadata", {{"name", "p"}}},
                     {"spec", {{"containers", containers_of(table["cases"][0]["containers"])}}}};
  const Value made = pod.patch(pod_patch(pod, injection));
  EXPECT_EQ(made["spec"]["initContainers"][0]["resources"], table["resources"]);
}

}  // namespace
}  // namespace penstock::webhook
