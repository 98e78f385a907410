#include "operator/kube/base64.h"

#include <openssl/evp.h>

namespace penstock::kube {

std::string encode_base64(const std::string& bytes) {
  // Four characters for each three bytes begun, and OpenSSL's final zero.
  std::string result((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  result.resize(static_cast<std::size_t>(length));
  return result;
}

std::map<std::string, std::string> encode_base64(const std::map<std::string, std::string>& values) {
  std::map<std::string, std::string> result;
  for (const auto& [name, bytes] : values) {
    result.emplace(name, encode_base64(bytes));
  }
  return result;
}

std::optional<std::string> decode_base64(const std::string& text) {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  std::string result(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) {
    return std::nullopt;
  }
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  result.resize(static_cast<std::size_t>(length) - padding);
  return result;
}

}  // namespace penstock::kube
