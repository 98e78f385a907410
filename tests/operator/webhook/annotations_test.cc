#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "lib/json/read.h"
#include "operator/webhook/pod_patch.h"

// tests/cases/annotations.yaml in C++; e2e/test_annotations.py runs it on a real API server.
namespace penstock::webhook {
namespace {

using json::Value;

Value read_cases() {
  std::ifstream in("tests/cases/annotations.yaml", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return json::parse_yaml(text).documents.at(0).value;
}

TEST(AnnotationsTest, EveryCaseOfTheTable) {
  const Value table = read_cases();
  api::InjectionStatus injection{.hash = "1", .container = {{"name", kSidecarName}}};
  for (const auto& [name, value] : table["annotations"].items()) {
    injection.annotations.emplace(name, value.get<std::string>());
  }
  ASSERT_EQ(table["cases"].size(), 5U);
  for (const Value& row : table["cases"]) {
    SCOPED_TRACE(row["name"].get<std::string>());
    Value pod = {{"metadata", {{"name", "p"}}},
                 {"spec", {{"containers", Value::array({{{"name", "engine"}}})}}}};
    if (!row["in"].empty()) {
      pod["metadata"]["annotations"] = row["in"];
    }
    const Value made = pod.patch(pod_patch(pod, injection));
    EXPECT_EQ(made["metadata"]["annotations"], row["out"]);
  }
}

}  // namespace
}  // namespace penstock::webhook
