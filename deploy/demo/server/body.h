#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

namespace penstock::demo::server {

// Receives a request's body. An opaque upload is digested and dropped, anything else is kept.
class BodySink {
 public:
  BodySink(bool keep_all, bool digest);
  ~BodySink();
  BodySink(const BodySink&) = delete;
  BodySink& operator=(const BodySink&) = delete;

  void take(std::string_view bytes);

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // The whole body, or its first 16 KiB where it is not kept.
  [[nodiscard]] std::string& body() { return body_; }
  // Empty where no digest was asked for. Call once, at the end.
  [[nodiscard]] std::string sha256();

 private:
  const bool keep_all_;
  EVP_MD_CTX* context_ = nullptr;  // one per body; null without digest
  std::uint64_t bytes_ = 0;
  std::string body_;
};

// Compresses an answer's body; nothing for an unknown or empty coding.
class Encoder {
 public:
  // gzip or deflate (zlib format).
  [[nodiscard]] static std::unique_ptr<Encoder> make(std::string_view coding);
  ~Encoder();
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  // Appends to `out` everything a reader needs to see `bytes` at once; the trailer where they are
  // the last.
  void encode(std::string_view bytes, bool last, std::string& out);

 private:
  struct State;
  explicit Encoder(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace penstock::demo::server
