#include "operator/reconcile/container_options.h"

#include <algorithm>
#include <optional>
#include <ranges>
#include <string>

namespace penstock::reconcile {
namespace {

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

void add_values(const std::vector<std::string>& arguments, std::string_view option,
                std::vector<std::string_view>& values) {
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
}

}  // namespace

std::vector<std::string_view> values_of(const Container& container, std::string_view option) {
  std::vector<std::string_view> values;
  add_values(container.command, option, values);
  add_values(container.args, option, values);
  return values;
}

bool has_option(const Container& container, std::string_view option) {
  return !values_of(container, option).empty();
}

const EnvVar* variable_of(const Container& container, std::string_view name) {
  const auto found = std::ranges::find(std::views::reverse(container.env), name, &EnvVar::name);
  return found == container.env.rend() ? nullptr : &*found;
}

std::string_view resolved(const Container& container, std::string_view text) {
  std::string_view name = text;
  if (!name.starts_with('$')) {
    return text;
  }
  name.remove_prefix(1);
  if (name.size() > 2 && (name.front() == '(' || name.front() == '{')) {
    name = name.substr(1, name.size() - 2);
  }
  const EnvVar* variable = variable_of(container, name);
  const bool is_known = variable != nullptr && !variable->from_elsewhere;
  return is_known ? std::string_view(variable->value) : text;
}

}  // namespace penstock::reconcile
