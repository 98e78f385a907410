#include "operator/kube/watch_decoder.h"

#include <array>
#include <utility>

#include "operator/kube/object_meta.h"

namespace penstock::kube {
namespace {

using Type = WatchEvent::Type;

constexpr std::array<std::pair<std::string_view, Type>, 4> kTypes = {
    {{"ADDED", Type::kAdded},
     {"MODIFIED", Type::kModified},
     {"DELETED", Type::kDeleted},
     {"BOOKMARK", Type::kBookmark}}};

std::unexpected<ApiError> broken(std::string message) {
  return std::unexpected(ApiError{.message = std::move(message)});
}

ApiResult<std::optional<WatchEvent>> parse_event(std::string_view line) {
  json::Value value = json::Value::parse(line, nullptr, false);
  const std::string type = text_of(value, "type");
  const json::Value& object = member(value, "object");
  if (type.empty() || !object.is_object()) {
    return broken("the watch holds a line that is no event");
  }
  if (type == "ERROR") {
    const Response status{
        .status = static_cast<int>(number_of(object, "code")),
        .body = object.dump(-1, ' ', false, json::Value::error_handler_t::replace)};
    return std::unexpected(error_of(status));
  }
  for (const auto& [name, known] : kTypes) {
    if (type == name) {
      return WatchEvent{known, std::move(value["object"])};
    }
  }
  return broken("the watch holds an event of unknown type");
}

}  // namespace

ApiResult<std::optional<WatchEvent>> WatchDecoder::next() {
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched_);
    if (end == std::string::npos) {
      buffer_.erase(0, read_);
      read_ = 0;
      searched_ = buffer_.size();
      if (buffer_.size() > kLineBytesMax) {
        return broken("the watch holds a line beyond what an object may have");
      }
      return std::optional<WatchEvent>();
    }
    const std::string_view line = std::string_view(buffer_).substr(read_, end - read_);
    read_ = searched_ = end + 1;
    if (!line.empty()) {
      return parse_event(line);
    }
  }
}

}  // namespace penstock::kube
