#include "operator/controllers/kept_configs.h"

#include <string>

#include <gtest/gtest.h>

namespace penstock::controllers {
namespace {

reconcile::DeliveredConfig config(const std::string& hash, std::size_t bytes) {
  return {.hash = hash, .content = {.text = {{"a", std::string(bytes, 'x')}}}};
}

TEST(KeptConfigsTest, TheLastOfEachPolicyIsKept) {
  KeptConfigs kept;
  EXPECT_EQ(kept.find("ns/p"), nullptr);
  kept.keep("ns/p", config("1", 10));
  kept.keep("ns/q", config("2", 10));
  kept.keep("ns/p", config("3", 20));
  EXPECT_EQ(kept.find("ns/p")->hash, "3");
  EXPECT_EQ(kept.find("ns/q")->hash, "2");
  kept.forget("ns/p");
  EXPECT_EQ(kept.find("ns/p"), nullptr);
  EXPECT_FALSE(kept.has_seen("ns/p", "3"));
}

TEST(KeptConfigsTest, WhatIsTooMuchIsLeftOut) {
  KeptConfigs kept(100);
  kept.keep("ns/p", config("1", 60));
  kept.keep("ns/q", config("1", 41));
  EXPECT_EQ(kept.find("ns/q"), nullptr);
  EXPECT_TRUE(kept.has_seen("ns/q", "1")) << "nobody compresses it again";
  kept.keep("ns/p", config("2", 101));
  EXPECT_EQ(kept.find("ns/p"), nullptr) << "and the one before is not the last any more";
  EXPECT_FALSE(kept.has_seen("ns/p", "1"));
  kept.keep("ns/q", config("2", 100));
  EXPECT_EQ(kept.find("ns/q")->hash, "2") << "there is room again";
}

}  // namespace
}  // namespace penstock::controllers
