#include "operator/crd/documents.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/json/read.h"

namespace penstock::crd {
namespace {

using json::Value;

// What of a schema says too little, by its path.
class Gaps {
 public:
  void look(const Value& schema, const std::string& path) {
    const std::string type = schema.value("type", "");
    if (type == "array") {
      want(schema, "maxItems", path);
      want(schema, "x-kubernetes-list-type", path);
      look(schema.at("items"), path + "[]");
    } else if (type == "string" && !schema.contains("enum")) {
      want(schema, "maxLength", path);
    } else if (schema.contains("x-kubernetes-int-or-string")) {
      want(schema, "maxLength", path);
    }
    if (schema.contains("additionalProperties")) {
      want(schema, "maxProperties", path);
      look(schema.at("additionalProperties"), path + "{}");
    }
    for (const auto& [name, member] : schema.value("properties", Value::object()).items()) {
      const std::string place = path + "." + name;
      want(member, "description", place);
      look(member, place);
    }
    ++seen;
  }

  std::vector<std::string> found;
  int seen = 0;

 private:
  void want(const Value& schema, const char* key, const std::string& path) {
    if (!schema.contains(key)) {
      found.push_back(path + " has no " + key);
    }
  }
};

TEST(DefinitionsTest, EveryFieldIsDescribedAndEveryStringListAndMapHasABound) {
  Gaps gaps;
  for (const Document& document : documents()) {
    const Value definition = json::parse_yaml(document.yaml).documents.at(0).value;
    Value schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    EXPECT_TRUE(schema.contains("description")) << document.file;
    for (const char* own : {"apiVersion", "kind"}) {  // which the API server checks itself
      EXPECT_TRUE(schema["properties"][own].contains("description")) << document.file;
      schema["properties"].erase(own);
    }
    schema["properties"].erase("metadata");  // of which nothing may be said
    gaps.look(schema, document.file);
  }
  EXPECT_EQ(gaps.found, std::vector<std::string>{});
  EXPECT_GT(gaps.seen, 300) << "all three kinds were looked at, to their leaves";
}

TEST(DefinitionsTest, WhatIsMissingWouldBeFound) {
  Gaps gaps;
  gaps.look(json::parse_yaml("{type: object, properties: {a: {type: string}, b: {type: array, "
                             "description: d, items: {type: object, additionalProperties: {type: "
                             "integer}}}}}")
                .documents.at(0)
                .value,
            "x");
  EXPECT_EQ(gaps.found, (std::vector<std::string>{
                            "x.a has no description", "x.a has no maxLength", "x.b has no maxItems",
                            "x.b has no x-kubernetes-list-type", "x.b[] has no maxProperties"}));
}

}  // namespace
}  // namespace penstock::crd
