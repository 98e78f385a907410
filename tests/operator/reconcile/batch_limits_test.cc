#include "operator/reconcile/batch_limits.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::reconcile {
namespace {

PodTemplate engine(std::vector<std::string> args, std::vector<EnvVar> env = {}) {
  PodTemplate pods;
  pods.containers.push_back({.name = "engine", .args = std::move(args), .env = std::move(env)});
  return pods;
}

TEST(BatchLimitsTest, AsEnginesAreTold) {
  EXPECT_EQ(batch_limits(engine({"serve", "m", "--max-num-seqs", "128"})),
            (BatchLimits{.sequences = 128}));
  EXPECT_EQ(batch_limits(engine({"--max-num-seqs=64", "--max-num-batched-tokens=8192"})),
            (BatchLimits{.sequences = 64, .tokens = 8'192}));
  EXPECT_EQ(
      batch_limits(engine({"-c", "python3 -m sglang.launch_server --max-running-requests 48"})),
      (BatchLimits{.sequences = 48}));
  EXPECT_EQ(batch_limits(engine({"--max_batch_size", "32", "--max_num_tokens", "4096"})),
            (BatchLimits{.sequences = 32, .tokens = 4'096}));
  EXPECT_EQ(batch_limits(engine({"--parallel", "$(SLOTS)"}, {{.name = "SLOTS", .value = "8"}})),
            (BatchLimits{.sequences = 8}));
  EXPECT_EQ(batch_limits(engine({}, {{.name = "OLLAMA_NUM_PARALLEL", .value = "4"}})),
            (BatchLimits{.sequences = 4}));
}

TEST(BatchLimitsTest, WhatIsNoNumberSaysNothing) {
  for (const char* value : {"", "auto", "-1", "0", "12x", "$(UNKNOWN)", "99999999999999999999"}) {
    EXPECT_EQ(batch_limits(engine({"--max-num-seqs", value})), BatchLimits{}) << value;
  }
  EXPECT_EQ(batch_limits(engine({"--max-num-seqs"})), BatchLimits{});
  EXPECT_EQ(batch_limits({}), BatchLimits{});
}

}  // namespace
}  // namespace penstock::reconcile
