#pragma once

#include <cstddef>
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

// Who wrote a field of an object last, by the name that it goes by; several may have it.
struct FieldOwner {
  std::string manager;
  bool applies = false;  // by server-side apply: it owns the field until it no longer applies it
  std::string time;      // of its last write of any of its fields, RFC 3339, UTC

  bool operator==(const FieldOwner&) const = default;
};

// Those that own spec.NAME (metadata.managedFields), kOwnersMax at most.
inline constexpr std::size_t kOwnersMax = 16;
std::vector<FieldOwner> owners_of(const json::Value& object, const std::string& name);

// Whether controllers call so what they make of `maker`: "MAKER-HASH". A Deployment "gpu" has
// "gpu-7d9f8b" and not "gpu-spot-7d9f8b".
bool is_made_of(const std::string& maker, const std::string& name);

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
