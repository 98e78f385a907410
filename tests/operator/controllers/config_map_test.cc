#include "operator/controllers/config_map.h"

#include <gtest/gtest.h>

#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

using json::Value;

Value written() {
  return config_map_of(*reconcile::policy("one", "{selector: {matchLabels: {app: llm}}}"), "7",
                       {.text = {{"policy.json", "{}"}}, .bytes = {{"table.json.gz", "\x01\x02"}}});
}

TEST(ConfigMapTest, WhatWasWrittenIsIntact) {
  const ConfigMap read = read_config_map(written());
  EXPECT_EQ(read.meta.key(), "ns/penstock-one");
  EXPECT_EQ(read.hash, "7");
  EXPECT_EQ(read.owner_uid, "u-one");
  EXPECT_EQ(read.intact, true);
}

TEST(ConfigMapTest, AnyEditOfItsContentIsSeen) {
  for (const char* edit :
       {"{data: {policy.json: '{ }'}}", "{data: {more: x}}", "{data: {policy.json: null}}",
        "{binaryData: {table.json.gz: AQM=}}", "{binaryData: {more: AQM=}}", "{data: null}"}) {
    Value object = written();
    object.merge_patch(reconcile::yaml(edit));
    EXPECT_EQ(read_config_map(object).intact, false) << edit;
  }
}

TEST(ConfigMapTest, AnAbsentPartIsAnEmptyOne) {
  Value object = config_map_of(*reconcile::policy("one", "{}"), "7", {});
  object.erase("data");  // as API servers drop empty ones
  object.erase("binaryData");
  EXPECT_EQ(read_config_map(object).intact, true);
}

TEST(ConfigMapTest, ItSaysHowItsSidecarsListen) {
  using reconcile::ListenerKind;
  for (const ListenerKind kind :
       {ListenerKind::kPlain, ListenerKind::kTls, ListenerKind::kCertificate}) {
    const reconcile::ConfigContent content{.text = {}, .bytes = {}, .listener = kind};
    EXPECT_EQ(
        read_config_map(config_map_of(*reconcile::policy("one", "{}"), "7", content)).listener,
        kind);
  }
  Value object = written();
  EXPECT_EQ(object["metadata"]["annotations"]["penstock.dev/listener"], "plain");
  for (const char* other : {"null", "quic"}) {
    object.merge_patch(reconcile::yaml(
        std::string("{metadata: {annotations: {penstock.dev/listener: ") + other + "}}}"));
    EXPECT_EQ(read_config_map(object).listener, std::nullopt) << other;
  }
}

TEST(ConfigMapTest, OneThatNobodyOwnsIsOursByItsMarks) {
  Value object = written();
  EXPECT_FALSE(read_config_map(object).is_orphan);
  object["metadata"].erase("ownerReferences");
  EXPECT_TRUE(read_config_map(object).is_orphan);
  for (const char* edit :
       {"{labels: null}", "{labels: {app.kubernetes.io/managed-by: Helm}}",
        "{annotations: {penstock.dev/hash: null}}",
        "{ownerReferences: [{apiVersion: v1, kind: Secret, name: s, uid: u}]}"}) {
    Value other = object;
    other["metadata"].merge_patch(reconcile::yaml(edit));
    EXPECT_FALSE(read_config_map(other).is_orphan) << edit;
  }
}

TEST(ConfigMapTest, OneOfAnEarlierOperatorDoesNotSay) {
  Value object = written();
  object["metadata"]["annotations"].erase("penstock.dev/content");
  EXPECT_EQ(read_config_map(object).intact, std::nullopt);
  EXPECT_EQ(read_config_map({}).intact, std::nullopt);
}

}  // namespace
}  // namespace penstock::controllers
