#include "operator/collect/answer.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "lib/json/ascii.h"

namespace penstock::collect {
namespace {

constexpr std::size_t kValueBytesMax = 128;

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
  while (text.ends_with(' ')) {
    text.remove_suffix(1);
  }
  return text;
}

// A value that goes into a status: short and printable, else nothing.
std::string safe(std::string_view value) {
  const bool good = value.size() <= kValueBytesMax &&
                    std::ranges::all_of(value, [](char c) { return c > ' ' && c < 0x7f; });
  return good ? std::string(value) : std::string();
}

}  // namespace

AnswerState read_answer(std::string_view bytes, Answer& into) {
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    return bytes.size() > kAnswerBytesMax ? AnswerState::kBroken : AnswerState::kIncomplete;
  }
  std::string_view head = bytes.substr(0, head_end);
  const std::size_t line_end = std::min(head.find("\r\n"), head.size());
  const std::string_view status_line = head.substr(0, line_end);
  const auto status =
      status_line.starts_with("HTTP/1.1 ") ? number(status_line.substr(9, 3)) : std::nullopt;
  if (!status) {
    return AnswerState::kBroken;
  }
  into = Answer{.status = static_cast<int>(*status)};
  std::optional<std::size_t> length;
  for (head.remove_prefix(line_end); head.starts_with("\r\n");) {
    head.remove_prefix(2);
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end);
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string name = json::lower_ascii(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(std::min(colon + 1, line.size())));
    if (name == "content-length") {
      length = number(value);
    } else if (name == "connection") {
      into.keep_alive = json::lower_ascii(value) != "close";
    } else if (name == "x-penstock-policy") {
      into.hash = safe(value);
    } else if (name == "x-penstock-version") {
      into.version = safe(value);
    } else if (name == "x-penstock-policy-problem") {
      into.problem = safe(value);
    }
  }
  if (!length || *length > kAnswerBytesMax) {
    return AnswerState::kBroken;
  }
  if (bytes.size() < head_end + 4 + *length) {
    return AnswerState::kIncomplete;
  }
  into.body = bytes.substr(head_end + 4, *length);
  return AnswerState::kComplete;
}

}  // namespace penstock::collect
