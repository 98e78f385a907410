#include "operator/reconcile/sequences_max.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::reconcile {
namespace {

std::optional<std::int64_t> said(const std::string& image, std::vector<std::string> args,
                                 std::vector<EnvVar> env = {}) {
  PodTemplate pods;
  pods.containers.push_back(
      {.name = "engine", .image = image, .args = std::move(args), .env = std::move(env)});
  return sequences_max(pods);
}

TEST(SequencesMaxTest, AsEnginesAreTold) {
  EXPECT_EQ(said("vllm/vllm-openai", {"--model", "m", "--max-num-seqs", "128"}), 128);
  EXPECT_EQ(said("vllm/vllm-openai", {"--max-num-seqs=64"}), 64);
  EXPECT_EQ(
      said("lmsysorg/sglang", {"-c", "python3 -m sglang.launch_server --max-running-requests 48"}),
      48);
  EXPECT_EQ(
      said("vllm/vllm-openai", {"--max-num-seqs", "$(SLOTS)"}, {{.name = "SLOTS", .value = "8"}}),
      8);
  EXPECT_EQ(said("ollama/ollama", {}, {{.name = "OLLAMA_NUM_PARALLEL", .value = "4"}}), 4);
}

TEST(SequencesMaxTest, WhatIsNoNumberSaysNothing) {
  for (const char* value : {"", "auto", "-1", "0", "12x", "$(UNKNOWN)", "99999999999999999999"}) {
    EXPECT_EQ(said("vllm/vllm-openai", {"--max-num-seqs", value}), std::nullopt) << value;
  }
  EXPECT_EQ(said("vllm/vllm-openai", {"--max-num-seqs"}), std::nullopt);
  EXPECT_EQ(sequences_max({}), std::nullopt);
}

TEST(SequencesMaxTest, AnotherProgramMeansSomethingElseByIt) {
  EXPECT_EQ(said("busybox", {"--parallel", "2"}, {{.name = "MAX_BATCH_SIZE", .value = "8"}}),
            std::nullopt);
}

}  // namespace
}  // namespace penstock::reconcile
