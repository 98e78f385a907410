#include "sidecar/dialect/fold_messages.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "sidecar/dialect/fold_tables_messages.h"
#include "sidecar/dialect/folded_object.h"
#include "sidecar/dialect/stored_stream.h"
#include "sidecar/domain/json_tree.h"

namespace penstock::dialect {

using domain::JsonTree;
using domain::JsonType;
using domain::JsonValue;

namespace {

struct BlockType {
  std::string_view name;
  std::span<const FoldRule> rules;
};

constexpr std::array<BlockType, 5> kBlockTypes{{
    {"text", tables::kTextBlock},
    {"thinking", tables::kThinkingBlock},
    {"redacted_thinking", tables::kRedactedThinkingBlock},
    {"tool_use", tables::kToolUseBlock},
    {"server_tool_use", tables::kToolUseBlock},
}};

// What a delta adds to its block.
struct DeltaType {
  std::string_view name;
  std::string_view key;     // of the delta
  std::string_view member;  // of the block; empty: a piece of the tool's input
};

constexpr std::array<DeltaType, 5> kDeltaTypes{{
    {"text_delta", "text", "text"},
    {"thinking_delta", "thinking", "thinking"},
    {"signature_delta", "signature", "signature"},
    {"citations_delta", "citation", "citations"},
    {"input_json_delta", "partial_json", {}},
}};

std::string_view string_member(const JsonValue& object, std::string_view key) {
  const auto value = object.find(key);
  return value && value->is(JsonType::kString) ? value->text() : std::string_view{};
}

// Each member is one of `keys`; a stream with more says something that is not known here.
bool only_has(const JsonValue& object, std::initializer_list<std::string_view> keys) {
  return object.is(JsonType::kObject) && object.size() <= keys.size() &&
         object.each_member([&keys](const JsonValue& key, const JsonValue&) {
           return std::ranges::find(keys, key.text()) != keys.end();
         });
}

class Block {
 public:
  Block(std::string_view type, std::span<const FoldRule> rules) : type_(type), object_(rules) {}

  bool start(const JsonValue& content_block) { return object_.take(content_block); }

  bool add(const JsonValue& delta) {
    const std::string_view name = string_member(delta, "type");
    const auto* const type = std::ranges::find(kDeltaTypes, name, &DeltaType::name);
    if (stopped_ || type == kDeltaTypes.end() || !only_has(delta, {"type", type->key})) {
      return false;
    }
    const auto value = delta.find(type->key);
    return value && fits(name) && add(*type, *value);
  }

  // The pieces of a tool's input must add up to an object by now.
  bool stop(JsonTree& tree) {
    if (std::exchange(stopped_, true)) {
      return false;
    }
    if (input_.empty()) {
      return true;
    }
    if (tree.parse(input_) || !tree.root().is(JsonType::kObject)) {
      return false;
    }
    object_.member("input").set(std::move(input_));
    return true;
  }

  [[nodiscard]] bool stopped() const { return stopped_; }
  void write(std::string& out) const { object_.write(out); }

 private:
  [[nodiscard]] bool fits(std::string_view delta) const {
    if (delta == "input_json_delta") {
      return type_ == "tool_use" || type_ == "server_tool_use";
    }
    return type_ == (delta == "text_delta" || delta == "citations_delta" ? "text" : "thinking");
  }

  bool add(const DeltaType& type, const JsonValue& value) {
    if (type.key == "citation") {
      object_.member(type.member).append_element(value.raw());
      return value.is(JsonType::kObject);
    }
    if (!value.is(JsonType::kString)) {
      return false;
    }
    if (type.member.empty()) {
      input_ += value.text();
      return true;
    }
    return object_.member(type.member).take(value);
  }

  std::string_view type_;  // of kBlockTypes
  FoldedObject object_;
  std::string input_;
  bool stopped_ = false;
};

class MessageFold {
 public:
  bool take(const domain::SseEvent& event) {
    if (tree_.parse(event.data) || !tree_.root().is(JsonType::kObject)) {
      return false;
    }
    const JsonValue root = tree_.root();
    const std::string_view type = string_member(root, "type");
    if (type == "ping") {
      return true;
    }
    if (stopped_ || (type == "message_start") == started_) {
      return false;
    }
    if (type == "message_start") {
      started_ = true;
      const auto message = root.find("message");
      return message && only_has(root, {"type", "message"}) && start(*message);
    }
    if (type == "message_stop") {
      stopped_ = true;
      return only_has(root, {"type"});
    }
    return type == "message_delta" ? take_delta(root) : take_block_event(type, root);
  }

  std::optional<std::string> object() {
    if (!stopped_ || !std::ranges::all_of(blocks_, &Block::stopped) || !message_.complete()) {
      return std::nullopt;
    }
    std::string text;
    for (const Block& block : blocks_) {
      text.clear();
      block.write(text);
      message_.member("content").append_element(text);
    }
    text.clear();
    message_.write(text);
    return text;
  }

 private:
  bool start(const JsonValue& message) {
    const auto content = message.find("content");
    return content && content->is(JsonType::kArray) && content->size() == 0 &&
           message_.take(message);
  }

  bool take_delta(const JsonValue& root) {
    if (!only_has(root, {"type", "delta", "usage", "context_management"})) {
      return false;
    }
    const auto delta = root.find("delta");
    const auto usage = root.find("usage");
    const auto context = root.find("context_management");
    return (!delta || take_stop(*delta)) && (!usage || message_.member("usage").take(*usage)) &&
           (!context || message_.member("context_management").take(*context));
  }

  bool take_stop(const JsonValue& delta) {
    return only_has(delta, {"stop_reason", "stop_sequence", "stop_details", "container"}) &&
           message_.take(delta);
  }

  bool take_block_event(std::string_view type, const JsonValue& root) {
    const auto at = index_of(root);
    if (!at) {
      return false;
    }
    if (type == "content_block_start") {
      const auto block = root.find("content_block");
      return block && *at == blocks_.size() && only_has(root, {"type", "index", "content_block"}) &&
             start_block(*block);
    }
    if (*at >= blocks_.size()) {
      return false;
    }
    if (type == "content_block_delta") {
      const auto delta = root.find("delta");
      return delta && only_has(root, {"type", "index", "delta"}) && blocks_[*at].add(*delta);
    }
    return type == "content_block_stop" && only_has(root, {"type", "index"}) &&
           blocks_[*at].stop(tree_);
  }

  bool start_block(const JsonValue& block) {
    const auto* const type =
        std::ranges::find(kBlockTypes, string_member(block, "type"), &BlockType::name);
    return type != kBlockTypes.end() && blocks_.emplace_back(type->name, type->rules).start(block);
  }

  JsonTree tree_;
  FoldedObject message_{tables::kMessage};
  std::vector<Block> blocks_;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace

std::optional<std::string> fold_messages(std::string_view sse_bytes) {
  MessageFold message;
  const bool folded = each_stored_event(
      sse_bytes, [&message](const domain::SseEvent& event) { return message.take(event); });
  return folded ? message.object() : std::nullopt;
}

}  // namespace penstock::dialect
