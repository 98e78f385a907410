#include "operator/reconcile/engine_address.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/operator/reconcile/worlds.h"

namespace penstock::reconcile {
namespace {

// What keeps the sidecar from the engine in a container of `image`, which says `more`.
std::string found(const std::string& image, const std::string& more) {
  const auto pods = controllers::read_template(
      yaml("{spec: {containers: [{name: e, image: \"" + image + "\", " + more + "}]}}"));
  const KnownEngine* engine = recognise_engine(pods.containers.at(0)).engine;
  return engine == nullptr ? "no engine" : unreached_by(pods.containers.at(0), *engine);
}

std::string by_option(const std::string& host) {
  return found("vllm", "args: [m, " + host +
                           "], env: [{name: ALL, value: 0.0.0.0}, {name: ONE, value: 10.0.0.1}, "
                           "{name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]");
}

TEST(EngineAddressTest, AnOptionThatTakesNoCallsAtLoopbackIsTold) {
  for (const char* host :
       {"--host, 10.0.0.1", "--host=node-1", "--host, 127.0.0.2", "--host, \"::1\"",
        "--host, $(POD_IP)", "--host, $(ONE)", "--host, 0.0.0.0, --host, 10.0.0.1"}) {
    EXPECT_EQ(by_option(host), "--host") << host;
  }
  for (const char* host :
       {"--port, \"8000\"", "--host, 0.0.0.0", "--host=::", "--host, \"[::]\"", "--host, localhost",
        "--host, 127.0.0.1", "--host, $(ALL)", "--host, $(NONE)", "--host"}) {
    EXPECT_EQ(by_option(host), "") << host;
  }
  for (const char* host :
       {"'0.0.0.0'", " 0.0.0.0", "0.0.0.0;", "0.0.0.0 &", "${HOST:-0.0.0.0}", "$HOST"}) {
    EXPECT_EQ(found("vllm", "command: [sh, -c, \"vllm serve m --host " + std::string(host) + "\"]"),
              "")
        << host;
  }
}

TEST(EngineAddressTest, EveryEngineIsAskedByItsOwnOptionOrVariable) {
  struct Row {
    std::string image;
    std::string says;
    std::string by;
  };
  const std::string llama = "ggml-org/llama.cpp:server";
  const std::vector<Row> rows = {
      {"lmsysorg/sglang", "args: [--host, 10.0.0.1]", "--host"},
      {"lmsysorg/sglang", "args: [--host, \"::\"]", "--host"},
      {"tensorrt-llm", "command: [trtllm-serve, m, --host, 10.0.0.1]", "--host"},
      {"text-generation-inference", "args: [--hostname, 10.0.0.1]", "--hostname"},
      {"text-generation-inference", "env: [{name: HOSTNAME, value: the-pod}]", ""},
      {llama, "args: [--host=10.0.0.1]", "--host"},
      {llama, "env: [{name: LLAMA_ARG_HOST, value: 10.0.0.1}]", "LLAMA_ARG_HOST"},
      {llama, "args: [--host, 0.0.0.0], env: [{name: LLAMA_ARG_HOST, value: 10.0.0.1}]", ""},
      {"ollama/ollama", "env: [{name: OTHER, value: 10.0.0.1}]", ""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(found(row.image, row.says), row.by) << row.image << " " << row.says;
  }
}

TEST(EngineAddressTest, AVariableMayHoldAPortAndASchemeBesides) {
  const auto ollama = [](const std::string& value) {
    return found(
        "ollama/ollama",
        "env: [{name: ONE, value: 10.0.0.1}, {name: OLLAMA_HOST, value: \"" + value + "\"}]");
  };
  for (const char* value : {"10.0.0.1:11434", "10.0.0.1", "http://10.0.0.1:80", "$(ONE):11434",
                            "[fe80::1]:11434", "node-1"}) {
    EXPECT_EQ(ollama(value), "OLLAMA_HOST") << value;
  }
  for (const char* value : {"0.0.0.0:11434", "0.0.0.0", "http://0.0.0.0:80", ":11434", "11434",
                            "[::]:11434", "[::]", "::", "localhost", ""}) {
    EXPECT_EQ(ollama(value), "") << value;
  }
  EXPECT_EQ(found("ollama/ollama",
                  "env: [{name: OLLAMA_HOST, valueFrom: {fieldRef: {fieldPath: "
                  "status.podIP}}}]"),
            "OLLAMA_HOST");
}

}  // namespace
}  // namespace penstock::reconcile
