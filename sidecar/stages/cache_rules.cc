#include "sidecar/stages/cache_rules.h"

#include <string_view>

#include "lib/digest/hashing.h"

namespace penstock::stages {
namespace {

// Joins parts so that no two lists of them look alike.
class Parts {
 public:
  Parts& add(std::string_view part) {
    text_ += std::to_string(part.size());
    text_ += ':';
    text_ += part;
    return *this;
  }
  [[nodiscard]] std::string digest() const {
    return digest::to_hex(digest::sha256(text_)).substr(0, 32);
  }

 private:
  std::string text_;
};

}  // namespace

std::string target_of(const resolve::ResolvedPolicy& policy, const resolve::Route& route) {
  Parts parts;
  for (const resolve::WeightedBackend& weighted : route.backends) {
    const resolve::Backend& backend = policy.backends[weighted.backend];
    parts.add(backend.name).add(backend.https ? "https" : "http").add(backend.host);
    parts.add(std::to_string(backend.port)).add(backend.base_path);
    parts.add(std::to_string(static_cast<int>(backend.dialect)));
  }
  return parts.digest();
}

std::string rules_of(const resolve::ResolvedPolicy& policy) {
  Parts parts;
  parts.add(std::to_string(static_cast<int>(policy.caching->sampled)));
  for (const resolve::Route& route : policy.routes) {
    parts.add("route").add(target_of(policy, route));
    for (const std::string& model : route.models) {
      parts.add("model").add(model);
    }
    for (const std::string& prefix : route.path_prefixes) {
      parts.add("prefix").add(prefix);
    }
    for (const auto& [name, value] : route.headers) {
      parts.add(value ? "header" : "header, any").add(name).add(value.value_or(""));
    }
  }
  return parts.digest();
}

}  // namespace penstock::stages
