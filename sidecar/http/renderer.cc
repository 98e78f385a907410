#include "sidecar/http/renderer.h"

namespace penstock::http {

void Renderer::start(Mode mode) {
  if (mode == Mode::kStripUsage) {
    strip_ = std::make_unique<Strip>();
  } else {
    strip_.reset();
  }
}

std::string_view Renderer::render(std::string_view payload) {
  if (strip_ == nullptr || strip_->overflowed) {
    return payload;
  }
  Strip& strip = *strip_;
  strip.out.clear();
  const auto keep = [&strip](const domain::SseEvent& event) {
    const dialect::UsageStripper::Output kept = strip.stripper.on_event(event);
    strip.out += kept.head;
    strip.out += kept.tail;
  };
  const std::size_t consumed = strip.parser.feed(payload, keep);
  if (strip.parser.overflowed()) {
    // No event of a model is this long: stop reading, change nothing more.
    strip.out += strip.parser.pending();
    strip.out += payload.substr(consumed);
    strip.overflowed = true;
  }
  return strip.out;
}

std::string_view Renderer::rest() {
  if (strip_ == nullptr || strip_->overflowed) {
    return {};
  }
  return strip_->parser.pending();
}

}  // namespace penstock::http
