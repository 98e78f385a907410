#include "operator/reconcile/engines.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

namespace penstock::reconcile {
namespace {

struct KnownEngine {
  std::string_view name;
  // Any of these in an image's name or in a word of the command line.
  std::array<std::string_view, 3> marks;
  std::string_view flag;
  std::string_view env;
  std::string_view env_host;  // see EngineShape
  std::uint16_t port;
};

// Flags, variables and default ports as each engine documents them.
constexpr std::array<KnownEngine, 6> kEngines = {{
    {"vLLM", {"vllm", "", ""}, "--port", "", "", 8000},
    {"SGLang", {"sglang", "", ""}, "--port", "", "", 30000},
    {"llama.cpp", {"llama-server", "llama.cpp", "llamacpp"}, "--port", "LLAMA_ARG_PORT", "", 8080},
    {"TensorRT-LLM", {"trtllm", "tensorrt-llm", "tensorrt_llm"}, "--port", "", "", 8000},
    {"text-generation-inference",
     {"text-generation-inference", "text-generation-launcher", ""},
     "--port",
     "PORT",
     "",
     80},
    {"Ollama", {"ollama", "", ""}, "", "OLLAMA_HOST", "0.0.0.0", 11434},
}};

bool holds_mark(std::string_view text, const KnownEngine& engine) {
  return std::ranges::any_of(engine.marks, [text](std::string_view mark) {
    return !mark.empty() && text.find(mark) != std::string_view::npos;
  });
}

const KnownEngine* known_engine(const Container& container) {
  for (const KnownEngine& engine : kEngines) {
    const auto marked = [&engine](const std::string& word) { return holds_mark(word, engine); };
    if (holds_mark(container.image, engine) || std::ranges::any_of(container.command, marked) ||
        std::ranges::any_of(container.args, marked)) {
      return &engine;
    }
  }
  return nullptr;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool good = error == std::errc() && end == text.data() + text.size() && port > 0;
  return good && port <= 65'535 ? std::optional(static_cast<std::uint16_t>(port)) : std::nullopt;
}

// The digits after `flag` and '=' or ' ' inside one word, as a shell's command line has them.
std::optional<std::uint16_t> port_inside(std::string_view word, std::string_view flag) {
  const std::size_t at = word.find(flag);
  if (at == std::string_view::npos || at + flag.size() >= word.size()) {
    return std::nullopt;
  }
  std::string_view rest = word.substr(at + flag.size());
  if (rest.front() != '=' && rest.front() != ' ') {
    return std::nullopt;
  }
  rest.remove_prefix(1);
  return parse_port(rest.substr(0, rest.find_first_not_of("0123456789")));
}

std::optional<std::uint16_t> port_of_flag(const Container& container, std::string_view flag) {
  if (flag.empty()) {
    return std::nullopt;
  }
  std::vector<std::string> words = container.command;
  words.insert(words.end(), container.args.begin(), container.args.end());
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool alone = words[i] == flag && i + 1 < words.size();
    if (const auto port = alone ? parse_port(words[i + 1]) : port_inside(words[i], flag)) {
      return port;
    }
  }
  return std::nullopt;
}

std::optional<std::uint16_t> port_of_env(const Container& container, std::string_view name) {
  const auto found = std::ranges::find(container.env, name, &EnvVar::name);
  if (name.empty() || found == container.env.end()) {
    return std::nullopt;
  }
  const std::size_t colon = found->value.rfind(':');
  return parse_port(colon == std::string::npos ? std::string_view(found->value)
                                               : std::string_view(found->value).substr(colon + 1));
}

std::optional<std::uint16_t> declared_port(const Container& container) {
  if (container.ports.size() != 1) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(container.ports.front().number);
}

EngineFinding problem(std::string text) {
  return {std::nullopt, std::move(text)};
}

const Container* choose(const PodTemplate& pods, const api::EngineSpec& spec,
                        EngineFinding& finding) {
  if (spec.container) {
    const auto found = std::ranges::find(pods.containers, *spec.container, &Container::name);
    if (found == pods.containers.end()) {
      finding = problem("the pods have no container " + *spec.container +
                        "; correct spec.interception.engine.container");
      return nullptr;
    }
    return &*found;
  }
  std::vector<const Container*> candidates;
  for (const Container& container : pods.containers) {
    const bool declares =
        spec.port && std::ranges::any_of(container.ports, [&spec](const Port& port) {
          return port.number == *spec.port;
        });
    if (declares || (!spec.port && known_engine(container) != nullptr)) {
      candidates.push_back(&container);
    }
  }
  if (candidates.empty() && pods.containers.size() == 1) {
    candidates.push_back(&pods.containers.front());
  }
  if (candidates.size() != 1) {
    finding = problem(std::to_string(candidates.size()) +
                      " of the pods' containers look like an engine; set "
                      "spec.interception.engine.container");
    return nullptr;
  }
  return candidates.front();
}

}  // namespace

bool runs_known_engine(const PodTemplate& pods) {
  return std::ranges::any_of(pods.containers, [](const Container& container) {
    return known_engine(container) != nullptr;
  });
}

EngineFinding find_engine(const PodTemplate& pods, const api::EngineSpec& spec) {
  EngineFinding finding;
  const Container* container = choose(pods, spec, finding);
  if (container == nullptr) {
    return finding;
  }
  const KnownEngine* known = known_engine(*container);
  const bool told = spec.flag || spec.env;  // the user knows better
  EngineShape shape;
  shape.container = container->name;
  shape.engine = known == nullptr ? "" : known->name;
  shape.flag = told || known == nullptr ? spec.flag.value_or("") : std::string(known->flag);
  shape.env = told || known == nullptr ? spec.env.value_or("") : std::string(known->env);
  shape.env_host = told || known == nullptr ? "" : std::string(known->env_host);
  shape.has_pre_stop = container->has_pre_stop;
  std::optional<std::uint16_t> port = spec.port;
  port = port ? port : port_of_flag(*container, shape.flag);
  port = port ? port : port_of_env(*container, shape.env);
  port = port ? port : declared_port(*container);
  if (!port && known != nullptr) {
    port = known->port;
  }
  if (!port) {
    return problem("container " + container->name +
                   " tells no port; set spec.interception.engine.port");
  }
  shape.port = *port;
  for (const Port& declared : container->ports) {
    if (declared.number == shape.port) {
      shape.port_name = declared.name;
    }
  }
  return {shape, ""};
}

}  // namespace penstock::reconcile
