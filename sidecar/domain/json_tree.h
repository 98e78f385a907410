#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sidecar/domain/bypass_reason.h"

namespace penstock::domain {

enum class JsonType : std::uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

class JsonValue;

// One JSON document as a flat list of values that know their place in the text.
//
// Why not simdjson's DOM: a cache key must tell 0.1 from 0.10000000000000001 and keep integers
// beyond 64 bits, and the DOM keeps numbers as doubles and refuses such integers; it has no offsets
// for edits in place, and cannot say that a surrogate was alone. micro_cache measures both.
//
// Strict RFC 8259: no comments, no trailing commas, no NaN, nothing after the document, UTF-8
// without a byte order mark, no lone surrogates.
//
// Threads: not safe; one per worker, reused, so that a usual request allocates nothing.
class JsonTree {
 public:
  static constexpr std::size_t kDepthMax = 64;       // the outermost value has depth 1
  static constexpr std::size_t kNodesMax = 1 << 20;  // 24 MiB; keys count as values
  static constexpr std::size_t kBytesMax = std::numeric_limits<std::uint32_t>::max() / 4;
  // What a tree keeps for the next document; one of a larger body is given back.
  static constexpr std::size_t kKeepBytes = 1 << 20;

  // Reads `body`, which must stay in place while values are used. Returns why it cannot be read, or
  // nullopt. Values of the document before become invalid. Any value may be outermost.
  std::optional<BypassReason> parse(std::string_view body);

  // REQUIRES: the last parse() succeeded.
  [[nodiscard]] JsonValue root() const;

  [[nodiscard]] std::size_t nodes() const { return nodes_.size(); }

 private:
  friend class JsonValue;
  friend class JsonTreeParser;

  // An object is followed by its members, each a key and a value; an array by its elements.
  struct Node {
    std::uint32_t raw_begin = 0;  // where it stands in the body
    std::uint32_t raw_end = 0;
    std::uint32_t text_begin = 0;  // strings: in the body, or in unescaped_
    std::uint32_t size = 0;        // strings: bytes; arrays and objects: elements or members
    std::uint32_t within = 0;      // how many of the nodes behind it stand within it
    JsonType type = JsonType::kNull;
    bool has_escapes = false;
  };

  std::string_view body_;
  std::vector<Node> nodes_;
  std::string unescaped_;  // the strings that had escapes, joined
};

// A value of a JsonTree: two words, copied freely, valid until the tree's next parse().
class JsonValue {
 public:
  JsonValue(const JsonTree& tree, std::uint32_t index) : tree_(&tree), index_(index) {}

  [[nodiscard]] JsonType type() const { return node().type; }
  [[nodiscard]] bool is(JsonType type) const { return node().type == type; }

  // A string without its quotes and escapes; any other value as it is spelled.
  [[nodiscard]] std::string_view text() const {
    const JsonTree::Node& own = node();
    if (own.type != JsonType::kString) {
      return raw();
    }
    const char* const all = own.has_escapes ? tree_->unescaped_.data() : tree_->body_.data();
    return {all + own.text_begin, own.size};
  }
  // As it stands in the body, strings with their quotes.
  [[nodiscard]] std::string_view raw() const {
    const JsonTree::Node& own = node();
    return {tree_->body_.data() + own.raw_begin, own.raw_end - own.raw_begin};
  }
  // Where raw() begins in the body.
  [[nodiscard]] std::size_t offset() const { return node().raw_begin; }

  // Elements of an array or members of an object; 0 for anything else.
  [[nodiscard]] std::size_t size() const {
    return is(JsonType::kArray) || is(JsonType::kObject) ? node().size : 0;
  }

  // Calls visit(element), or visit(key, value), for each in the order of the text until one call
  // returns false; returns whether all did. Nothing to visit in a value of another type.
  template <class Visit>
  bool each_element(Visit visit) const {
    JsonValue element(*tree_, index_ + 1);
    for (std::uint32_t left = is(JsonType::kArray) ? node().size : 0; left > 0; --left) {
      if (!visit(element)) {
        return false;
      }
      element = element.next();
    }
    return true;
  }
  template <class Visit>
  bool each_member(Visit visit) const {
    JsonValue key(*tree_, index_ + 1);
    for (std::uint32_t left = is(JsonType::kObject) ? node().size : 0; left > 0; --left) {
      const JsonValue value = key.next();
      if (!visit(key, value)) {
        return false;
      }
      key = value.next();
    }
    return true;
  }

  // Its place in the tree, and another value by its place: less to keep than the value. The value
  // of a member stands behind its key.
  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] JsonValue at(std::uint32_t index) const { return {*tree_, index}; }

  // The value of a member; the first one where a key repeats. nullopt too for anything but an
  // object.
  [[nodiscard]] std::optional<JsonValue> find(std::string_view key) const;

 private:
  [[nodiscard]] const JsonTree::Node& node() const { return tree_->nodes_[index_]; }
  [[nodiscard]] JsonValue next() const { return {*tree_, index_ + 1 + node().within}; }

  const JsonTree* tree_;
  std::uint32_t index_;
};

}  // namespace penstock::domain
