#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Reading a few members of small JSON texts in place: stream events, usage objects, error bodies.
//
// No allocation, no padding, no copy: every result is a view into the text. The walk checks only
// what it needs to find its way; a text that cannot be walked ends the walk early and complete()
// stays false. Keys are compared as they are spelled: a key written with escapes matches nothing.
namespace penstock::dialect {

struct JsonMember {
  std::string_view key;    // between the quotes
  std::string_view value;  // from its first to its last character, strings with their quotes
  std::size_t begin = 0;   // offset of the key's opening quote in the walked text
  std::size_t end = 0;     // offset after the value
};

//   ObjectWalk walk(text);
//   for (JsonMember member; walk.next(member);) …
class ObjectWalk {
 public:
  // `text` holds an object, maybe after white space; anything else gives a walk without members.
  explicit ObjectWalk(std::string_view text);

  bool next(JsonMember& member);

  // next() in two steps, for whoever walks a value itself: the key, with value() at the first
  // character of its value; then either take_value(), or take_value_to() with what follows it.
  bool next_key(JsonMember& member);
  [[nodiscard]] std::string_view value() const {
    return {at_, static_cast<std::size_t>(end_ - at_)};
  }
  bool take_value(JsonMember& member);
  bool take_value_to(std::string_view tail, JsonMember& member);

  // The closing brace was reached, every member well-formed as far as the walk looked.
  [[nodiscard]] bool complete() const { return complete_; }

  // What follows a complete object: lets an array of objects be walked without running over each
  // one twice.
  [[nodiscard]] std::string_view tail() const { return tail_; }

 private:
  std::string_view tail_;
  const char* begin_;
  const char* at_;
  const char* end_;
  bool first_ = true;
  bool complete_ = false;
};

class ArrayWalk {
 public:
  explicit ArrayWalk(std::string_view text);

  bool next(std::string_view& value);
  // The same for an array of objects that are walked one by one: the text from the next one on.
  // `tail` is what follows the one before; nothing matters before the first.
  bool next_object(std::string_view tail, std::string_view& from_object);
  [[nodiscard]] bool complete() const { return complete_; }
  // What follows a complete array.
  [[nodiscard]] std::string_view tail() const { return tail_; }

 private:
  std::string_view tail_;
  const char* at_;
  const char* end_;
  bool first_ = true;
  bool complete_ = false;
};

// The value of a member that appears once in many; the last one when it repeats, as most parsers
// have it.
std::optional<std::string_view> find_member(std::string_view object, std::string_view key);

[[nodiscard]] inline bool is_object(std::string_view value) {
  return value.starts_with('{');
}
[[nodiscard]] inline bool is_array(std::string_view value) {
  return value.starts_with('[');
}
[[nodiscard]] inline bool is_string(std::string_view value) {
  return value.starts_with('"');
}

// What stands between the quotes, escapes as they are; empty for anything but a string.
[[nodiscard]] inline std::string_view string_body(std::string_view value) {
  return is_string(value) && value.size() >= 2 ? value.substr(1, value.size() - 2)
                                               : std::string_view{};
}

// The string with its escapes resolved; a lone surrogate becomes U+FFFD. Empty for anything but a
// string.
std::string unescaped(std::string_view value);

// A whole number that fits, also when spelled 12.0; nullopt otherwise.
std::optional<std::int64_t> integer(std::string_view value);

}  // namespace penstock::dialect
