#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "lib/api/resources.h"

namespace penstock::api {
namespace {

using json::Strictness;

Resources read(std::string_view text, Strictness strictness = Strictness::kStrict,
               const std::string& file = "file.yaml") {
  Resources resources;
  add_text(resources, file, text, strictness);
  return resources;
}

std::vector<std::string> errors_of(const Resources& resources) {
  std::vector<std::string> errors;
  for (const ResourceError& error : resources.errors) {
    errors.push_back(to_string(error));
  }
  return errors;
}

constexpr std::string_view kTier =
    "apiVersion: penstock.dev/v1alpha1\n"
    "kind: CacheTier\n"
    "metadata: {name: memory, namespace: team-a}\n"
    "spec: {type: Memory}\n";

TEST(DocumentsTest, ReadsYamlAndJson) {
  const Resources yaml = read(kTier);
  ASSERT_TRUE(yaml.errors.empty()) << to_string(yaml.errors.front());
  ASSERT_EQ(yaml.tiers.size(), 1U);
  EXPECT_EQ(yaml.tiers[0].origin.name, (ObjectName{"team-a", "memory"}));
  EXPECT_EQ(yaml.tiers[0].origin.kind, "CacheTier");

  const Resources json = read(
      R"({"spec": {"type": "Memory"}, "metadata": {"namespace": "team-a", "name": "memory"},
          "kind": "CacheTier", "apiVersion": "penstock.dev/v1alpha1"})",
      Strictness::kStrict, "file.json");
  ASSERT_EQ(json.tiers.size(), 1U);
  EXPECT_EQ(json.tiers[0].canonical, yaml.tiers[0].canonical)
      << "neither format nor order is content";
}

TEST(DocumentsTest, TheNamespaceIsDefaultWhereNoneIsGiven) {
  const Resources resources = read(
      "{apiVersion: penstock.dev/v1alpha1, kind: CacheTier, metadata: {name: m}, "
      "spec: {type: Memory}}");
  EXPECT_EQ(to_string(resources.tiers.at(0).origin.name), "default/m");
}

TEST(DocumentsTest, TakesWhatAnApiServerAdds) {
  const Resources resources = read(
      "apiVersion: penstock.dev/v1alpha1\n"
      "kind: CacheTier\n"
      "metadata:\n"
      "  name: m\n"
      "  uid: 1b\n"
      "  generation: 3\n"
      "  resourceVersion: '7'\n"
      "  creationTimestamp: '2026-11-21T00:00:00Z'\n"
      "  managedFields: [{manager: kubectl}]\n"
      "  labels: {app: x}\n"
      "  annotations: {note: \"two\\nlines\"}\n"
      "spec: {type: Memory}\n"
      "status: {conditions: []}\n");
  EXPECT_EQ(errors_of(resources), std::vector<std::string>{});
}

TEST(DocumentsTest, ErrorsNameFileLineKindAndName) {
  const Resources resources = read(
      "# a comment\n"
      "apiVersion: penstock.dev/v1alpha1\n"
      "kind: CacheTier\n"
      "metadata: {name: m, lables: {}}\n"
      "spec:\n"
      "  type: memory\n"
      "  memory:\n"
      "    size: 1GB\n"
      "    evicton: LRU\n"
      "---\n"
      "apiVersion: penstock.dev/v1alpha1\n"
      "kind: CacheTier\n"
      "metadata: {name: M}\n"
      "---\n"
      "just text\n");
  struct Expected {
    const char* where;
    const char* says;
  };
  const std::vector<Expected> expected = {
      {"file.yaml:4 CacheTier default/m: metadata.lables", "did you mean \"labels\"?"},
      {"file.yaml:6 CacheTier default/m: spec.type", "one of Memory; did you mean \"Memory\"?"},
      {"file.yaml:9 CacheTier default/m: spec.memory.evicton", "did you mean \"eviction\"?"},
      {"file.yaml:8 CacheTier default/m: spec.memory.size", "must be a quantity such as 512Mi"},
      {"file.yaml:13 CacheTier: metadata.name", "must be a Kubernetes name"},
      {"file.yaml:11 CacheTier: spec", "is required"},
      {"file.yaml:15: must be a mapping", "apiVersion, kind, metadata and spec"},
  };
  const std::vector<std::string> errors = errors_of(resources);
  ASSERT_EQ(errors.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(errors[i].starts_with(expected[i].where)) << errors[i];
    EXPECT_NE(errors[i].find(expected[i].says), std::string::npos) << errors[i];
  }
}

