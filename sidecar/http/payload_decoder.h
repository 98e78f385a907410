#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "sidecar/http1/chunk_scanner.h"
#include "sidecar/http1/head.h"

namespace penstock::http {

// Takes the framing off a message body, in place.
class PayloadDecoder {
 public:
  void start(http1::Framing framing, std::uint64_t content_length);

  struct Decoded {
    std::string_view payload;  // inside the bytes given, made contiguous
    std::size_t consumed = 0;  // what of the bytes belongs to this body
    bool broken = false;       // the framing is wrong: nothing after this can be trusted
  };
  // Feed what was read until done(). May move payload within `bytes`.
  Decoded decode(std::span<char> bytes);
  // The peer finished its direction; true where that is this body's normal end.
  bool end_of_stream();

  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] std::string_view trailers() const {
    return chunks_ == nullptr ? std::string_view{} : chunks_->trailers();
  }

 private:
  Decoded decode_chunked(std::span<char> bytes);

  http1::Framing framing_ = http1::Framing::kNone;
  std::uint64_t remaining_ = 0;
  std::unique_ptr<http1::ChunkScanner> chunks_;  // most bodies are not chunked
  bool done_ = true;
};

}  // namespace penstock::http
