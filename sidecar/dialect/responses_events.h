#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sidecar/dialect/json_output.h"
#include "sidecar/domain/json_tree.h"

// The events of a Responses stream, told from the finished object: their form. What they say of an
// item's parts is in responses_parts.h, of items in unfold_responses.cc.
namespace penstock::dialect {

using Names = std::span<const std::string_view>;

// A member that an event tells otherwise than the object.
struct Replaced {
  std::string_view key;
  std::string_view raw;
};

// Every member has one of `names`, each at most once.
bool has_only(const domain::JsonValue& object, Names names);
bool is_a(const domain::JsonValue& object, std::string_view key, domain::JsonType type);
// Absent and null will do as well.
bool is_at_most_a(const domain::JsonValue& object, std::string_view key, domain::JsonType type);
// The JSON text of a string, without its quotes; empty where there is none.
std::string_view text_of(const domain::JsonValue& object, std::string_view key);
// `raw` of an array that is there, or an empty one.
std::string_view raw_array(const domain::JsonValue& object, std::string_view key);
// The object with some of its members told otherwise.
void append_object(std::string& out, const domain::JsonValue& object,
                   std::span<const Replaced> replaced);

// Numbers the events and says where in the output they belong.
class ResponsesEvents {
 public:
  std::string& open(std::string_view type) {
    out_.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type);
    return out_.append("\",\"sequence_number\":").append(std::to_string(sequence_++));
  }
  std::string& open_in_item(std::string_view type) {
    open(type);
    append_member(out_, "item_id", item_id_);
    return out_.append(",\"output_index\":").append(std::to_string(item_));
  }
  // `index`: content_index or summary_index.
  std::string& open_in_part(std::string_view type, std::string_view index, std::size_t part) {
    return open_in_item(type).append(",\"").append(index).append("\":").append(
        std::to_string(part));
  }
  void close() { out_ += "}\n\n"; }

  void begin_item(std::size_t item, std::string_view raw_id) {
    item_ = item;
    item_id_ = raw_id;
  }
  [[nodiscard]] std::size_t item() const { return item_; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::size_t sequence_ = 0;
  std::size_t item_ = 0;
  std::string_view item_id_;
};

}  // namespace penstock::dialect
