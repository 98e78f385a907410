#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/api/resources.h"
#include "lib/json/text.h"

// tests/cases/resource_rules.yaml in C++; e2e/test_rules.py runs it on a real API server.
namespace penstock::api {
namespace {

std::string read_cases() {
  std::ifstream in("tests/cases/resource_rules.yaml", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(RuleCasesTest, EachIsAcceptedOrRefusedAtItsField) {
  const json::Text text = json::parse_yaml(read_cases());
  ASSERT_TRUE(text.errors.empty()) << text.errors.front().message;
  ASSERT_EQ(text.documents.size(), 1U);
  const json::Value& cases = text.documents.front().value;
  ASSERT_GT(cases.size(), 50U);
  for (const json::Value& row : cases) {
    const auto name = row.at("name").get<std::string>();
    const json::Value document = {{"apiVersion", kApiVersion},
                                  {"kind", row.at("kind")},
                                  {"metadata", {{"name", "x"}}},
                                  {"spec", row.at("spec")}};
    Resources resources;
    add_text(resources, "case.json", document.dump(), json::Strictness::kStrict);
    std::vector<std::string> paths;
    for (const ResourceError& error : resources.errors) {
      paths.push_back(error.path);
    }
    if (row.contains("at")) {
      EXPECT_NE(std::ranges::find(paths, row.at("at").get<std::string>()), paths.end())
          << name << ": " << (paths.empty() ? "accepted" : paths.front());
    } else {
      EXPECT_TRUE(paths.empty()) << name << ": " << to_string(resources.errors.front());
    }
  }
}

}  // namespace
}  // namespace penstock::api
