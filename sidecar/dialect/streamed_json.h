#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sidecar/dialect/json_skip.h"

namespace penstock::dialect {

// Takes a few members out of one large JSON object that arrives in pieces, in constant memory.
//
// It follows the structure of the outermost object, and of the objects in those of its arrays that
// a member is wanted from (`choices`), and skips everything else at memory speed. It checks only
// what it needs to find its way.
//
// Limits:  a captured value of more than 16 KiB is given up: it reads as empty.
// Threads: not safe.
class StreamedJson {
 public:
  struct Wanted {
    std::string_view
        array;  // empty: a member of the outermost object; else of the objects in this array
    std::string_view key;
    bool measure_only = false;  // value_bytes() is all that is asked for
  };
  static constexpr std::size_t kWantedMax = 8;
  static constexpr std::size_t kCaptureBytesMax = std::size_t{16} << 10;

  // `wanted` outlives the scanner (static tables do). REQUIRES: at most kWantedMax entries.
  explicit StreamedJson(std::span<const Wanted> wanted) : wanted_(wanted) {}

  void feed(std::string_view piece);

  // The outermost object was closed and nothing but white space followed.
  [[nodiscard]] bool complete() const { return state_ == State::kComplete; }
  [[nodiscard]] bool broken() const { return state_ == State::kBroken; }

  // The value as it is spelled; the last one where the key repeats. From an array: all of them,
  // joined by commas.
  [[nodiscard]] std::string_view captured(std::size_t index) const { return captures_.at(index); }
  [[nodiscard]] std::uint64_t value_bytes(std::size_t index) const { return bytes_.at(index); }

 private:
  enum class State : std::uint8_t {
    kBefore,
    kKeyOrClose,
    kInKey,
    kColon,
    kValue,
    kElement,
    kInString,
    kInScalar,
    kInContainer,
    kComplete,
    kBroken,
  };
  enum class Level : std::uint8_t { kTop, kArray, kElementObject };
  static constexpr std::size_t kNone = kWantedMax;
  static constexpr std::size_t kKeyBytesMax = 32;

  const char* step(const char* p, const char* end);
  const char* step_key_or_close(const char* p);
  const char* step_element(const char* p);
  const char* step_key(const char* p, const char* end);
  const char* step_value(const char* p);
  const char* step_string(const char* p, const char* end);
  const char* step_scalar(const char* p, const char* end);
  const char* step_container(const char* p, const char* end);
  const char* enter_value(const char* p);
  void begin_value(const char* p);
  void end_value(const char* p);
  void keep(const char* end);
  [[nodiscard]] std::size_t find_wanted() const;
  [[nodiscard]] bool is_walked_array() const;

  std::span<const Wanted> wanted_;
  std::array<std::string, kWantedMax> captures_;
  std::array<std::uint64_t, kWantedMax> bytes_{};

  State state_ = State::kBefore;
  Level level_ = Level::kTop;
  bool escaped_ = false;           // the next byte of a string is taken as it is
  bool key_matches_none_ = false;  // spelled with escapes, or too long
  std::string key_;
  std::string array_;   // key of the array that is being walked
  ContainerSkip skip_;  // over a container that nothing is wanted from

  std::size_t current_ = kNone;       // the wanted value that is being read …
  std::size_t walked_array_ = kNone;  // … and the measured array around it
  bool too_long_ = false;
  std::uint64_t passed_ = 0;  // bytes of earlier pieces
  std::uint64_t value_begin_ = 0;
  std::uint64_t array_begin_ = 0;
  const char* piece_ = nullptr;
  const char* keep_from_ = nullptr;  // what of this piece belongs to the current value
};

}  // namespace penstock::dialect
