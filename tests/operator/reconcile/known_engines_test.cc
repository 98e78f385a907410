#include "operator/reconcile/known_engines.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::reconcile {
namespace {

using Words = std::vector<std::string>;

std::string found_in(const std::string& image, const Words& command = {}, const Words& args = {}) {
  const Recognition found = recognise_engine({.image = image, .command = command, .args = args});
  return found.engine == nullptr ? "" : std::string(found.engine->name);
}

TEST(KnownEnginesTest, ByTheNameOfTheImagesRepository) {
  struct Row {
    std::string engine;
    std::vector<std::string> images;
  };
  const std::vector<Row> rows = {
      {"vLLM",
       {"vllm", "vllm/vllm-openai", "vllm/vllm-openai:v0.11.0",
        "docker.io/vllm/vllm-openai@sha256:0123", "localhost:5000/team/vllm-openai:v1@sha256:01",
        "registry.example/team/my-vllm", "vllm/vllm-openai-rocm", "rocm/vllm-dev:main",
        "public.ecr.aws/q9t5s3a7/vllm-cpu-release-repo", "public.ecr.aws/dlc/vllm:0.9-gpu-py312",
        "quay.io/ascend/vllm-ascend", "registry.example/rhaiis/vllm-cuda-rhel9:3",
        "registry.example/vllm/server", "my_vllm_cu124", "ghcr.io/llm-d/llm-d:v0.3",
        "ghcr.io/llm-d/llm-d-cuda"}},
      {"SGLang", {"lmsysorg/sglang", "lmsysorg/sglang:v0.5.4-cu126", "mirror/my-sglang"}},
      {"llama.cpp",
       {"ghcr.io/ggml-org/llama.cpp:server", "ghcr.io/ggml-org/llama.cpp:server-cuda-b4719",
        "mirror:5000/llama.cpp", "team/llamacpp-vulkan", "team/llama-server"}},
      {"TensorRT-LLM",
       {"nvcr.io/nvidia/tensorrt-llm/release:1.0.0", "nvcr.io/nvidia/tensorrt-llm/devel",
        "team/my-trtllm"}},
      {"text-generation-inference",
       {"ghcr.io/huggingface/text-generation-inference:3.3.4",
        "ghcr.io/huggingface/text-generation-inference:3.3.4-trtllm",
        "ghcr.io/huggingface/text-generation-inference:3.3.4-llamacpp",
        "ghcr.io/huggingface/tgi-gaudi",
        "us-docker.pkg.dev/release/gcr.io/"
        "huggingface-text-generation-inference-cu124.2-3.ubuntu2204.py311"}},
      {"Ollama", {"ollama/ollama", "ollama/ollama:0.12-rocm", "alpine/ollama"}},
      // What only holds, uses, leads to or imitates one; and whose tag or folder is called so.
      {"",
       {"",
        "myapp:1",
        "nvcr.io/nvidia/tritonserver:24.10-trtllm-python-py3",
        "nvcr.io/nvidia/tritonserver:24.10-vllm-python-py3",
        "team/triton-vllm",
        "kserve/huggingfaceserver:v0.15-vllm",
        "nvcr.io/nvidia/ai-dynamo/vllm-runtime:0.5",
        "lmsysorg/sglang-router",
        "vllm/vllm-router",
        "ghcr.io/vllm-project/production-stack/router",
        "ghcr.io/llm-d/llm-d-routing-sidecar",
        "ghcr.io/llm-d/llm-d-inference-sim",
        "ghcr.io/llm-d/llm-d-inference-scheduler",
        "ghcr.io/ollama-webui/ollama-webui",
        "ghcr.io/open-webui/open-webui:ollama",
        "team/webui-with-ollama",
        "team/ollama-exporter",
        "ghcr.io/acme/chatbot-ollama",
        "team/langchain-vllm",
        "team/mcp-ollama",
        "acme_vllm_cu124",
        "ghcr.io/abetlen/llama-cpp-python",
        "team/text-generation-inference-benchmark",
        "vllm.example/app",
        "vllm:5000/app",
        "team/vllm-or-sglang",
        "team/vllm-ollama",
        "guidellm",
        "team/notvllm"}},
  };
  for (const Row& row : rows) {
    for (const std::string& image : row.images) {
      EXPECT_EQ(found_in(image), row.engine) << image;
      const std::string with_options = row.engine == "Ollama" ? "" : row.engine;  // it takes none
      EXPECT_EQ(found_in(image, {}, {"--model", "vllm serve"}), with_options) << image;
    }
  }
}

TEST(KnownEnginesTest, ByTheProgramThatIsStarted) {
  struct Row {
    std::string engine;
    Words command;
    Words args;
  };
  const std::vector<Row> rows = {
      {"vLLM", {"vllm", "serve", "m"}, {}},
      {"vLLM", {"/usr/local/bin/vllm"}, {"serve", "m"}},
      {"vLLM", {}, {"vllm", "serve", "m"}},
      {"vLLM", {"python3", "-m", "vllm.entrypoints.openai.api_server"}, {"--model", "m"}},
      {"vLLM", {"python3", "/src/vllm/entrypoints/openai/api_server.py"}, {}},
      {"vLLM", {"sh", "-c", "exec vllm serve m --port 1"}, {}},
      {"vLLM", {"/bin/bash", "-lc"}, {"pip install x && vllm serve m"}},
      {"vLLM", {"tini", "--", "vllm", "serve"}, {}},
      {"SGLang", {"python", "-m", "sglang.launch_server"}, {}},
      {"SGLang", {"sglang", "serve"}, {}},
      {"SGLang", {}, {"bash", "-c", "python3 -m sglang.launch_server --port 3"}},
      {"llama.cpp", {"/app/llama-server"}, {"-m", "x"}},
      {"TensorRT-LLM", {"trtllm-serve", "m"}, {}},
      {"TensorRT-LLM", {"mpirun", "-n", "8", "trtllm-llmapi-launch", "trtllm-serve", "m"}, {}},
      {"text-generation-inference", {"text-generation-launcher", "-p", "1"}, {}},
      {"Ollama", {"ollama", "serve"}, {}},
      {"Ollama", {"sh", "-c", "ollama serve & sleep 5; ollama pull m; wait"}, {}},
      // Others, and what is not the server.
      {"", {"litellm", "--model", "ollama/llama3"}, {}},
      {"", {}, {"--upstream", "http://vllm.default:8000/v1"}},
      {"", {}, {"--backend=vllm"}},
      {"", {"app"}, {"vllm", "serve"}},
      {"", {"vllm", "bench", "serve"}, {}},
      {"", {"vllm"}, {}},
      {"", {"ollama", "run", "m"}, {}},
      {"", {"trtllm-serve", "disaggregated", "-c", "f"}, {}},
      {"", {"python3", "-m", "sglang_router.launch_router"}, {}},
      {"", {"python3", "-m", "dynamo.vllm"}, {}},
      {"vLLM", {"sh", "-c", "export C=\"{\\\"a\\\":1}\"; vllm serve m"}, {}},
      {"", {"sh", "-c", "echo \"a \\\" ; vllm serve x\""}, {}},
      {"", {"python3", "-m", "notvllm.entrypoints.openai.api_server"}, {}},
      {"", {"sh", "-c", "app --engine 'x; vllm serve'"}, {}},
      {"", {"sh", "-c", "vllm serve a & ollama serve"}, {}},
  };
  for (const Row& row : rows) {
    std::string shown;
    for (const Words& words : {row.command, row.args}) {
      for (const std::string& word : words) {
        shown += word + " ";
      }
    }
    EXPECT_EQ(found_in("mine", row.command, row.args), row.engine) << shown;
  }
}

TEST(KnownEnginesTest, TheProgramGoesBeforeTheImage) {
  EXPECT_EQ(found_in("vllm/vllm-openai", {"python3", "-m", "sglang.launch_server"}), "SGLang");
  EXPECT_EQ(found_in("lmsysorg/sglang", {}, {"vllm", "serve", "m"}), "vLLM");
  EXPECT_EQ(found_in("ollama/ollama", {}, {"serve"}), "Ollama") << "its entrypoint starts it";
  EXPECT_EQ(found_in("vllm/vllm-openai", {}, {"m", "--port", "1"}), "vLLM");
  EXPECT_EQ(found_in("ollama/ollama"), "Ollama");
  EXPECT_EQ(found_in("ollama/ollama", {}, {"pull", "m"}), "") << "a client";
  EXPECT_EQ(found_in("ghcr.io/ggml-org/llama.cpp:light-cuda", {}, {"-m", "f"}), "") << "no server";
  EXPECT_EQ(found_in("ghcr.io/ggml-org/llama.cpp:full"), "") << "a script for many things";
  // Nobody knows what takes its port there.
  EXPECT_EQ(found_in("vllm/vllm-openai", {"/start.sh"}), "");
  EXPECT_EQ(found_in("vllm/vllm-openai", {"python3", "proxy.py"}), "");
  EXPECT_EQ(found_in("lmsysorg/sglang", {}, {"python3", "-m", "sglang_router.launch_router"}), "");
}

TEST(KnownEnginesTest, WhetherTheImageSaysSoToo) {
  const std::string tgi = "ghcr.io/huggingface/text-generation-inference:3";
  const Words launcher = {"text-generation-launcher"};
  EXPECT_TRUE(recognise_engine({.image = tgi}).by_image);
  EXPECT_TRUE(recognise_engine({.image = tgi, .command = launcher}).by_image);
  EXPECT_FALSE(recognise_engine({.image = "mine", .command = launcher}).by_image);
}

}  // namespace
}  // namespace penstock::reconcile
