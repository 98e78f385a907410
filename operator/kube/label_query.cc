#include "operator/kube/label_query.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace penstock::kube {
namespace {

using api::LabelExpression;
using api::LabelOperator;

constexpr std::string_view kSpace = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string_view::npos
             ? std::string_view()
             : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// What stands between commas, but for those within brackets.
std::vector<std::string_view> requirements(std::string_view text) {
  std::vector<std::string_view> found;
  bool in_list = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    in_list = text[i] == '(' || (in_list && text[i] != ')');
    if (text[i] == ',' && !in_list) {
      found.push_back(trimmed(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  found.push_back(trimmed(text.substr(begin)));
  return found;
}

// Of names and values of labels; what is not told apart here, no label is called.
bool is_word(std::string_view text) {
  return text.find_first_of("=!(), \t") == std::string_view::npos;
}

// "(a, b)"; empty: it is none.
std::vector<std::string> list_in(std::string_view text) {
  if (text.size() < 2 || text.front() != '(' || text.back() != ')') {
    return {};
  }
  std::vector<std::string> values;
  for (const std::string_view value : requirements(text.substr(1, text.size() - 2))) {
    if (!is_word(value)) {
      return {};
    }
    values.emplace_back(value);
  }
  return values;
}

std::optional<LabelExpression> compared(std::string_view text, std::size_t at) {
  const bool differs = text[at] == '!';
  const std::string_view key = trimmed(text.substr(0, at));
  std::string_view value = text.substr(at + 1);
  if (value.starts_with('=')) {
    value.remove_prefix(1);
  } else if (differs) {
    return std::nullopt;
  }
  value = trimmed(value);
  if (key.empty() || !is_word(key) || !is_word(value)) {
    return std::nullopt;
  }
  return LabelExpression{.key = std::string(key),
                         .op = differs ? LabelOperator::kNotIn : LabelOperator::kIn,
                         .values = {std::string(value)}};
}

std::optional<LabelExpression> listed(std::string_view text, std::size_t space) {
  const std::string_view rest = trimmed(text.substr(space));
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t("));
  LabelExpression read{.key = std::string(text.substr(0, space)),
                       .op = word == "in" ? LabelOperator::kIn : LabelOperator::kNotIn,
                       .values = list_in(trimmed(rest.substr(word.size())))};
  if ((word != "in" && word != "notin") || read.values.empty() || !is_word(read.key)) {
    return std::nullopt;
  }
  return read;
}

std::optional<LabelExpression> requirement(std::string_view text) {
  const bool absent = text.starts_with('!');
  const std::string_view key = absent ? trimmed(text.substr(1)) : text;
  if (!key.empty() && is_word(key)) {
    return LabelExpression{.key = std::string(key),
                           .op = absent ? LabelOperator::kDoesNotExist : LabelOperator::kExists};
  }
  if (const std::size_t at = text.find_first_of("=!"); at != std::string_view::npos && at > 0) {
    return compared(text, at);
  }
  const std::size_t space = text.find_first_of(kSpace);
  return space == std::string_view::npos ? std::nullopt : listed(text, space);
}

}  // namespace

std::optional<api::LabelSelector> parse_label_query(std::string_view text) {
  if (trimmed(text).empty() || text.size() > kQueryBytesMax) {
    return std::nullopt;
  }
  api::LabelSelector selector;
  for (const std::string_view part : requirements(text)) {
    std::optional<LabelExpression> read = requirement(part);
    if (!read) {
      return std::nullopt;
    }
    selector.match_expressions.push_back(std::move(*read));
  }
  return selector;
}

}  // namespace penstock::kube
