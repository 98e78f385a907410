#include "lib/json/yaml_output.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "lib/json/ascii.h"

namespace penstock::json {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Text that no YAML reader takes for anything but text: begins with a letter, holds nothing that
// YAML gives a meaning to, and is no word that older readers take for a boolean or null.
bool is_plain(std::string_view text) {
  constexpr std::array<std::string_view, 11> kWords = {"true", "false", "yes", "no",   "on", "off",
                                                       "null", "y",     "n",   "none", "nan"};
  return !text.empty() && is_word(text.front()) && text.back() != ' ' &&
         std::ranges::find(kWords, lower_ascii(text)) == kWords.end() &&
         text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos &&
         text.back() != ':' && std::ranges::all_of(text, [](char c) {
           return is_word(c) || (c >= '0' && c <= '9') ||
                  std::string_view(" -_./:;,()'+*$@").find(c) != std::string_view::npos;
         });
}

// A JSON string is a double-quoted YAML scalar.
std::string quoted(const std::string& text) {
  return Value(text).dump(-1, ' ', false, Value::error_handler_t::replace);
}

std::string scalar(const Value& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return is_plain(text) ? text : quoted(text);
  }
  return value.dump();  // also of an empty list or map
}

bool is_block(const Value& value) {
  return value.is_structured() && !value.empty();
}

class Writer {
 public:
  void block(const Value& value, std::size_t indent, bool continues_line) {
    if (value.is_object()) {
      for (const auto& item : value.items()) {
        start_line(indent, continues_line);
        text_ += is_plain(item.key()) ? item.key() : quoted(item.key());
        text_ += ':';
        const bool list = item.value().is_array();
        child(item.value(), list ? indent : indent + 2);
      }
    } else {
      for (const Value& element : value) {
        start_line(indent, continues_line);
        text_ += '-';
        if (is_block(element)) {
          text_ += ' ';
          block(element, indent + 2, true);
        } else {
          text_.append(" ").append(scalar(element)).append("\n");
        }
      }
    }
  }

  std::string take() && { return std::move(text_); }

 private:
  // The first entry of a list's element stands behind its dash.
  void start_line(std::size_t indent, bool& continues_line) {
    if (!continues_line) {
      text_.append(indent, ' ');
    }
    continues_line = false;
  }

  void child(const Value& value, std::size_t indent) {
    if (is_block(value)) {
      text_ += '\n';
      block(value, indent, false);
    } else {
      text_.append(" ").append(scalar(value)).append("\n");
    }
  }

  std::string text_;
};

}  // namespace

std::string to_yaml(const Value& value) {
  if (!is_block(value)) {
    return scalar(value) + "\n";
  }
  Writer writer;
  writer.block(value, 0, false);
  return std::move(writer).take();
}

}  // namespace penstock::json
