#include "sidecar/http/renderer.h"

#include <array>

namespace penstock::http {
namespace {
constexpr std::size_t kDecodedAtOnce = 16UL * 1024;
}  // namespace

void Renderer::start(Mode mode, dialect::ContentCoding coding) {
  if (mode == Mode::kPass) {
    strip_.reset();
    return;
  }
  strip_ = std::make_unique<Strip>();
  if (coding != dialect::ContentCoding::kIdentity) {
    strip_->decoder.emplace(coding);
  }
}

std::string_view Renderer::render(std::string_view payload, std::string& out) {
  if (strip_ == nullptr) {
    return payload;
  }
  Strip& strip = *strip_;
  out.clear();
  if (!strip.decoder) {
    strip.take(payload, out);
  } else if (!strip.broken) {
    std::array<char, kDecodedAtOnce> plain;
    const auto status = strip.decoder->decode(
        payload, plain, [&](std::string_view part) { strip.take(part, out); });
    strip.broken = status == dialect::ContentDecoder::Status::kBroken;
  }
  return out;
}

void Renderer::Strip::take(std::string_view plain, std::string& out) {
  if (overflowed) {
    out += plain;
    return;
  }
  const auto keep = [this, &out](const domain::SseEvent& event) {
    const dialect::UsageStripper::Output kept = stripper.on_event(event);
    out += kept.head;
    out += kept.tail;
  };
  const std::size_t consumed = parser.feed(plain, keep);
  if (parser.overflowed()) {
    // No event of a model is this long: stop reading, change nothing more.
    out += parser.pending();
    out += plain.substr(consumed);
    overflowed = true;
  }
}

std::string_view Renderer::rest() {
  if (strip_ == nullptr || strip_->overflowed) {
    return {};
  }
  return strip_->parser.pending();
}

}  // namespace penstock::http
