#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace penstock::dialect {

enum class ContentCoding : std::uint8_t { kIdentity, kGzip, kDeflate, kBrotli };

// What a Content-Encoding header asks for: nullopt for a coding, or a chain of codings, that cannot
// be decoded here. Empty and "identity" are kIdentity; "x-gzip" is gzip; names are compared without
// case.
std::optional<ContentCoding> content_coding(std::string_view header_value);

// Decodes a body as it passes, to look at it. What a sender has flushed can be read at once.
//
// Memory:  about 44 KB for gzip and deflate, up to 16 MB for brotli's largest window; output goes
// to the caller's
//          buffer only, so a bomb costs time in proportion to what the caller chooses to read.
// Threads: not safe. One decoder belongs to one body.
class ContentDecoder {
 public:
  enum class Status : std::uint8_t {
    kNeedsInput,  // all input was taken, and everything it yields was written
    kNeedsRoom,   // `out` is full; call again, maybe with no more input
    kEnd,         // the body is complete; anything behind it is ignored
    kBroken,      // not what the coding says; for good
  };
  struct Step {
    Status status = Status::kNeedsInput;
    std::size_t written = 0;
  };

  explicit ContentDecoder(ContentCoding coding);
  ~ContentDecoder();
  ContentDecoder(ContentDecoder&&) noexcept;
  ContentDecoder& operator=(ContentDecoder&&) noexcept;
  ContentDecoder(const ContentDecoder&) = delete;
  ContentDecoder& operator=(const ContentDecoder&) = delete;

  // Takes bytes off the front of `input` and writes decoded ones to `out`. REQUIRES: `out` is not
  // empty.
  Step step(std::string_view& input, std::span<char> out);

  // Decodes all of `input` through `scratch` and gives each part to `sink(std::string_view)`.
  template <class Sink>
  Status decode(std::string_view input, std::span<char> scratch, Sink&& sink) {
    for (;;) {
      const Step done = step(input, scratch);
      if (done.written > 0) {
        sink(std::string_view(scratch.data(), done.written));
      }
      if (done.status != Status::kNeedsRoom) {
        return done.status;
      }
    }
  }

 private:
  class Codec;
  class Identity;
  class Zlib;
  class Brotli;

  std::unique_ptr<Codec> codec_;
};

}  // namespace penstock::dialect
