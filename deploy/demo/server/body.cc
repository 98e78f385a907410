#include "deploy/demo/server/body.h"

#include <algorithm>
#include <array>

#include <openssl/evp.h>
#include <zlib.h>

#include "deploy/demo/server/journal.h"

namespace penstock::demo::server {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for the gzip format

}  // namespace

BodySink::BodySink(bool keep_all, bool digest) : keep_all_(keep_all) {
  // A kept body is digested in one go at its end, which needs no context of its own.
  if (digest && !keep_all) {
    context_ = EVP_MD_CTX_new();
    EVP_DigestInit_ex(context_, EVP_sha256(), nullptr);
  }
}

BodySink::~BodySink() {
  EVP_MD_CTX_free(context_);
}

void BodySink::take(std::string_view bytes) {
  bytes_ += bytes.size();
  if (keep_all_) {
    body_ += bytes;
    return;
  }
  body_ += bytes.substr(0, kBodyKept - std::min(kBodyKept, body_.size()));
  if (context_ != nullptr) {
    EVP_DigestUpdate(context_, bytes.data(), bytes.size());
  }
}

std::string BodySink::sha256() {
  if (context_ == nullptr) {
    return sha256_hex(body_);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context_, digest.data(), &size);
  return hex(std::span(digest).first(size));
}

struct Encoder::State {
  z_stream stream{};
};

std::unique_ptr<Encoder> Encoder::make(std::string_view coding) {
  if (coding != "gzip" && coding != "deflate") {
    return nullptr;
  }
  auto state = std::make_unique<State>();
  const int window = coding == "gzip" ? kGzipWindow : MAX_WBITS;
  if (deflateInit2(&state->stream, Z_BEST_SPEED, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return nullptr;
  }
  return std::unique_ptr<Encoder>(new Encoder(std::move(state)));
}

Encoder::Encoder(std::unique_ptr<State> state) : state_(std::move(state)) {}

Encoder::~Encoder() {
  deflateEnd(&state_->stream);
}

void Encoder::encode(std::string_view bytes, bool last, std::string& out) {
  z_stream& stream = state_->stream;
  std::string input(bytes);  // zlib wants it writable
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  std::array<char, 4096> piece{};
  do {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    deflate(&stream, last ? Z_FINISH : Z_SYNC_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  } while (stream.avail_out == 0);
}

}  // namespace penstock::demo::server
