#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

// Hash values as plain data: no library behind them, so pure folders may hold and compare them. The
// functions that make them are in hashing.h.
namespace penstock::digest {

// A SHA-256 or HMAC-SHA-256 value. Words in the order of the digest's bytes, each big-endian.
struct Digest {
  std::array<std::uint64_t, 4> words{};
  auto operator<=>(const Digest&) const = default;
};

// A 128-bit value for use inside this process: a fast hash, a keyed tag, or an authenticator.
struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const Hash128&) const = default;
};

// For hash tables: all are uniform already, so any word will do.
struct DigestHash {
  std::size_t operator()(const Digest& digest) const noexcept { return digest.words[0]; }
  std::size_t operator()(const Hash128& hash) const noexcept { return hash.low; }
};

}  // namespace penstock::digest
