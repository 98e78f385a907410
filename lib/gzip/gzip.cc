#include "lib/gzip/gzip.h"

#include <algorithm>
#include <array>
#include <new>

#include <zlib.h>

namespace penstock::gzip {
namespace {

constexpr int kGzip = 16;  // added to the window's bits: a gzip header, not zlib's
constexpr int kWindowBits = MAX_WBITS + kGzip;
constexpr int kMemoryLevel = 9;
constexpr std::size_t kPieceBytes = 64 * 1024;

// zlib only reads what it takes for writable.
Bytef* input_of(std::string_view bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

}  // namespace

std::string compress(std::string_view text) {
  z_stream stream{};
  // Of what it is told here it can only refuse for want of memory.
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kWindowBits, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string result(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = input_of(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);  // the bound is enough for all of it
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

std::optional<std::string> decompress(std::string_view bytes, std::size_t most) {
  z_stream stream{};
  if (inflateInit2(&stream, kWindowBits) != Z_OK) {
    return std::nullopt;
  }
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string result;
  std::array<char, kPieceBytes> piece;
  int state = Z_OK;
  while (state == Z_OK && result.size() <= most) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    state = inflate(&stream, Z_NO_FLUSH);
    result.append(piece.data(), piece.size() - stream.avail_out);
  }
  const bool whole = state == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return whole && result.size() <= most ? std::optional(std::move(result)) : std::nullopt;
}

}  // namespace penstock::gzip
