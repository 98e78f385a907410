#include "operator/reconcile/said_port.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <ranges>
#include <vector>

#include "lib/api/url.h"

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
  if (shape.env_host.empty() || parse_port(value)) {
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

}  // namespace

Said read_port(const Container& container, const EngineShape& shape, std::uint16_t usual) {
  Said said = read_options(container, shape);
  return said.by.empty() ? read_variable(container, shape, usual) : said;
}

bool has_option(const Container& container, std::string_view option) {
  return !values_of(container.command, option).empty() ||
         !values_of(container.args, option).empty();
}

}  // namespace penstock::reconcile
