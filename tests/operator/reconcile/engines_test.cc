#include "operator/reconcile/engines.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::reconcile {
namespace {

using Ports = std::vector<Port>;

struct Case {
  std::string name;
  std::vector<Container> containers;
  api::EngineSpec spec;
  std::string expected;  // "container engine port name flag env alias", or what the problem holds
};

std::string describe(const EngineFinding& finding) {
  if (!finding.shape) {
    return finding.problem;
  }
  const EngineShape& shape = *finding.shape;
  const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
  return shape.container + " " + or_dash(shape.engine) + " " + std::to_string(shape.port) + " " +
         or_dash(shape.port_names.empty() ? std::string() : shape.port_names.front()) + " " +
         or_dash(shape.flag) + " " + or_dash(shape.env) + " " + or_dash(shape.flag_alias);
}

void expect_all(const std::vector<Case>& cases) {
  for (const Case& row : cases) {
    const EngineFinding finding = find_engine({.containers = row.containers}, row.spec);
    EXPECT_EQ(describe(finding).substr(0, row.expected.size()), row.expected) << row.name;
  }
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
       {{.name = "a", .image = "ggml-org/llama.cpp:server", .env = {{"LLAMA_ARG_PORT", "8081"}}}},
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
  expect_all(cases);
}

// Where an engine says its port, and where it says it unreadably.
TEST(EnginesTest, ReadsThePortOrRefuses) {
  const Ports http = {{"http", 7000}};
  const std::string tgi = "ghcr.io/huggingface/text-generation-inference:3";
  const std::vector<Case> cases = {
      {"the other spelling",
       {{.name = "a", .image = tgi, .args = {"--model-id", "m", "-p", "8080"}}},
       {},
       "a text-generation-inference 8080 - --port PORT -p"},
      {"its value in the same word",
       {{.name = "a", .image = tgi, .args = {"-p8080"}}},
       {},
       "a text-generation-inference 8080 - --port PORT -p"},
      {"no spelling of it",
       {{.name = "a", .image = tgi, .args = {"--prometheus-port", "9", "--pull=1"}}},
       {},
       "a text-generation-inference 80 "},
      {"the launcher's variable, of a build for another engine",
       {{.name = "a", .image = tgi + "-trtllm", .env = {{"PORT", "3000"}}}},
       {},
       "a text-generation-inference 3000 - --port PORT -p"},
      {"a flag goes before it",
       {{.name = "a", .image = tgi, .args = {"-p=8080"}, .env = {{"PORT", "3000"}}}},
       {},
       "a text-generation-inference 8080 "},
      {"the launcher in an image that may say another",
       {{.name = "a", .image = "mine", .command = {"text-generation-launcher"}}},
       {},
       "container a tells no port; set spec.interception.engine.port"},
      {"a user's flag that is the engine's",
       {{.name = "a", .image = tgi, .args = {"-p", "8080"}}},
       {.flag = "--port"},
       "a text-generation-inference 8080 - --port - -p"},
      {"a variable of the command line",
       {{.name = "a", .image = "vllm", .args = {"--port=$(HTTP)"}, .env = {{"HTTP", "7001"}}}},
       {},
       "a vLLM 7001 "},
      {"a variable of a script",
       {{.name = "a",
         .image = "x",
         .command = {"sh", "-c", "vllm serve --port ${HTTP}"},
         .env = {{"HTTP", "1"}, {"HTTP", "7001"}}}},
       {},
       "a vLLM 7001 "},
      {"a flag after one that begins like it",
       {{.name = "a", .image = "x", .command = {"sh", "-c", "vllm serve --port-x 1 --port 2"}}},
       {},
       "a vLLM 2 "},
      {"a flag whose value is not read, no port declared",
       {{.name = "a", .image = "vllm", .args = {"--port", "$(HTTP)"}}},
       {},
       "container a says its port where it is not read (--port); set "
       "spec.interception.engine.port"},
      {"two ports of one flag",
       {{.name = "a", .image = "x", .command = {"sh", "-c", "vllm serve --port 1 & x --port 2"}}},
       {},
       "container a says its port where it is not read (--port, which it gives several)"},
      {"a file that may hold it",
       {{.name = "a", .image = "vllm", .args = {"--config", "f"}}},
       {},
       "container a says its port where it is not read (--config)"},
      {"a file, but the flag goes before it",
       {{.name = "a", .image = "lmsysorg/sglang", .args = {"--config=f", "--port", "7001"}}},
       {},
       "a SGLang 7001 "},
      {"a file, but a port is declared",
       {{.name = "a", .image = "vllm", .args = {"--config=f"}, .ports = http}},
       {},
       "a vLLM 7000 http "},
      {"a file, but the policy says the port",
       {{.name = "a", .image = "vllm", .args = {"--config=f"}}},
       {.port = 7001},
       "a vLLM 7001 "},
      {"the variable from elsewhere",
       {{.name = "a", .image = tgi, .env = {{"PORT", "", true}}}},
       {},
       "container a says its port where it is not read (PORT)"},
      {"variables from elsewhere",
       {{.name = "a", .image = tgi, .has_env_from = true}},
       {},
       "container a says its port where it is not read (envFrom, which may set PORT)"},
      {"variables from elsewhere, where none sets the port",
       {{.name = "a", .image = "vllm", .has_env_from = true}},
       {},
       "a vLLM 8000 "},
      {"Ollama's host and port",
       {{.name = "a", .image = "ollama/ollama", .env = {{"OLLAMA_HOST", "[::]:9"}}}},
       {},
       "a Ollama 9 - - OLLAMA_HOST"},
      {"Ollama's host alone",
       {{.name = "a",
         .image = "ollama/ollama",
         .env = {{"OLLAMA_HOST", "0.0.0.0"}},
         .ports = http}},
       {},
       "a Ollama 11434 - - OLLAMA_HOST"},
      {"Ollama's host with a scheme, whose port is another",
       {{.name = "a", .image = "ollama/ollama", .env = {{"OLLAMA_HOST", "http://0.0.0.0"}}}},
       {},
       "container a says its port where it is not read (OLLAMA_HOST)"},
      {"what embeds an engine",
       {{.name = "a",
         .image = "nvcr.io/nvidia/tritonserver:24.10-trtllm-python-py3",
         .ports = {{"", 8000}, {"", 8001}}}},
       {},
       "container a tells no port; set spec.interception.engine.port, and .flag or .env, since it "
       "is no engine that is known"},
  };
  expect_all(cases);
}

// Admission refuses what it cannot move for certain, so here nothing else is taken either.
TEST(EnginesTest, ReadsThePortAsAdmissionDoes) {
  const std::string tgi = "ghcr.io/huggingface/text-generation-inference:3";
  expect_all({
      {"Ollama's host, which is a variable",
       {{.name = "a", .image = "ollama/ollama", .env = {{"OLLAMA_HOST", "$(POD_IP)"}}}},
       {},
       "container a says its port where it is not read (OLLAMA_HOST)"},
      {"a variable with more than a port",
       {{.name = "a", .image = tgi, .env = {{"PORT", "tcp://10.0.0.1:80"}}}},
       {},
       "container a says its port where it is not read (PORT)"},
      {"more than a space before it, which admission does not rewrite",
       {{.name = "a", .image = "x", .command = {"sh", "-c", "vllm serve m --port   8000"}}},
       {},
       "container a says its port where it is not read (--port)"},
      {"on the next line",
       {{.name = "a", .image = "x", .command = {"sh", "-c", "vllm serve m --port\n8000"}}},
       {},
       "container a says its port where it is not read (--port)"},
      {"a flag after a line's end",
       {{.name = "a", .image = "x", .command = {"sh", "-c", "vllm serve m\n--port 7001"}}},
       {},
       "a vLLM 7001 "},
      {"a flag that ends the command",
       {{.name = "a", .image = "x", .command = {"vllm", "serve", "--port"}, .args = {"8000"}}},
       {},
       "container a says its port where it is not read (--port)"},
      {"another program's -p",
       {{.name = "a",
         .image = "x",
         .command = {"sh", "-c", "mkdir -p /data && text-generation-launcher"},
         .env = {{"PORT", "8080"}}}},
       {},
       "a text-generation-inference 8080 "},
  });
}

}  // namespace
}  // namespace penstock::reconcile
