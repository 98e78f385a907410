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
}

TEST(EngineAddressTest, AScriptIsReadAsFarAsThatNeedsNoShell) {
  const auto by_script = [](const std::string& before, const std::string& host) {
    return found("vllm", "command: [sh, -c, \"" + before + "vllm serve m --host " + host +
                             "\"], env: [{name: ONE, value: 10.0.0.1}, {name: POD_IP, valueFrom: "
                             "{fieldRef: {fieldPath: status.podIP}}}]");
  };
  for (const char* host :
       {"'0.0.0.0'", " 0.0.0.0", "0.0.0.0;", "0.0.0.0 &", "0.0.0.0|tee /log", "0.0.0.0>/log",
        "0.0.0.0\\\\\\n --port 1", "${HOST:-0.0.0.0}", "$HOST", "$(cat /host)", "$(hosts)",
        "node-1", "$HOSTNAMES", "${POD_IPS}", "/hostname"}) {
    EXPECT_EQ(by_script("", host), "") << host;
  }
  for (const char* host :
       {"10.0.0.1", "'10.0.0.1'", "10.0.0.1|tee", "$ONE;", "'$(ONE)'", "${POD_IP}", "$(POD_IP))",
        "$(hostname -i)", "\\\"$(hostname -I | cut -f1)\\\"", "$(hostname)", "`hostname -i`",
        "$HOSTNAME", "'${HOSTNAME}'", "${POD_IP:-0.0.0.0}", "${HOSTNAME-0.0.0.0}",
        "$(/bin/hostname -i)"}) {
    EXPECT_EQ(by_script("", host), "--host") << host;
  }
  EXPECT_EQ(by_script("exec bash -c '", "0.0.0.0'"), "");
  EXPECT_EQ(by_script("exec bash -c '", "10.0.0.1'"), "--host");
  EXPECT_EQ(by_script("(", "0.0.0.0)"), "");
  EXPECT_EQ(by_script("until nc --host redis; do sleep 1; done; ", "0.0.0.0"), "");
}

// Whatever the shell's options look like.
TEST(EngineAddressTest, ANameInAScriptMayBeForAnotherCommand) {
  EXPECT_EQ(
      found("vllm", "command: [bash, -ceu, \"nc --host redis; vllm serve m --host 0.0.0.0\"]"), "");
  EXPECT_EQ(
      found("vllm", "command: [sh, -c, 'exec vllm serve \"$@\"', --], args: [m, --host, node-1]"),
      "--host");
}

TEST(EngineAddressTest, TheNameOfThePodIsWhatTheContainerSays) {
  const std::string command = "command: [sh, -c, \"vllm serve m --host $HOSTNAME\"]";
  const auto by_name = [&command](const std::string& value) {
    return found("vllm", command + ", env: [{name: HOSTNAME, " + value + "}]");
  };
  EXPECT_EQ(by_name("value: 0.0.0.0"), "");
  EXPECT_EQ(by_name("value: 10.0.0.1"), "--host");
  EXPECT_EQ(by_name("valueFrom: {fieldRef: {fieldPath: metadata.name}}"), "--host");
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
      {llama, "args: [--host=10.0.0.1]", "--host"},
      {llama, "env: [{name: LLAMA_ARG_HOST, value: 10.0.0.1}]", "LLAMA_ARG_HOST"},
      {llama, "args: [--host, 0.0.0.0], env: [{name: LLAMA_ARG_HOST, value: 10.0.0.1}]", ""},
      {"ollama/ollama", "env: [{name: OTHER, value: 10.0.0.1}]", ""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(found(row.image, row.says), row.by) << row.image << " " << row.says;
  }
}

// Told a name, it listens on all addresses, and the pod's name is what HOSTNAME is by itself.
TEST(EngineAddressTest, TextGenerationInferenceListensOnWhatIsAnAddress) {
  const auto tgi = [](const std::string& says) { return found("text-generation-inference", says); };
  const auto from_field = [&tgi](const std::string& path) {
    return tgi("env: [{name: HOSTNAME, valueFrom: {fieldRef: {fieldPath: " + path + "}}}]");
  };
  for (const char* path : {"status.podIP", "status.podIPs", "status.hostIP", "status.hostIPs"}) {
    EXPECT_EQ(from_field(path), "HOSTNAME") << path;
  }
  EXPECT_EQ(from_field("metadata.name"), "");
  for (const char* value : {"10.0.0.1", "fe80::1", "$(POD_IP)"}) {
    EXPECT_EQ(tgi("env: [{name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}, {name: "
                  "HOSTNAME, value: \"" +
                  std::string(value) + "\"}]"),
              "HOSTNAME")
        << value;
  }
  for (const char* value : {"the-pod", "0.0.0.0", "::", "$(POD_NAME)", ""}) {
    EXPECT_EQ(tgi("env: [{name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, "
                  "{name: HOSTNAME, value: \"" +
                  std::string(value) + "\"}]"),
              "")
        << value;
  }
  EXPECT_EQ(tgi("env: [{name: HOSTNAME, valueFrom: {secretKeyRef: {name: s, key: k}}}]"), "");
  EXPECT_EQ(tgi("args: [--hostname, 0.0.0.0], env: [{name: HOSTNAME, value: 10.0.0.1}]"), "");
  EXPECT_EQ(tgi("args: [--hostname, $(HOSTNAME)]"), "");
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
