#include "operator/kube/object_meta.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/json/text.h"

namespace penstock::kube {
namespace {

json::Value yaml(const std::string& text) {
  return json::parse_yaml(text).documents.at(0).value;
}

TEST(ObjectMetaTest, WhoOwnsAFieldOfTheSpec) {
  const json::Value object = yaml(
      "{metadata: {managedFields: [{manager: kubectl, operation: Update, time: t1, fieldsV1: "
      "{f:spec: {f:template: {}}}}, {manager: gitops, operation: Apply, time: t2, fieldsV1: "
      "{f:spec: {f:replicas: {}}}}, {manager: scaler, operation: Update, subresource: scale, time: "
      "t3, fieldsV1: {f:spec: {f:replicas: {}}}}, {manager: other, operation: Update, fieldsV1: "
      "{f:status: {f:replicas: {}}}}, nonsense]}}");
  EXPECT_EQ(owners_of(object, "replicas"),
            (std::vector<FieldOwner>{{.manager = "gitops", .applies = true, .time = "t2"},
                                     {.manager = "scaler", .applies = false, .time = "t3"}}));
  EXPECT_TRUE(owners_of(yaml("{metadata: {managedFields: 7}}"), "replicas").empty());
}

TEST(ObjectMetaTest, AnObjectHasBoundedOwners) {
  std::string entries;
  for (int i = 0; i < 100; ++i) {
    entries += "{manager: m" + std::to_string(i) + ", fieldsV1: {f:spec: {f:replicas: {}}}},";
  }
  const json::Value object = yaml("{metadata: {managedFields: [" + entries + "]}}");
  EXPECT_EQ(owners_of(object, "replicas").size(), kOwnersMax);
}

TEST(ObjectMetaTest, WhatIsMadeOfAnObjectIsCalledAfterIt) {
  EXPECT_TRUE(is_made_of("gpu", "gpu-7d9f8b"));
  EXPECT_TRUE(is_made_of("gpu-spot", "gpu-spot-7d9f8b"));
  EXPECT_FALSE(is_made_of("gpu", "gpu-spot-7d9f8b"));
  EXPECT_FALSE(is_made_of("gpu", "gpus-7d9f8b"));
  EXPECT_FALSE(is_made_of("gpu", "gpu"));
  EXPECT_FALSE(is_made_of("gpu", "gpu-"));
}

}  // namespace
}  // namespace penstock::kube
