#include "lib/json/tree_builder.h"

#include <utility>

namespace penstock::json {
namespace {

constexpr std::size_t kErrorsMax = 100;

// Table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || length > text.size() - i) {
      return false;
    }
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    switch (lead) {
      case 0xe0: low = 0xa0; break;
      case 0xed: high = 0x9f; break;
      case 0xf0: low = 0x90; break;
      case 0xf4: high = 0x8f; break;
      default: break;
    }
    for (std::size_t k = 1; k < length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if (byte < low || byte > high) {
        return false;
      }
      low = 0x80;
      high = 0xbf;
    }
    i += length;
  }
  return true;
}

}  // namespace

bool TreeBuilder::admits(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    stop(0, "is larger than " + std::to_string(kTextBytesMax) + " bytes");
  } else if (!is_valid_utf8(text)) {
    stop(0, "is not valid UTF-8");
  }
  return !stopped_;
}

void TreeBuilder::finish() {
  std::erase_if(text_.documents, [](const Document& document) { return document.value.is_null(); });
}

void TreeBuilder::begin_document() {
  stack_.clear();
  anchors_.clear();
}

void TreeBuilder::error(int line, std::string message) {
  if (text_.errors.size() < kErrorsMax) {
    text_.errors.push_back({line, std::move(message)});
  }
}

void TreeBuilder::stop(int line, std::string message) {
  if (!stopped_) {
    stopped_ = true;
    stack_.clear();
    text_.errors.push_back({line, std::move(message)});
  }
}

bool TreeBuilder::expects_key() const {
  return !stack_.empty() && stack_.back().is_map && !stack_.back().has_key;
}

bool TreeBuilder::spend(std::size_t nodes, int line) {
  nodes_ += nodes;
  if (nodes_ > kNodesMax) {
    stop(line,
         "holds more than " + std::to_string(kNodesMax) + " values, counting each use of an alias");
  }
  return !stopped_;
}

void TreeBuilder::begin(Value empty, int line, Anchor anchor) {
  if (stopped_ || !spend(1, line)) {
    return;
  }
  if (stack_.size() == kDepthMax) {
    stop(line, "is nested deeper than " + std::to_string(kDepthMax) + " levels");
    return;
  }
  if (expects_key()) {
    stop(line, "a key must be a plain name, not a list or a mapping");
    return;
  }
  Frame frame;
  frame.is_map = empty.is_object();
  frame.node.value = std::move(empty);
  frame.node.lines.line = line;
  frame.anchor = anchor;
  frame.nodes_before = nodes_ - 1;
  stack_.push_back(std::move(frame));
}

void TreeBuilder::begin_map(int line, Anchor anchor) {
  begin(Value::object(), line, anchor);
}

void TreeBuilder::begin_list(int line, Anchor anchor) {
  begin(Value::array(), line, anchor);
}

void TreeBuilder::end() {
  if (stopped_) {
    return;
  }
  Frame frame = std::move(stack_.back());
  stack_.pop_back();
  remember(frame.anchor, frame.node, nodes_ - frame.nodes_before);
  place(std::move(frame.node));
}

void TreeBuilder::scalar(Value value, int line, Anchor anchor) {
  if (stopped_ || !spend(1, line)) {
    return;
  }
  Document node;
  node.value = std::move(value);
  node.lines.line = line;
  remember(anchor, node, 1);
  place(std::move(node));
}

void TreeBuilder::alias(Anchor anchor, int line) {
  if (stopped_) {
    return;
  }
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) {
    stop(line, "an alias refers to a value that is not complete yet");
    return;
  }
  if (expects_key()) {
    stop(line, "an alias cannot be a key");
    return;
  }
  // Paid for before the copy is made: a bomb must not be built to be measured.
  if (spend(found->second.nodes, line)) {
    place(found->second.node);
  }
}

void TreeBuilder::key(std::string name, int line) {
  if (stopped_ || !spend(1, line)) {
    return;
  }
  if (name.size() > kKeyBytesMax) {
    stop(line, "has a key longer than " + std::to_string(kKeyBytesMax) + " bytes");
    return;
  }
  Frame& frame = stack_.back();
  frame.drop_value = frame.node.value.contains(name);
  if (frame.drop_value) {
    std::string path;
    append_member(path, name);
    error(line, "key " + path + " stands twice in one mapping, first on line " +
                    std::to_string(frame.node.lines.find(path)));
  }
  frame.key = std::move(name);
  frame.key_line = line;
  frame.has_key = true;
}

void TreeBuilder::remember(Anchor anchor, const Document& node, std::size_t nodes) {
  if (anchor != 0 && spend(nodes, node.lines.line)) {
    anchors_[anchor] = Anchored{node, nodes};
  }
}

void TreeBuilder::place(Document node) {
  if (stopped_) {
    return;
  }
  if (stack_.empty()) {
    text_.documents.push_back(std::move(node));
    return;
  }
  Frame& parent = stack_.back();
  if (!parent.is_map) {
    parent.node.value.push_back(std::move(node.value));
    parent.node.lines.elements.push_back(std::move(node.lines));
    return;
  }
  parent.has_key = false;
  if (!parent.drop_value) {
    node.lines.line = parent.key_line;
    parent.node.value[parent.key] = std::move(node.value);
    parent.node.lines.members[parent.key] = std::move(node.lines);
  }
}

}  // namespace penstock::json
