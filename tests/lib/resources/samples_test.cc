#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/json/schema.h"
#include "lib/json/text.h"
#include "lib/resolve/resolve.h"
#include "lib/resources/load.h"

namespace penstock::resources {
namespace {

namespace fs = std::filesystem;

// Tests run in the repository's root.
const fs::path kSamples = "deploy/samples";

TEST(SamplesTest, EachLoadsStrictlyAndResolves) {
  std::size_t samples = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(kSamples)) {
    const api::Resources resources = load(entry.path(), json::Strictness::kStrict);
    const api::OptimizationPolicySpec& spec = resources.policies.front().spec;
    // In a cluster: calls go on to the pod's engine, or where clients meant them to go, which the
    // flags of its sidecar say.
    std::optional<api::PassThrough> own;
    if (spec.interception.mode == api::InterceptionMode::kEnvironment) {
      own.emplace().providers = api::ProvidersSpec{"https://a", "https://b"};
    } else if (spec.autoscaling && !spec.routing) {
      own.emplace().engine_port = 18'000;
    }
    const resolve::ResolveResult policy = resolve::resolve(resources, std::nullopt, own);
    EXPECT_TRUE(policy) << entry.path() << ": " << to_string(policy.error().front());
    ++samples;
  }
  EXPECT_GE(samples, 3U);
}

// Appends what `fields` lists and `value`, some object or list of objects of that type, never sets.
void find_unset(const std::vector<json::FieldInfo>& fields,
                const std::vector<const json::Value*>& values, const std::string& path,
                std::vector<std::string>& unset) {
  for (const json::FieldInfo& field : fields) {
    std::vector<const json::Value*> found;
    for (const json::Value* value : values) {
      if (const auto member = value->find(field.name); member != value->end()) {
        found.push_back(&*member);
      }
    }
    const std::string at = path + "." + field.name;
    if (found.empty()) {
      unset.push_back(at);
    } else if (field.kind == json::Kind::kObject) {
      find_unset(field.children, found, at, unset);
    } else if (field.kind == json::Kind::kList && !field.children.front().children.empty()) {
      std::vector<const json::Value*> elements;
      for (const json::Value* list : found) {
        for (const json::Value& element : *list) {
          elements.push_back(&element);
        }
      }
      find_unset(field.children.front().children, elements, at, unset);
    }
  }
}

// A field that nobody sees in an example is a field that nobody uses.
TEST(SamplesTest, TheFullOneShowsEveryField) {
  const auto parsed = [](const char* file) {
    std::ifstream in(kSamples / file);
    return json::parse_yaml(std::string{std::istreambuf_iterator<char>(in), {}});
  };
  const json::Text text = parsed("full.yaml");
  ASSERT_EQ(text.documents.size(), 3U);
  // Of what cannot stand in one policy together, the rest.
  const json::Text nodes = parsed("nodes.yaml");
  ASSERT_EQ(nodes.documents.size(), 1U);
  // Of what works stand-alone only.
  const json::Text price_files = parsed("price-files.yaml");
  ASSERT_EQ(price_files.documents.size(), 2U);
  std::vector<std::string> unset;
  find_unset(json::describe<api::OptimizationPolicySpec>(),
             {&text.documents[0].value["spec"], &nodes.documents[0].value["spec"]},
             "OptimizationPolicy", unset);
  find_unset(json::describe<api::CacheTierSpec>(), {&text.documents[1].value["spec"]}, "CacheTier",
             unset);
  find_unset(json::describe<api::RoutingTableSpec>(),
             {&text.documents[2].value["spec"], &price_files.documents[1].value["spec"]},
             "RoutingTable", unset);
  EXPECT_EQ(unset, std::vector<std::string>{});
}

}  // namespace
}  // namespace penstock::resources