TEST(DocumentsTest, OtherKindsAreErrorsForPeopleAndIgnoredWhenDelivered) {
  constexpr std::string_view kOthers =
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
      "---\n"
      "{apiVersion: penstock.dev/v1alpha1, kind: CacheTeir, metadata: {name: a}}\n"
      "---\n"
      "{apiVersion: penstock.dev/v9, kind: CacheTier, metadata: {name: a}}\n";
  const std::vector<std::string> expected = {
      "file.yaml:1: apiVersion must be penstock.dev/v1alpha1",
      "file.yaml:3: kind must be OptimizationPolicy, CacheTier or RoutingTable; did you mean "
      "\"CacheTier\"?",
      "file.yaml:5: apiVersion must be penstock.dev/v1alpha1"};
  EXPECT_EQ(errors_of(read(kOthers)), expected);

  const Resources tolerant = read(kOthers, Strictness::kTolerant);
  EXPECT_TRUE(tolerant.errors.empty());
  ASSERT_EQ(tolerant.ignored.size(), 3U);
  EXPECT_EQ(to_string(tolerant.ignored[1]), expected[1]);
}

TEST(DocumentsTest, DeliveredDocumentsMayHoldFieldsOfALaterVersion) {
  const Resources resources = read(
      "{apiVersion: penstock.dev/v1alpha1, kind: CacheTier, metadata: {name: m},\n"
      " spec: {type: Memory, memory: {compression: Zstd}, encryption: {}}}",
      Strictness::kTolerant);
  EXPECT_TRUE(resources.errors.empty());
  ASSERT_EQ(resources.ignored.size(), 2U);
  EXPECT_EQ(to_string(resources.ignored[0]),
            "file.yaml:2 CacheTier default/m: spec.encryption is not known to this version");
  EXPECT_EQ(resources.ignored[1].path, "spec.memory.compression");
  EXPECT_NE(resources.tiers.at(0).canonical.find("Zstd"), std::string::npos)
      << "the hash covers what this version does not know";
}

TEST(DocumentsTest, OneNameTwiceIsAnErrorThatNamesBothPlaces) {
  Resources resources = read(kTier);
  add_text(resources, "other.yaml", kTier, Strictness::kStrict);
  EXPECT_EQ(errors_of(resources),
            std::vector<std::string>{"other.yaml:1 CacheTier team-a/memory: is defined twice; it "
                                     "also stands in file.yaml:1"});
  EXPECT_EQ(resources.tiers.size(), 1U);
}

TEST(DocumentsTest, SyntaxErrorsNameFileAndLine) {
  const Resources resources = read("a: 1\na: 2\n");
  EXPECT_EQ(errors_of(resources).at(0),
            "file.yaml:2: key a stands twice in one mapping, first on line 1");
}

TEST(DocumentsTest, ABrokenDocumentIsStillThereByName) {
  const Resources resources =
      read("{apiVersion: penstock.dev/v1alpha1, kind: CacheTier, metadata: {name: m}, spec: {}}");
  EXPECT_FALSE(resources.errors.empty());
  EXPECT_EQ(resources.tiers.size(), 1U) << "so that references to it are not reported too";
}

TEST(ObjectNameTest, TakesTheDefaultNamespace) {
  EXPECT_EQ(parse_object_name("chat"), (ObjectName{"default", "chat"}));
  EXPECT_EQ(parse_object_name("team-a/chat.v2"), (ObjectName{"team-a", "chat.v2"}));
  for (const char* text : {"", "/", "a/", "/a", "a/b/c", "A/b", "a b"}) {
    EXPECT_FALSE(parse_object_name(text)) << text;
  }
}

}  // namespace
}  // namespace penstock::api
