#include "sidecar/app/status_token.h"

#include <fstream>
#include <iterator>
#include <utility>

namespace penstock::app {

Result<void> StatusToken::read() {
  if (file_.empty()) {
    return {};
  }
  std::ifstream in(file_, std::ios::binary);
  std::string token(std::istreambuf_iterator<char>(in), {});
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) {
    token.pop_back();
  }
  if (token.empty()) {
    return fail(ErrorCode::kInvalidConfig, "--status-token-file: " + file_ + " holds no token");
  }
  token_ = std::move(token);
  return {};
}

const std::optional<std::string>& StatusToken::now() {
  static_cast<void>(read());
  return token_;
}

}  // namespace penstock::app
