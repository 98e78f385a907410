#include "operator/reconcile/known_engines.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "operator/reconcile/command_line.h"
#include "operator/reconcile/image_words.h"

namespace penstock::reconcile {
namespace {

constexpr std::array<KnownEngine, 6> kEngines = {{
    {.name = "vLLM",
     .images = {"vllm", "llm-d"},
     .programs = {"vllm serve", "vllm.entrypoints.openai.api_server",
                  "vllm.entrypoints.api_server"},
     .flag = "--port",
     .config = "--config",
     .host_flag = "--host",
     .port = 8000},
    {.name = "SGLang",
     .images = {"sglang"},
     .programs = {"sglang.launch_server", "sglang serve"},
     .flag = "--port",
     .config = "--config",
     .host_flag = "--host",
     .ipv6_alone = true,  // by uvloop, which sets IPV6_V6ONLY
     .port = 30000},
    {.name = "llama.cpp",
     .images = {"llama-cpp", "llamacpp", "llama-server"},
     .programs = {"llama-server"},
     .flag = "--port",
     .env = "LLAMA_ARG_PORT",
     .host_flag = "--host",
     .host_env = "LLAMA_ARG_HOST",
     .port = 8080,
     .not_tags = {"light", "full"}},
    // Disaggregated, it takes its port from a file only.
    {.name = "TensorRT-LLM",
     .images = {"tensorrt-llm", "tensorrtllm", "trtllm"},
     .programs = {"trtllm-serve", "tensorrt_llm.commands.serve"},
     .not_with = "disaggregated",
     .flag = "--port",
     .host_flag = "--host",
     .port = 8000},
    // Where the container does not set it, HOSTNAME is the pod's name.
    {.name = "text-generation-inference",
     .images = {"text-generation-inference", "tgi"},
     .programs = {"text-generation-launcher"},
     .flag = "--port",
     .flag_alias = "-p",
     .env = "PORT",
     .host_flag = "--hostname",
     .host_env = "HOSTNAME",
     .any_name_is_all = true,
     .port = 80,
     .port_of_image = true},
    {.name = "Ollama",
     .images = {"ollama"},
     .programs = {"ollama serve", "ollama start"},
     .env = "OLLAMA_HOST",
     .host_env = "OLLAMA_HOST",
     .env_host = "0.0.0.0",
     .port = 11434,
     .told_by_arguments = true},
}};

bool starts(const Program& program, const KnownEngine& engine) {
  if (!engine.not_with.empty() && program.next.starts_with(engine.not_with)) {
    return false;
  }
  return std::ranges::any_of(engine.programs, [&program](std::string_view known) {
    if (known.contains(' ')) {
      return program.name + " " + program.next == known;
    }
    // A script's path ends as its module is called.
    return !known.empty() &&
           (program.name == known ||
            (known.contains('.') && program.name.ends_with("." + std::string(known))));
  });
}

// The one engine that some of them start; none: none or several do.
const KnownEngine* started_by(const std::vector<Program>& programs) {
  std::set<const KnownEngine*> found;
  for (const Program& program : programs) {
    for (const KnownEngine& engine : kEngines) {
      if (starts(program, engine)) {
        found.insert(&engine);
      }
    }
  }
  return found.size() == 1 ? *found.begin() : nullptr;
}

const KnownEngine* engine_of_image(std::string_view image) {
  const std::string words = image_words(image);
  std::set<const KnownEngine*> found;
  bool fits = false;
  for (const KnownEngine& engine : kEngines) {
    for (const std::string_view mark : engine.images) {
      if (!mark.empty() && words.contains("-" + std::string(mark) + "-")) {
        found.insert(&engine);
        fits = fits || is_build_of(words, mark);
      }
    }
  }
  return fits && found.size() == 1 ? *found.begin() : nullptr;
}

// Whether what an image starts by itself, with the container's arguments, is the engine.
bool serves(const KnownEngine& engine, const Container& container) {
  const std::string_view tag = tag_of(container.image);
  const bool another = std::ranges::any_of(engine.not_tags, [tag](std::string_view begin) {
    return !begin.empty() && tag.starts_with(begin);
  });
  const bool told = engine.told_by_arguments && !container.args.empty();
  return !another && (!told || std::ranges::any_of(engine.programs, [&](std::string_view program) {
    return program.ends_with(" " + container.args.front());
  }));
}

}  // namespace

Recognition recognise_engine(const Container& container) {
  const KnownEngine* image = engine_of_image(container.image);
  if (const KnownEngine* program = started_by(programs_of(words_of(container)))) {
    return {program, program == image};
  }
  // Another program than the image's own: what the image is called tells nothing of it.
  const bool another = !container.command.empty() ||
                       (!container.args.empty() && runs_what_follows(container.args.front()));
  return another || image == nullptr || !serves(*image, container) ? Recognition{}
                                                                   : Recognition{image, true};
}

}  // namespace penstock::reconcile
