#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "lib/json/text.h"

namespace penstock::webhook {

// A JSON patch (RFC 6902) in the making.
class Patch {
 public:
  void add(const std::string& path, json::Value value) { append("add", path, std::move(value)); }
  void replace(const std::string& path, json::Value value) {
    append("replace", path, std::move(value));
  }
  json::Value take() { return std::exchange(operations_, json::Value::array()); }

 private:
  void append(const char* operation, const std::string& path, json::Value value) {
    operations_.push_back({{"op", operation}, {"path", path}, {"value", std::move(value)}});
  }

  json::Value operations_ = json::Value::array();
};

// `name` as one segment of a path (RFC 6901).
inline std::string escaped_segment(std::string_view name) {
  std::string result;
  for (const char c : name) {
    c == '~' ? result += "~0" : c == '/' ? result += "~1" : result += c;
  }
  return result;
}

}  // namespace penstock::webhook
