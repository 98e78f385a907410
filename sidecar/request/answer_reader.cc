#include "sidecar/request/answer_reader.h"

#include <array>

namespace penstock::request {

AnswerReader::AnswerReader(domain::Operation operation, bool event_stream, std::string_view coding)
    : usage_(operation, event_stream), event_stream_(event_stream) {
  if (event_stream) {
    events_.emplace();
  }
  const auto known = dialect::content_coding(coding);
  readable_ = known.has_value();
  if (known && *known != dialect::ContentCoding::kIdentity) {
    decoder_ = std::make_unique<dialect::ContentDecoder>(*known);
  }
}

bool AnswerReader::feed(std::string_view payload) {
  if (!readable_) {
    return false;
  }
  const bool had_content = usage_.saw_content();
  if (decoder_ == nullptr) {
    read(payload);
  } else {
    std::array<char, 16 * 1024> plain;
    const auto status =
        decoder_->decode(payload, plain, [this](std::string_view part) { read(part); });
    readable_ = status != dialect::ContentDecoder::Status::kBroken;
  }
  return event_stream_ && !had_content && usage_.saw_content();
}

void AnswerReader::read(std::string_view plain) {
  if (!events_) {
    usage_.on_body_piece(plain);
    return;
  }
  events_->feed(plain, [this](const domain::SseEvent& event) { usage_.on_event(event); });
  readable_ = readable_ && !events_->overflowed();
}

void AnswerReader::end() {
  if (!readable_) {
    return;
  }
  if (!events_) {
    usage_.on_body_end();
  } else if (const auto last = events_->finish()) {
    usage_.on_event(*last);
  }
}

}  // namespace penstock::request
