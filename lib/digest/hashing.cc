#include "lib/digest/hashing.h"

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

// The library's own choice of vector instructions by the processor it runs on: 20 KB in a third of
// the time that the baseline takes.
#ifdef __x86_64__
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

namespace penstock::digest {
namespace {

void require(bool ok, const char* what) {
  if (!ok) {
    std::fprintf(stderr, "OpenSSL cannot provide %s\n", what);
    std::abort();
  }
}

struct Free {
  void operator()(EVP_MD* md) const { EVP_MD_free(md); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

// Fetching an algorithm by name takes locks and walks the provider's table: once a process.
const EVP_MD* sha256_algorithm() {
  static std::unique_ptr<EVP_MD, Free> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  require(algorithm != nullptr, "SHA-256");
  return algorithm.get();
}

std::unique_ptr<EVP_MAC_CTX, Free> new_mac_context(const char* name) {
  const std::unique_ptr<EVP_MAC, Free> mac(EVP_MAC_fetch(nullptr, name, nullptr));
  require(mac != nullptr, name);
  std::unique_ptr<EVP_MAC_CTX, Free> context(EVP_MAC_CTX_new(mac.get()));
  require(context != nullptr, name);
  return context;
}

Digest from_bytes(const std::array<std::uint8_t, 32>& bytes) {
  Digest digest;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    digest.words[i / 8] = digest.words[i / 8] << 8 | bytes[i];
  }
  return digest;
}

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

template <std::size_t Bytes>
std::array<std::uint8_t, Bytes> mac(EVP_MAC_CTX* context, std::span<const std::uint8_t> key,
                                    const OSSL_PARAM* parameters, Parts parts, const char* what) {
  bool ok = EVP_MAC_init(context, key.data(), key.size(), parameters) == 1;
  for (const std::string_view part : parts) {
    ok = ok && EVP_MAC_update(context, data_of(part), part.size()) == 1;
  }
  std::array<std::uint8_t, Bytes> bytes{};
  std::size_t size = 0;
  ok = ok && EVP_MAC_final(context, bytes.data(), &size, bytes.size()) == 1;
  require(ok && size == bytes.size(), what);
  return bytes;
}

}  // namespace

Digest sha256(Parts parts) {
  thread_local std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  bool ok =
      context != nullptr && EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1;
  for (const std::string_view part : parts) {
    ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  std::array<std::uint8_t, 32> bytes{};
  ok = ok && EVP_DigestFinal_ex(context.get(), bytes.data(), nullptr) == 1;
  require(ok, "SHA-256");
  return from_bytes(bytes);
}

Digest sha256(std::string_view bytes) {
  return sha256(Parts(&bytes, 1));
}

Digest hmac_sha256(std::string_view key, Parts parts) {
  thread_local std::unique_ptr<EVP_MAC_CTX, Free> context = new_mac_context("HMAC");
  char algorithm[] = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, algorithm, 0),
      OSSL_PARAM_construct_end()};
  // A null key means "the key of before" to OpenSSL, so an empty one still needs an address.
  const unsigned char* key_data = key.empty() ? data_of("") : data_of(key);
  return from_bytes(
      mac<32>(context.get(), {key_data, key.size()}, parameters.data(), parts, "HMAC-SHA-256"));
}

std::string to_hex(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(64);
  for (const std::uint64_t word : digest.words) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      hex.push_back(kDigits[(word >> shift) & 0xf]);
    }
  }
  return hex;
}

Hash128 xxh3_128(std::string_view bytes, std::uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {.low = hash.low64, .high = hash.high64};
}

std::uint64_t xxh3_64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128 poly1305(const MacKey& key, Parts parts) {
  thread_local std::unique_ptr<EVP_MAC_CTX, Free> context = new_mac_context("POLY1305");
  return std::bit_cast<Hash128>(mac<16>(context.get(), key.bytes(), nullptr, parts, "Poly1305"));
}

Hash128 keyed_tag(const TagKey& key, std::string_view bytes) {
  const XXH128_hash_t hash =
      XXH3_128bits_withSecret(bytes.data(), bytes.size(), key.bytes().data(), TagKey::kBytes);
  return {.low = hash.low64, .high = hash.high64};
}

void fill_random(std::span<std::uint8_t> bytes) {
  require(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "random bytes");
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  fill_random({reinterpret_cast<std::uint8_t*>(&seed), sizeof(seed)});
  return seed;
}

}  // namespace penstock::digest
