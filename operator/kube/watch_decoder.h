#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/json/text.h"
#include "operator/kube/api.h"

namespace penstock::kube {

struct WatchEvent {
  enum class Type : std::uint8_t { kAdded, kModified, kDeleted, kBookmark };
  Type type = Type::kAdded;
  json::Value object;
};

// The body of a watch, cut anywhere, to events: one JSON object a line.
class WatchDecoder {
 public:
  // A longer line than the largest object an API server stores is no event.
  static constexpr std::size_t kLineBytesMax = 8ULL << 20;

  // Takes more of the body. REQUIRES: next() has returned nothing since the last call.
  void feed(std::string_view bytes) { buffer_.append(bytes); }

  // The next whole event; nothing: more is needed. An error ends the watch: what the server said in
  // an ERROR event (status 410: list again), or status 0 for what is no event at all.
  ApiResult<std::optional<WatchEvent>> next();

 private:
  std::string buffer_;
  std::size_t read_ = 0;
  std::size_t searched_ = 0;  // no line break before this
};

}  // namespace penstock::kube
