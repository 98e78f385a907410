#include "sidecar/stages/proof.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "sidecar/request/answer.h"

namespace penstock::stages {
namespace {

constexpr std::string_view kPath = "/.well-known/penstock/proof/";
constexpr std::size_t kNonceBytesMax = 64;

bool is_nonce(std::string_view text) {
  return !text.empty() && text.size() <= kNonceBytesMax && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

}  // namespace

pipeline::Verdict ProofStage::on_request(request::CallerContext& caller) noexcept {
  const std::string_view path = caller.text->head.path;
  if (!path.starts_with(kPath) || caller.text->head.method != "GET") {
    return pipeline::Verdict::kContinue;
  }
  const std::string_view nonce = path.substr(kPath.size());
  if (!is_nonce(nonce)) {
    return pipeline::Verdict::kContinue;  // an engine's own business, however strange
  }
  caller.answer = std::make_unique<request::Answer>();
  caller.answer->head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n";
  caller.answer->owned_body = nonce;
  return pipeline::Verdict::kRespond;
}

}  // namespace penstock::stages
