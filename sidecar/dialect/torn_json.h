#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::dialect {

// Follows the text of a JSON object that may end anywhere, and knows what makes of it one that
// readers accept. It keeps where it stands in the text, and nothing of the text.
//
// What strings say is trusted to be JSON, as are the digits of numbers.
//
// Limits:  an object that is deeper than kDepthMax is unreadable.
// Threads: not safe.
class TornJson {
 public:
  static constexpr std::size_t kDepthMax = 512;

  enum class State : std::uint8_t {
    kBlank,       // white space at most
    kOpen,        // rest(), more members and a brace make it whole
    kWhole,       // nothing is missing
    kUnreadable,  // no object, or so broken that nothing behind it mends it
  };

  // What comes next, cut anywhere.
  void feed(std::string_view text);

  [[nodiscard]] State state() const;
  // Ends what was begun, down to the outermost object, with the comma before its next member. What
  // was begun may come to say something else ("1." becomes 1.0, an escape another character).
  // REQUIRES: state() is kOpen.
  [[nodiscard]] std::string rest() const;

 private:
  enum class At : std::uint8_t { kBegin, kComma, kKey, kColon, kValue };
  struct Level {
    bool is_object = false;
    At at = At::kBegin;
  };
  enum class Within : std::uint8_t { kNothing, kString, kScalar };

  static At after_value(const Level& level);
  static std::string_view closing(const Level& level);

  const char* step(const char* p);
  void begin_value(char first);
  void close(bool is_object);
  const char* step_string(const char* p, const char* end);
  const char* step_escape(const char* p);
  const char* step_scalar(const char* p, const char* end);
  void take_of_scalar(char c);
  void keep_tail(std::string_view run);
  void took_value() { levels_.back().at = after_value(levels_.back()); }
  [[nodiscard]] bool scalar_may_end() const;
  [[nodiscard]] std::string rest_of_string() const;
  [[nodiscard]] std::string_view rest_of_scalar() const;

  std::vector<Level> levels_;  // the open brackets
  bool closed_ = false;        // the outermost one is
  bool broken_ = false;
  Within within_ = Within::kNothing;

  // Of a string.
  std::uint8_t escape_ = 0;      // how much of an escape there is
  bool high_surrogate_ = false;  // an escape just now whose other half has to follow
  std::uint8_t tail_size_ = 0;
  std::array<char, 4> digits_{};  // of the escape
  std::array<char, 3> tail_{};    // the last bytes, maybe of a character that is not whole

  // Of a number or name.
  char last_ = 0;
  std::uint8_t name_size_ = 0;  // how much of name_ there is
  std::string_view name_;       // empty: it is a number
};

}  // namespace penstock::dialect
