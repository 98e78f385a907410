#include "operator/webhook/port_words.h"

#include <algorithm>
#include <array>

namespace penstock::webhook {
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

bool holds_word(std::string_view text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || is_space(text[at - 1]);
    if (begins && (end == text.size() || is_space(text[end]))) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool names_port(std::string_view text, std::string_view flag, std::string_view port) {
  const std::string name(flag);
  return holds_word(text, (name + "=").append(port)) || holds_word(text, (name + " ").append(port));
}

bool names_longer_port(std::string_view text, std::string_view flag, std::string_view port) {
  for (const char* between : {"=", " "}) {
    const std::string word = std::string(flag).append(between).append(port);
    for (std::size_t at = text.find(word); at != std::string_view::npos;
         at = text.find(word, at + 1)) {
      const std::size_t end = at + word.size();
      if (end < text.size() && !is_space(text[end])) {
        return true;
      }
    }
  }
  return false;
}

std::string with_port(std::string text, std::string_view flag, std::string_view from,
                      std::string_view to) {
  if (text == from) {
    return std::string(to);
  }
  for (const char* between : {"=", " "}) {
    const std::string before = std::string(flag) + between;
    replace_all(text, before + std::string(from), before + std::string(to));
  }
  return text;
}

bool refers_to(std::string_view text, std::string_view variable) {
  const std::string name(variable);
  if (text.find("$(" + name + ")") != std::string_view::npos ||
      text.find("${" + name + "}") != std::string_view::npos) {
    return true;
  }
  const bool shells_take_it =
      !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, is_word);
  if (!shells_take_it) {
    return false;
  }
  const std::string plain = "$" + name;
  for (std::size_t at = text.find(plain); at != std::string_view::npos;
       at = text.find(plain, at + 1)) {
    const std::size_t end = at + plain.size();
    if (end == text.size() || !is_word(text[end])) {
      return true;
    }
  }
  return false;
}

bool is_shell(std::string_view program, std::string_view option) {
  constexpr std::array<std::string_view, 4> kShells = {"sh", "bash", "dash", "ash"};
  const std::size_t slash = program.rfind('/');
  const std::string_view name =
      slash == std::string_view::npos ? program : program.substr(slash + 1);
  const bool known = std::ranges::find(kShells, name) != kShells.end();
  return known && option.size() > 1 && option.front() == '-' && option.back() == 'c' &&
         std::ranges::all_of(option.substr(1), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace penstock::webhook
