#include "sidecar/http/payload_decoder.h"

#include <algorithm>
#include <cstring>

namespace penstock::http {

void PayloadDecoder::start(http1::Framing framing, std::uint64_t content_length) {
  framing_ = framing;
  remaining_ = content_length;
  done_ = framing == http1::Framing::kNone ||
          (framing == http1::Framing::kLength && content_length == 0);
  if (framing == http1::Framing::kChunked) {
    chunks_ = std::make_unique<http1::ChunkScanner>();
  }
}

PayloadDecoder::Decoded PayloadDecoder::decode(std::span<char> bytes) {
  if (done_) {
    return {};
  }
  switch (framing_) {
    case http1::Framing::kNone: return {};
    case http1::Framing::kUntilClose: return {{bytes.data(), bytes.size()}, bytes.size(), false};
    case http1::Framing::kLength: {
      const std::size_t taken = std::min<std::uint64_t>(remaining_, bytes.size());
      remaining_ -= taken;
      done_ = remaining_ == 0;
      return {{bytes.data(), taken}, taken, false};
    }
    case http1::Framing::kChunked: return decode_chunked(bytes);
  }
  return {};
}

PayloadDecoder::Decoded PayloadDecoder::decode_chunked(std::span<char> bytes) {
  std::string_view rest(bytes.data(), bytes.size());
  char* payload_begin = nullptr;
  char* payload_end = nullptr;
  for (;;) {
    const http1::ChunkStep step = chunks_->next(rest);
    if (step.state == http1::ChunkStep::kData) {
      char* piece = bytes.data() + (step.data.data() - bytes.data());
      if (payload_begin == nullptr) {
        payload_begin = piece;
        payload_end = piece;
      }
      if (payload_end != piece) {
        std::memmove(payload_end, piece, step.data.size());  // over the size line just read
      }
      payload_end += step.data.size();
      continue;
    }
    done_ = step.state == http1::ChunkStep::kEnd;
    const std::string_view payload(payload_begin,
                                   static_cast<std::size_t>(payload_end - payload_begin));
    return {payload, bytes.size() - rest.size(), step.state == http1::ChunkStep::kError};
  }
}

bool PayloadDecoder::end_of_stream() {
  done_ = done_ || framing_ == http1::Framing::kUntilClose;
  return done_;
}

}  // namespace penstock::http
