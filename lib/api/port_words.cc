#include "lib/api/port_words.h"

#include <algorithm>
#include <array>

#include "lib/api/url.h"

namespace penstock::api {
namespace {

// CEL's \s.
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

bool is_word(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// What may stand before a port: the flag's spellings, each with what separates it from its value.
std::vector<std::string> spellings_of(const PortFlag& flag) {
  std::vector<std::string> result;
  if (!flag.name.empty()) {
    result = {flag.name + "=", flag.name + " "};
  }
  if (!flag.alias.empty()) {
    result.insert(result.end(), {flag.alias + "=", flag.alias + " ", flag.alias});
  }
  return result;
}

// Whether one of the places where `text` holds a spelling and then `port` is as `wanted` says,
// which is told whether words begin and end there.
template <typename Wanted>
bool any_place(std::string_view text, const PortFlag& flag, std::string_view port, Wanted wanted) {
  for (const std::string& spelling : spellings_of(flag)) {
    const std::string word = spelling + std::string(port);
    for (std::size_t at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
      const std::size_t end = at + word.size();
      if (wanted(at == 0 || is_space(text[at - 1]), end == text.size() || is_space(text[end]))) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

bool is_flag(std::string_view word, const PortFlag& flag) {
  return !word.empty() && (word == flag.name || word == flag.alias);
}

bool names_port(std::string_view text, const PortFlag& flag, std::string_view port) {
  return any_place(text, flag, port, [](bool begins, bool ends) { return begins && ends; });
}

bool names_longer_words(std::string_view text, const PortFlag& flag, std::string_view port) {
  return any_place(text, flag, port, [](bool begins, bool ends) { return !begins || !ends; });
}

bool holds_flag(std::string_view text, const PortFlag& flag) {
  if (is_flag(text, flag)) {
    return true;
  }
  const auto holds = [text](const std::string& spelling, auto fits) {
    for (std::size_t at = text.find(spelling); !spelling.empty() && at != std::string_view::npos;
         at = text.find(spelling, at + 1)) {
      if (fits(at, at + spelling.size())) {
        return true;
      }
    }
    return false;
  };
  return holds(flag.name,
               [text](std::size_t, std::size_t end) {
                 return end < text.size() && (text[end] == '=' || is_space(text[end]));
               }) ||
         holds(flag.alias, [text](std::size_t at, std::size_t end) {
           while (end < text.size() && (text[end] == '=' || is_space(text[end]))) {
             ++end;
           }
           return (at == 0 || is_space(text[at - 1])) &&
                  (end == text.size() || may_begin_port(text[end]));
         });
}

std::string with_port(std::string text, const PortFlag& flag, std::string_view from,
                      std::string_view to) {
  if (text == from) {
    return std::string(to);
  }
  for (const std::string& spelling : spellings_of(flag)) {
    replace_all(text, spelling + std::string(from), spelling + std::string(to));
  }
  return text;
}

std::vector<std::string> references_to(std::string_view variable) {
  const std::string name(variable);
  std::vector<std::string> result = {"$(" + name + ")", "${" + name + "}"};
  const bool shells_take_it =
      !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, is_word);
  if (shells_take_it) {
    result.push_back("$" + name);
  }
  return result;
}

bool refers_to(std::string_view text, std::string_view variable) {
  for (const std::string& reference : references_to(variable)) {
    const bool is_open = is_word(reference.back());  // $NAME, which $NAMES begins with
    for (std::size_t at = text.find(reference); at != std::string_view::npos;
         at = text.find(reference, at + 1)) {
      const std::size_t end = at + reference.size();
      if (!is_open || end == text.size() || !is_word(text[end])) {
        return true;
      }
    }
  }
  return false;
}

bool holds_number(std::string_view text, std::string_view number) {
  for (std::size_t at = text.find(number); at != std::string_view::npos;
       at = text.find(number, at + 1)) {
    const std::size_t end = at + number.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) {
      return true;
    }
  }
  return false;
}

bool runs_script(const std::vector<std::string>& words) {
  static constexpr std::array<std::string_view, 6> kShells = {"sh",  "bash", "dash",
                                                              "ash", "zsh",  "ksh"};
  const bool shell = std::ranges::any_of(words, [](std::string_view word) {
    return std::ranges::find(kShells, word.substr(word.rfind('/') + 1)) != kShells.end();
  });
  return shell && std::ranges::any_of(words, [](std::string_view word) {
           return word.size() > 1 && word.front() == '-' && word.back() == 'c' &&
                  std::ranges::all_of(word.substr(1), [](char c) { return c >= 'a' && c <= 'z'; });
         });
}

}  // namespace penstock::api
