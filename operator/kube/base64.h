#pragma once

#include <map>
#include <optional>
#include <string>

namespace penstock::kube {

// RFC 4648 with padding, as the API has it for bytes.
std::string encode_base64(const std::string& bytes);
// Of each value.
std::map<std::string, std::string> encode_base64(const std::map<std::string, std::string>& values);
std::optional<std::string> decode_base64(const std::string& text);

}  // namespace penstock::kube
