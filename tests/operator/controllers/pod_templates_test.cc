#include "operator/controllers/pod_templates.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/operator/reconcile/worlds.h"

namespace penstock::controllers {
namespace {

reconcile::PodTemplate of(const std::string& image, const std::string& label = "a") {
  return read_template(reconcile::yaml("{metadata: {labels: {name: " + label +
                                       "}}, spec: {containers: [{name: c, image: " + image +
                                       "}]}}"));
}

TEST(PodTemplatesTest, ThousandsOfPodsThatAreAlikeTakeTheRoomOfOne) {
  PodTemplates templates;
  std::vector<reconcile::Ptr<reconcile::PodTemplate>> pods;
  for (int i = 0; i < 5'000; ++i) {
    pods.push_back(templates.shared(of("same", "p" + std::to_string(i))));
  }
  EXPECT_EQ(templates.size(), 1U);
  EXPECT_EQ(pods.front(), pods.back());
  EXPECT_TRUE(pods.front()->labels.empty());
  EXPECT_NE(templates.shared(of("other")), pods.front());
}

TEST(PodTemplatesTest, WhatNoPodHasAnyMoreIsDropped) {
  PodTemplates templates;
  const auto kept = templates.shared(of("kept"));
  for (int i = 0; i < 5'000; ++i) {
    templates.shared(of("i" + std::to_string(i)));
  }
  EXPECT_LE(templates.size(), 100U);
  EXPECT_EQ(templates.shared(of("kept")), kept);
}

}  // namespace
}  // namespace penstock::controllers
