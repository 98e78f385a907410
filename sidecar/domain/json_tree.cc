#include "sidecar/domain/json_tree.h"

#include <simdjson.h>

#include "sidecar/domain/byte_scan.h"
#include "sidecar/domain/json_string.h"

namespace penstock::domain {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
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

  void skip_space() { at_ = skip_json_space(at_, end_); }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) {
      return false;
    }
    ++at_;
    return true;
  }

  [[nodiscard]] std::uint32_t offset_of(const char* at) const {
    return static_cast<std::uint32_t>(at - begin_);
  }

  // A node for what begins at `begin`, or null at the limit.
  JsonTree::Node* add(JsonType type, const char* begin) {
    if (tree_.nodes_.size() == JsonTree::kNodesMax) {
      reason_ = BypassReason::kTooComplex;
      return nullptr;
    }
    JsonTree::Node& node = tree_.nodes_.emplace_back();
    node.raw_begin = offset_of(begin);
    node.type = type;
    return &node;
  }

  // A value without contents, from `begin` to where it ended.
  bool add_scalar(JsonType type, const char* begin) {
    JsonTree::Node* const node = add(type, begin);
    if (node == nullptr) {
      return false;
    }
    node->raw_end = offset_of(at_);
    node->text_begin = node->raw_begin;
    node->size = node->raw_end - node->raw_begin;
    return true;
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
    const std::size_t index = tree_.nodes_.size();
    if (add(type, at_) == nullptr) {
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
    node.raw_end = offset_of(at_);
    node.size = count;
    node.within = static_cast<std::uint32_t>(tree_.nodes_.size() - index - 1);
    return true;
  }

  bool literal(std::string_view word, JsonType type) {
    if (!std::string_view(at_, end_).starts_with(word)) {
      return false;
    }
    at_ += word.size();
    return add_scalar(type, at_ - word.size());
  }

  // Moves over digits; false where there is none.
  bool digits() {
    const char* const start = at_;
    while (at_ != end_ && is_digit(*at_)) {
      ++at_;
    }
    return at_ != start;
  }

  bool number() {
    const char* const begin = at_;
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
    return add_scalar(JsonType::kNumber, begin);
  }

  bool string() {
    const char* const begin = at_;
    const char* const text = begin + 1;
    const char* const stop = find_json_string_stop(text, end_);
    if (stop == end_ || *stop != '"') {
      return string_with_escapes(begin, stop);
    }
    at_ = stop + 1;
    JsonTree::Node* const node = add(JsonType::kString, begin);
    if (node == nullptr) {
      return false;
    }
    node->raw_end = offset_of(at_);
    node->text_begin = offset_of(text);
    node->size = static_cast<std::uint32_t>(stop - text);
    return true;
  }

  // `stop`: the first escape, or what is no string.
  bool string_with_escapes(const char* begin, const char* stop) {
    const std::size_t before = tree_.unescaped_.size();
    at_ = stop;
    if (const auto fault = unescape_json_string(begin + 1, at_, end_, tree_.unescaped_)) {
      return fail(*fault);
    }
    ++at_;
    JsonTree::Node* const node = add(JsonType::kString, begin);
    if (node == nullptr) {
      return false;
    }
    node->raw_end = offset_of(at_);
    node->text_begin = static_cast<std::uint32_t>(before);
    node->size = static_cast<std::uint32_t>(tree_.unescaped_.size() - before);
    node->has_escapes = true;
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
