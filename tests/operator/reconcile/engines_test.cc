#include "operator/reconcile/engines.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::reconcile {
namespace {

struct Case {
  std::string name;
  std::vector<Container> containers;
  api::EngineSpec spec;
  std::string expected;  // "container engine port name flag env", or what the problem holds
};

std::string describe(const EngineFinding& finding) {
  if (!finding.shape) {
    return finding.problem;
  }
  const EngineShape& shape = *finding.shape;
  const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
  return shape.container + " " + or_dash(shape.engine) + " " + std::to_string(shape.port) + " " +
         or_dash(shape.port_name) + " " + or_dash(shape.flag) + " " + or_dash(shape.env);
}

TEST(EnginesTest, FindsTheEngineAndHowItTakesItsPort) {
  const Container proxy{.name = "proxy", .image = "envoy", .ports = {{"", 9000}}};
  const std::vector<Case> cases = {
      {"vLLM by its image",
       {{.name = "a", .image = "vllm/vllm-openai:v1", .args = {"--model", "m"}}},
       {},
       "a vLLM 8000 - --port -"},
      {"its port from the flag",
       {{.name = "a", .image = "x/vllm", .args = {"--port", "9001"}, .ports = {{"http", 9001}}}},
       {},
       "a vLLM 9001 http --port -"},
      {"one word",
       {{.name = "a", .image = "vllm", .args = {"--port=9001"}}},
       {},
       "a vLLM 9001 - --port -"},
      {"inside a shell",
       {{.name = "a", .image = "mine", .command = {"sh", "-c", "vllm serve --port 9002 -x"}}},
       {},
       "a vLLM 9002 - --port -"},
      {"SGLang", {{.name = "a", .image = "lmsysorg/sglang"}}, {}, "a SGLang 30000 - --port -"},
      {"llama.cpp by its variable",
       {{.name = "a", .image = "ggml-org/llama.cpp", .env = {{"LLAMA_ARG_PORT", "8081"}}}},
       {},
       "a llama.cpp 8081 - --port LLAMA_ARG_PORT"},
      {"TensorRT-LLM",
       {{.name = "a", .image = "nv", .command = {"trtllm-serve", "m"}}},
       {},
       "a TensorRT-LLM 8000 - --port -"},
      {"text-generation-inference",
       {{.name = "a", .image = "ghcr.io/hf/text-generation-inference:3"}},
       {},
       "a text-generation-inference 80 - --port PORT"},
      {"Ollama",
       {{.name = "a", .image = "ollama/ollama", .ports = {{"http", 11434}}}},
       {},
       "a Ollama 11434 http - OLLAMA_HOST"},
      {"the one of several that runs an engine",
       {proxy, {.name = "a", .image = "vllm"}},
       {},
       "a vLLM 8000 - --port -"},
      {"two engines",
       {{.name = "a", .image = "vllm"}, {.name = "b", .image = "vllm"}},
       {},
       "2 of the pods' containers look like an engine"},
      {"none of several",
       {proxy, {.name = "b"}},
       {},
       "0 of the pods' containers look like an engine"},
      {"the only container",
       {{.name = "a", .image = "mine", .ports = {{"", 7000}}}},
       {},
       "a - 7000 - - -"},
      {"the only container, without a port",
       {{.name = "a", .image = "mine"}},
       {},
       "container a tells no port"},
      {"the user's word",
       {proxy, {.name = "a", .image = "mine"}},
       {.container = "a", .port = 7000, .flag = "--http-port"},
       "a - 7000 - --http-port -"},
      {"a user's flag on a known engine, read where the port is not given",
       {{.name = "a", .image = "vllm", .args = {"--listen=7001"}}},
       {.flag = "--listen"},
       "a vLLM 7001 - --listen -"},
      {"a container that is not there",
       {proxy},
       {.container = "a"},
       "the pods have no container a"},
      {"a flag whose value is no port",
       {{.name = "a", .image = "vllm", .args = {"--port", "$(HTTP)"}, .ports = {{"", 7002}}}},
       {},
       "a vLLM 7002 - --port -"},
  };
  for (const Case& row : cases) {
    const EngineFinding finding = find_engine({.containers = row.containers}, row.spec);
    EXPECT_EQ(describe(finding).substr(0, row.expected.size()), row.expected) << row.name;
  }
}

}  // namespace
}  // namespace penstock::reconcile
