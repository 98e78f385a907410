#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "lib/json/read.h"
#include "operator/webhook/pod_patch.h"

// tests/cases/client_environment.yaml in C++; e2e/test_client_environment.py runs it on a real API
// server.
namespace penstock::webhook {
namespace {

using json::Value;

TEST(ClientEnvironmentTest, EveryCaseOfTheTable) {
  std::ifstream in("tests/cases/client_environment.yaml", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const Value table = json::parse_yaml(text).documents.at(0).value;
  ASSERT_GT(table["cases"].size(), 10U);
  for (const Value& row : table["cases"]) {
    SCOPED_TRACE(row["name"].get<std::string>());
    api::InjectionStatus injection{
        .hash = "1", .container = {{"name", kSidecarName}, {"ports", Value::array()}}};
    json::Reader reader(json::Strictness::kStrict);
    json::read(reader, table["environments"][row["environment"].get<std::string>()],
               injection.environment.emplace());
    ASSERT_TRUE(reader.errors().empty());
    Value pod = {{"metadata", {{"name", "p"}}}, {"spec", {{"containers", row["in"]}}}};
    if (row.contains("init")) {
      pod["spec"]["initContainers"] = row["init"];
    }
    const Value made = pod.patch(pod_patch(pod, injection));
    if (!row.contains("out")) {
      // Where it is not certain nothing is put in, and the validating policy refuses the pod.
      EXPECT_EQ(made, pod);
      continue;
    }
    Value before = made["spec"]["initContainers"];
    EXPECT_EQ(before[0]["name"], kSidecarName);
    before.erase(0);
    const Value as_it_was = row.value("init", Value::array());
    EXPECT_EQ(before, row.value("initOut", as_it_was));
    EXPECT_EQ(made["spec"]["containers"], row["out"]);
  }
}

}  // namespace
}  // namespace penstock::webhook
