#include "operator/reconcile/engines.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "operator/reconcile/container_options.h"
#include "operator/reconcile/engine_address.h"
#include "operator/reconcile/fixed_port.h"
#include "operator/reconcile/known_engines.h"
#include "operator/reconcile/said_port.h"

namespace penstock::reconcile {
namespace {

std::optional<std::uint16_t> declared_port(const Container& container) {
  const auto others = [&container](const Port& port) {
    return port.number != container.ports.front().number;  // which may have several names
  };
  if (container.ports.empty() || std::ranges::any_of(container.ports, others)) {
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
    if (declares || (!spec.port && recognise_engine(container).engine != nullptr)) {
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

// What the container's engine is told its port by; the user knows better than what is known.
EngineShape shape_of(const Container& container, const KnownEngine* known,
                     const api::EngineSpec& spec) {
  EngineShape shape{.container = container.name, .has_pre_stop = container.has_pre_stop};
  shape.flag = spec.flag.value_or("");
  shape.env = spec.env.value_or("");
  if (known == nullptr) {
    return shape;
  }
  shape.engine = known->name;
  if (!spec.flag && !spec.env) {
    shape.flag = known->flag;
    shape.env = known->env;
    shape.env_host = known->env_host;
  }
  shape.flag_alias = shape.flag == known->flag ? known->flag_alias : "";
  return shape;
}

// As written, or the engine's default. Nothing, with `unread` set: it is said where nobody reads
// it.
std::optional<std::uint16_t> find_port(const Container& container, const Said& said,
                                       const Recognition& known, std::string& unread) {
  if (said.ports.size() == 1) {
    return *said.ports.begin();
  }
  if (const auto declared = declared_port(container)) {
    return declared;
  }
  unread = said.ports.empty() ? said.unread : said.by + ", which it gives several";
  if (known.engine == nullptr) {
    return std::nullopt;
  }
  if (unread.empty() && has_option(container, known.engine->config)) {
    unread = known.engine->config;
  }
  const bool is_usual = known.by_image || !known.engine->port_of_image;
  return unread.empty() && is_usual ? std::optional(known.engine->port) : std::nullopt;
}

std::string no_port(const Container& container, const Recognition& known,
                    const std::string& unread) {
  const std::string start = "container " + container.name;
  if (!unread.empty()) {
    return start + " says its port where it is not read (" + unread +
           "); set spec.interception.engine.port";
  }
  return start + " tells no port; set spec.interception.engine.port" +
         (known.engine == nullptr ? ", and .flag or .env, since it is no engine that is known"
                                  : "");
}

// Of vLLM and SGLang, and of llama.cpp. Another engine that takes one means the same by it.
constexpr std::array<std::string_view, 4> kTlsOptions = {"--ssl-keyfile", "--ssl-certfile",
                                                         "--ssl-key-file", "--ssl-cert-file"};
constexpr std::array<std::string_view, 2> kTlsVariables = {"LLAMA_ARG_SSL_KEY_FILE",
                                                           "LLAMA_ARG_SSL_CERT_FILE"};

std::string tls_by(const Container& container, const EngineShape& shape) {
  for (const std::string_view option : kTlsOptions) {
    if (has_option(container, option)) {
      return std::string(option);
    }
  }
  for (const std::string_view variable : kTlsVariables) {
    if (variable_of(container, variable) != nullptr) {
      return std::string(variable);
    }
  }
  const bool is_probed = std::ranges::any_of(
      container.probed_by_tls, [&shape, port = std::to_string(shape.port)](const std::string& of) {
        return of == port || std::ranges::find(shape.port_names, of) != shape.port_names.end();
      });
  return is_probed ? "a probe of scheme HTTPS" : "";
}

}  // namespace

bool runs_known_engine(const PodTemplate& pods) {
  return std::ranges::any_of(pods.containers, [](const Container& container) {
    return recognise_engine(container).engine != nullptr;
  });
}

EngineFinding find_engine(const PodTemplate& pods, const api::EngineSpec& spec) {
  EngineFinding finding;
  const Container* container = choose(pods, spec, finding);
  if (container == nullptr) {
    return finding;
  }
  const Recognition known = recognise_engine(*container);
  EngineShape shape = shape_of(*container, known.engine, spec);
  const Said said = read_port(*container, shape, known.engine == nullptr ? 0 : known.engine->port);
  std::string unread;
  const std::optional<std::uint16_t> port =
      spec.port ? spec.port : find_port(*container, said, known, unread);
  if (!port) {
    return problem(no_port(*container, known, unread));
  }
  shape.port = *port;
  shape.fixed = fixed_port(*container, shape, said);
  for (const Port& declared : container->ports) {
    if (declared.number == shape.port && !declared.name.empty()) {
      shape.port_names.push_back(declared.name);
    }
  }
  shape.tls_by = tls_by(*container, shape);
  if (known.engine != nullptr) {
    shape.unreached_by = unreached_by(*container, *known.engine);
  }
  return {shape, ""};
}

}  // namespace penstock::reconcile
