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

void fill_random(std::span<std::uint8_t> bytes);
std::uint64_t random_seed();

// A secret that never leaves the process.
template <std::size_t Bytes>
class SecretKey {
 public:
  static constexpr std::size_t kBytes = Bytes;

  static SecretKey generate() {
    std::array<std::uint8_t, kBytes> bytes{};
    fill_random(bytes);
    return SecretKey(bytes);
  }
  // For tests that need a fixed one.
  explicit SecretKey(const std::array<std::uint8_t, kBytes>& bytes) : bytes_(bytes) {}

  [[nodiscard]] std::span<const std::uint8_t, kBytes> bytes() const { return bytes_; }

 private:
  std::array<std::uint8_t, kBytes> bytes_;
};

using TagKey = SecretKey<192>;  // as much as XXH3 uses of one
using MacKey = SecretKey<32>;   // of Poly1305

// A tag to compare texts by, without keeping the texts: XXH3-128 under a secret.
//
// No proof stands behind it. The best way known to make two texts meet without the secret changes
// the top bit of one lane in two stripes of 64 bytes, and works for about one secret in 2^33. So it
// is a second opinion beside a hash under another secret, where a try costs the one who tries, and
// it must not leave the process.
Hash128 keyed_tag(const TagKey& key, std::string_view bytes);

// Poly1305 (RFC 8439, section 2.5). Who does not know the key makes a text of L bytes meet a
// certain other one with a chance of at most 8 ceil(L / 16) / 2^106, whatever else he can do
// (Bernstein, "The Poly1305-AES message-authentication code", theorem 3.3). The key stands for many
// texts here, which that bound allows only while nobody sees a value: it must not leave the
// process, in no form.
Hash128 poly1305(const MacKey& key, Parts parts);

}  // namespace penstock::digest
