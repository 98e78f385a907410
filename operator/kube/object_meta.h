#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/json/text.h"

namespace penstock::kube {

// What the operator reads of any object's metadata.
struct ObjectMeta {
  std::string ns;
  std::string name;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  std::string created;    // RFC 3339, UTC: compares as text
  bool deleting = false;  // has a deletionTimestamp
  std::map<std::string, std::string> labels;

  [[nodiscard]] std::string key() const { return ns + "/" + name; }
};

// Of a whole object. What is absent or of another type is left empty: foreign objects are never
// trusted to be well formed.
ObjectMeta read_meta(const json::Value& object);

// Members of foreign objects, read without trust: empty, 0 or a shared null or empty list where
// absent or of another type.
const json::Value& member(const json::Value& object, const char* name);
const json::Value& list_of(const json::Value& object, const char* name);
std::string text_of(const json::Value& object, const char* name);
std::int64_t number_of(const json::Value& object, const char* name);
bool flag_of(const json::Value& object, const char* name);
std::map<std::string, std::string> texts_of(const json::Value& object, const char* name);
std::vector<std::string> strings_of(const json::Value& object, const char* name);

}  // namespace penstock::kube
