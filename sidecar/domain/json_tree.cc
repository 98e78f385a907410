#include "sidecar/domain/json_tree.h"

#include <simdjson.h>

#include "sidecar/domain/byte_scan.h"
#include "sidecar/domain/json_string.h"

namespace penstock::domain {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

}  // namespace

// Recursive descent; the depth limit bounds the stack. Every step returns false to stop, with
// reason_ saying why.
class JsonTreeParser {
 public:
  JsonTreeParser(JsonTree& tree, std::string_view body)
      : tree_(tree), begin_(body.data()), at_(body.data()), end_(body.data() + body.size()) {}

  bool document() {
    skip_space();
    if (!value(1)) {
      return false;
    }
    skip_space();
    return at_ == end_;
  }

  [[nodiscard]] BypassReason reason() const { return reason_; }

 private:
  bool fail(BypassReason reason) {
    reason_ = reason;
    return false;
  }

  void skip_space() {
    while (at_ != end_ && is_space(*at_)) {
      ++at_;
    }
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) {
      return false;
    }
    ++at_;
    return true;
  }

  [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(at_ - begin_); }

  // The new node's index, or kNone at the limit.
  static constexpr std::uint32_t kNone = 0xffffffff;
  std::uint32_t open_node(JsonType type) {
    const auto index = static_cast<std::uint32_t>(tree_.nodes_.size());
    if (index == JsonTree::kNodesMax) {
      reason_ = BypassReason::kTooComplex;
      return kNone;
    }
    tree_.nodes_.push_back({.raw_begin = offset(),
                            .raw_end = 0,
                            .text_begin = offset(),
                            .size = 0,
                            .next = index + 1,
                            .type = type,
                            .has_escapes = false});
    return index;
  }

  bool value(std::size_t depth) {
    if (at_ == end_) {
      return false;
    }
    switch (*at_) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': return string();
      case 't': return literal("true", JsonType::kTrue);
      case 'f': return literal("false", JsonType::kFalse);
      case 'n': return literal("null", JsonType::kNull);
      default: return number();
    }
  }

  bool object(std::size_t depth) {
    return container(JsonType::kObject, '}', depth, [this, depth] {
      if (at_ == end_ || *at_ != '"' || !string()) {
        return false;
      }
      skip_space();
      if (!take(':')) {
        return false;
      }
      skip_space();
      return value(depth + 1);
    });
  }

  bool array(std::size_t depth) {
    return container(JsonType::kArray, ']', depth, [this, depth] { return value(depth + 1); });
  }

  template <class Element>
  bool container(JsonType type, char close, std::size_t depth, Element element) {
    if (depth > JsonTree::kDepthMax) {
      return fail(BypassReason::kTooDeep);
    }
    const std::uint32_t index = open_node(type);
    if (index == kNone) {
      return false;
    }
    ++at_;
    skip_space();
    std::uint32_t count = 0;
    if (!take(close)) {
      do {
        skip_space();
        if (!element()) {
          return false;
        }
        ++count;
        skip_space();
      } while (take(','));
      if (!take(close)) {
        return false;
      }
    }
    JsonTree::Node& node = tree_.nodes_[index];
    node.raw_end = offset();
    node.size = count;
    node.next = static_cast<std::uint32_t>(tree_.nodes_.size());
    return true;
  }

  bool literal(std::string_view word, JsonType type) {
    if (!std::string_view(at_, end_).starts_with(word) || open_node(type) == kNone) {
      return false;
    }
    at_ += word.size();
    close_scalar();
    return true;
  }

  void close_scalar() {
    JsonTree::Node& node = tree_.nodes_.back();
    node.raw_end = offset();
    node.size = node.raw_end - node.raw_begin;
  }

  bool digits() {
    const char* start = at_;
    while (at_ != end_ && is_digit(*at_)) {
      ++at_;
    }
    return at_ != start;
  }

  bool number() {
    if (open_node(JsonType::kNumber) == kNone) {
      return false;
    }
    take('-');
    if (!take('0') && !digits()) {
      return false;
    }
    if (take('.') && !digits()) {
      return false;
    }
    if (take('e') || take('E')) {
      if (!take('-')) {
        take('+');
      }
      if (!digits()) {
        return false;
      }
    }
    close_scalar();
    return true;
  }

  bool string() {
    const std::uint32_t index = open_node(JsonType::kString);
    if (index == kNone) {
      return false;
    }
    const char* text = ++at_;
    at_ = find_json_string_stop(at_, end_);
    JsonTree::Node& node = tree_.nodes_[index];
    if (at_ != end_ && *at_ == '"') {
      node.text_begin = static_cast<std::uint32_t>(text - begin_);
      node.size = static_cast<std::uint32_t>(at_ - text);
    } else {
      node.has_escapes = true;
      node.text_begin = static_cast<std::uint32_t>(tree_.unescaped_.size());
      if (const auto fault = unescape_json_string(text, at_, end_, tree_.unescaped_)) {
        return fail(*fault);
      }
      node.size = static_cast<std::uint32_t>(tree_.unescaped_.size()) - node.text_begin;
    }
    ++at_;
    node.raw_end = offset();
    return true;
  }

  JsonTree& tree_;
  const char* begin_;
  const char* at_;
  const char* end_;
  BypassReason reason_ = BypassReason::kUnparsable;
};

std::optional<BypassReason> JsonTree::parse(std::string_view body) {
  if (nodes_.capacity() * sizeof(Node) > kKeepBytes) {
    std::vector<Node>().swap(nodes_);
  }
  if (unescaped_.capacity() > kKeepBytes) {
    std::string().swap(unescaped_);
  }
  nodes_.clear();
  unescaped_.clear();
  body_ = body;
  if (body.size() > kBytesMax) {
    return BypassReason::kBodyTooLarge;
  }
  if (!simdjson::validate_utf8(body.data(), body.size())) {
    return BypassReason::kInvalidUtf8;
  }
  JsonTreeParser parser(*this, body);
  if (!parser.document()) {
    return parser.reason();
  }
  return std::nullopt;
}

JsonValue JsonTree::root() const {
  return {*this, 0};
}

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  std::optional<JsonValue> found;
  each_member([&](JsonValue name, JsonValue value) {
    if (name.text() == key) {
      found = value;
    }
    return !found;
  });
  return found;
}

}  // namespace penstock::domain
