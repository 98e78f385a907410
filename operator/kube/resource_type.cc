#include "operator/kube/resource_type.h"

#include <array>

namespace penstock::kube {

std::string ResourceType::api_version() const {
  return group.empty() ? std::string(version) : std::string(group) + "/" + std::string(version);
}

std::string ResourceType::collection(std::string_view ns) const {
  std::string path = group.empty() ? "/api/" : "/apis/";
  path += api_version();
  if (!ns.empty()) {
    path.append("/namespaces/").append(escaped(ns));
  }
  return path.append("/").append(plural);
}

std::string ResourceType::object(std::string_view ns, std::string_view name,
                                 std::string_view part) const {
  std::string path = collection(ns) + "/" + escaped(name);
  return part.empty() ? path : path.append("/").append(part);
}

std::string escaped(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kHex[byte >> 4U];
      result += kHex[byte & 15U];
    }
  }
  return result;
}

}  // namespace penstock::kube
