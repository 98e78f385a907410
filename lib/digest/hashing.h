#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/digest/digest.h"

// The project's hash functions and its one source of keys.
//
// Threads: every function may be called from any thread; each thread reuses contexts of its own.
// Errors:  none. OpenSSL without SHA-256, or a system without entropy, ends the process: there is
//          nothing safe to go on with.
namespace penstock::digest {

// Parts are hashed as if joined: where the borders matter, the caller writes lengths between them.
using Parts = std::span<const std::string_view>;

Digest sha256(Parts parts);
Digest sha256(std::string_view bytes);
Digest hmac_sha256(std::string_view key, Parts parts);

// Lower-case hex, 64 characters.
std::string to_hex(const Digest& digest);

// Fast and not collision resistant: whoever knows the seed can make two texts meet. Verify what a
// match stands for (keyed_tag, or the bytes).
Hash128 xxh3_128(std::string_view bytes, std::uint64_t seed);
std::uint64_t xxh3_64(std::string_view bytes, std::uint64_t seed);

// A secret that never leaves the process.
class TagKey {
 public:
  static constexpr std::size_t kBytes = 32;

  static TagKey generate();
  // For tests that need a fixed one.
  explicit TagKey(const std::array<std::uint8_t, kBytes>& bytes) : bytes_(bytes) {}

  [[nodiscard]] std::span<const std::uint8_t, kBytes> bytes() const { return bytes_; }

 private:
  std::array<std::uint8_t, kBytes> bytes_;
};

// A keyed tag to compare texts by, without keeping the texts: Poly1305 as a universal hash.
//
// For any two different texts of at most L bytes, chosen without knowledge of the key, the chance
// over all keys that their tags meet is at most 8 * ceil(L / 16) / 2^106 (Bernstein, "The
// Poly1305-AES message-authentication code", theorem 3.3): below 2^-83 at 16 MiB, 2^-92 at 20 KB.
// Fastest where the longest part comes first. The bound holds for one key and any number of texts
// as long as no tag is shown to whoever chooses them, so tags must not leave the process.
Hash128 keyed_tag(const TagKey& key, Parts parts);

void fill_random(std::span<std::uint8_t> bytes);
std::uint64_t random_seed();

}  // namespace penstock::digest
