#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/domain/json_tree.h"

// Putting the pieces of a stream together by a table of rules.
namespace penstock::dialect {

// How the values that one member has in one chunk after another become one value. A null never
// replaces a value.
enum class Merge : std::uint8_t {
  kDrop,      // not part of the object
  kNullOnly,  // not part of the object; anything but null cannot be folded
  kFixed,     // always the string `expects`; the object says `absent`
  kFirst,     // the first that is no empty string
  kLast,      // the last
  kSame,      // a string that chunks may repeat, but not change; empty ones do not count
  kOnce,      // a string that one chunk gives whole; empty ones do not count
  kConcat,    // strings, one after the other
  kAppend,    // lists, one after the other
  kObject,    // by `members`
  kIndexed,   // a list of objects, each by `members`; their `index` says which is which
};

struct FoldRule {
  std::string_view key;
  Merge merge = Merge::kDrop;
  std::span<const FoldRule> members = {};  // of kObject and kIndexed
  std::string_view name = {};              // in the object; empty: the key
  std::string_view absent = {};  // JSON where no chunk had the member; empty: it is left out
  std::string_view expects = {};
  bool required = false;  // without a value at the end the stream is not complete
  // Members beside which an empty string stands for null: what streams begin with, before it shows
  // what they are made of.
  std::span<const std::string_view> null_beside = {};
};

// The member `index` of a chunk's part: a whole number, not negative.
std::optional<std::size_t> index_of(const domain::JsonValue& object);

class FoldedObject;

// One member in the making.
class FoldedValue {
 public:
  explicit FoldedValue(const FoldRule& rule);

  // Merges a chunk's value. False: it cannot be folded.
  bool take(const domain::JsonValue& value);

  // Adds one element to a list (kAppend).
  void append_element(std::string_view json);
  // Replaces the value of a rule without members.
  void set(std::string json);
  // Of kObject; before its first value too.
  FoldedObject& object();

  [[nodiscard]] bool has_value() const { return state_ == State::kValue; }
  // No value, or an empty string or list.
  [[nodiscard]] bool empty() const { return text_.empty() && objects_.empty(); }
  // Every required value is there.
  [[nodiscard]] bool complete() const;
  // Appends `"name":value`, after a comma unless it is the first; nothing where there is nothing.
  // `as_null`: with null instead of the value.
  void write(std::string& out, bool& first, bool as_null) const;

 private:
  enum class State : std::uint8_t { kAbsent, kNull, kValue };
  static constexpr std::size_t kItemsMax = 1024;

  bool take_value(const domain::JsonValue& value);
  bool take_same(const domain::JsonValue& value);
  bool take_piece(const domain::JsonValue& value);
  bool take_list(const domain::JsonValue& value);
  bool take_indexed(const domain::JsonValue& value);
  void keep(const domain::JsonValue& value);
  [[nodiscard]] std::string_view without_value() const;
  void write_value(std::string& out) const;

  const FoldRule* rule_;
  State state_ = State::kAbsent;
  std::string text_;                   // JSON; of kConcat and kAppend without what encloses it
  std::vector<FoldedObject> objects_;  // of kObject at most one; of kIndexed by index
};

class FoldedObject {
 public:
  explicit FoldedObject(std::span<const FoldRule> rules);

  // Merges a chunk's object. False: it is none, has a member without a rule, or one twice.
  bool take(const domain::JsonValue& object);

  // REQUIRES: a rule has the key.
  FoldedValue& member(std::string_view key);

  // Something was taken, and every required value is there.
  [[nodiscard]] bool complete() const;
  void write(std::string& out) const;

 private:
  [[nodiscard]] bool stands_for_null(std::size_t index) const;

  std::span<const FoldRule> rules_;
  std::vector<FoldedValue> values_;  // by the order of the rules
  bool taken_ = false;
};

}  // namespace penstock::dialect
