#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/dialect/content_decoder.h"
#include "sidecar/dialect/usage_strip.h"
#include "sidecar/domain/sse_parser.h"

namespace penstock::http {

// What one caller's answer looks like, made from the payload that came from upstream (or from a
// flight's log).
//
// By default payload passes as it is. A caller that did not ask for usage does not see the usage
// that we asked for.
class Renderer {
 public:
  enum class Mode : std::uint8_t { kPass, kStripUsage };

  // `coding`: of the payload; kStripUsage takes it off, and renders without.
  void start(Mode mode, dialect::ContentCoding coding = dialect::ContentCoding::kIdentity);
  [[nodiscard]] bool changes_length() const { return strip_ != nullptr; }

  // What the caller gets for `payload`: that itself, or `out` with what is made of it. In
  // kStripUsage an unfinished event is held back until it is whole, up to the parser's bound; past
  // that, payload passes as it is.
  std::string_view render(std::string_view payload, std::string& out);
  // What was held back when the stream ended.
  std::string_view rest();
  // The payload is not what its coding says: what was rendered is all there is.
  [[nodiscard]] bool broken() const { return strip_ != nullptr && strip_->broken; }

 private:
  struct Strip {
    domain::SseParser parser;
    dialect::UsageStripper stripper;
    std::optional<dialect::ContentDecoder> decoder;
    bool overflowed = false;
    bool broken = false;

    void take(std::string_view plain, std::string& out);
  };
  std::unique_ptr<Strip> strip_;  // only where needed: an idle stream should stay small
};

}  // namespace penstock::http
