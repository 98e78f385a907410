#include "operator/reconcile/engines.h"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <set>
#include <string_view>
#include <vector>

#include "lib/api/url.h"
#include "operator/reconcile/known_engines.h"

namespace penstock::reconcile {
namespace {

// Of two of the same name the kubelet takes the last. Nothing: there is none.
const EnvVar* last_of(const Container& container, std::string_view name) {
  const auto found = std::ranges::find(std::views::reverse(container.env), name, &EnvVar::name);
  return found == container.env.rend() ? nullptr : &*found;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool good = error == std::errc() && end == text.data() + text.size() && port > 0;
  return good && port <= 65'535 ? std::optional(static_cast<std::uint16_t>(port)) : std::nullopt;
}

// What a container says of its port in one place.
struct Said {
  std::set<std::uint16_t> ports;
  std::string unread;  // what it says besides, where that is not read: "PORT"
  std::string by;      // the option or variable; empty: it has none
};

// What $(NAME), ${NAME} or $NAME stands for; other texts stand for themselves.
std::string_view resolved(const Container& container, std::string_view text) {
  std::string_view name = text;
  if (!name.starts_with('$')) {
    return text;
  }
  name.remove_prefix(1);
  if (name.size() > 2 && (name.front() == '(' || name.front() == '{')) {
    name = name.substr(1, name.size() - 2);
  }
  const EnvVar* variable = last_of(container, name);
  return variable == nullptr ? text : std::string_view(variable->value);
}

// What an option is given in `word` itself: "8000" of "--port=8000", and of "-p8000" where it is
// short. Nothing: the word is none of it, or it alone.
std::optional<std::string_view> value_in(std::string_view word, std::string_view option) {
  if (option.empty() || !word.starts_with(option) || word.size() == option.size()) {
    return std::nullopt;
  }
  std::string_view rest = word.substr(option.size());
  const bool is_short = option.size() == 2;
  if (rest.front() != '=' && !is_short) {
    return std::nullopt;
  }
  rest.remove_prefix(rest.front() == '=' ? 1 : 0);
  return rest;
}

// A word of an argument, and the space before it.
struct Word {
  std::string_view gap;
  std::string_view text;
};

// An argument may be a shell's script.
std::vector<Word> words_of(std::string_view argument) {
  constexpr std::string_view kSpace = " \t\n\f\r";
  std::vector<Word> words;
  while (true) {
    const std::size_t begin = argument.find_first_not_of(kSpace);
    if (begin == argument.npos) {
      return words;
    }
    const std::size_t end = std::min(argument.find_first_of(kSpace, begin), argument.size());
    words.push_back({argument.substr(0, begin), argument.substr(begin, end - begin)});
    argument.remove_prefix(end);
  }
}

// What `option` is given, as admission finds it: in the same word, after one space of the same
// argument, or as the next argument. Empty: in another way.
std::vector<std::string_view> values_of(const std::vector<std::string>& arguments,
                                        std::string_view option) {
  std::vector<std::string_view> values;
  for (std::size_t i = 0; !option.empty() && i < arguments.size(); ++i) {
    const std::vector<Word> words = words_of(arguments[i]);
    if (arguments[i] == option) {
      values.push_back(i + 1 < arguments.size() ? arguments[i + 1] : std::string_view());
      continue;
    }
    for (std::size_t k = 0; k < words.size(); ++k) {
      if (const auto inside = value_in(words[k].text, option)) {
        values.push_back(*inside);
      } else if (words[k].text == option) {
        const bool next = k + 1 < words.size() && words[k + 1].gap == " ";
        values.push_back(next ? words[k + 1].text : std::string_view());
      }
    }
  }
  return values;
}

Said read_options(const Container& container, const EngineShape& shape) {
  Said said;
  for (const std::string& option : {shape.flag, shape.flag_alias}) {
    for (const auto* arguments : {&container.command, &container.args}) {
      for (const std::string_view value : values_of(*arguments, option)) {
        if (option == shape.flag_alias && !value.empty() && !api::may_begin_port(value.front())) {
          continue;
        }
        said.by = option;
        if (const auto port = parse_port(resolved(container, value))) {
          said.ports.insert(*port);
        } else {
          said.unread = option;
        }
      }
    }
  }
  return said;
}

Said read_variable(const Container& container, const EngineShape& shape, std::uint16_t usual) {
  Said said;
  if (shape.env.empty()) {
    return said;
  }
  const EnvVar* variable = last_of(container, shape.env);
  if (variable == nullptr) {
    said.unread = container.has_env_from ? "envFrom, which may set " + shape.env : "";
    return said;
  }
  said.by = shape.env;
  const std::string_view value = variable->value;
  std::optional<std::uint16_t> port;
  if (shape.env_host.empty()) {
    port = parse_port(value);
  } else if (const std::size_t colon = value.rfind(':'); colon != value.npos) {
    port = parse_port(value.substr(colon + 1));
  } else if (api::is_host_alone(value)) {
    port = usual;
  }
  if (port && *port != 0) {
    said.ports.insert(*port);
  } else {
    said.unread = shape.env;
  }
  return said;
}

bool has_option(const Container& container, std::string_view option) {
  return !values_of(container.command, option).empty() ||
         !values_of(container.args, option).empty();
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

// A flag goes before a variable.
Said read_port(const Container& container, const EngineShape& shape, std::uint16_t usual) {
  Said said = read_options(container, shape);
  return said.by.empty() ? read_variable(container, shape, usual) : said;
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
  shape.says_another = said.ports.contains(shape.port) ? "" : said.by;
  for (const Port& declared : container->ports) {
    if (declared.number == shape.port) {
      shape.port_name = declared.name;
    }
  }
  return {shape, ""};
}

}  // namespace penstock::reconcile
