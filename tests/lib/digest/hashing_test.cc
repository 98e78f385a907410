#include "lib/digest/hashing.h"

#include <array>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#define XXH_INLINE_ALL  // the portable one
#include <xxhash.h>

namespace penstock::digest {
namespace {

// FIPS 180-4 examples.
TEST(Sha256Test, MatchesThePublishedExamples) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256Test, PartsCountAsIfJoined) {
  const std::array<std::string_view, 3> parts = {"a", "", "bc"};
  EXPECT_EQ(sha256(parts), sha256("abc"));
}

TEST(Sha256Test, EveryThreadGetsTheSameAnswer) {
  const Digest expected = sha256("abc");
  std::vector<int> equal(4, 0);
  std::vector<std::jthread> threads;
  for (int& result : equal) {
    threads.emplace_back([&result, &expected] {
      for (int i = 0; i < 100; ++i) {
        result += sha256("abc") == expected ? 1 : 0;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(equal, std::vector<int>(4, 100));
}

// RFC 4231, test case 2.
TEST(HmacTest, MatchesThePublishedExample) {
  const std::array<std::string_view, 2> parts = {"what do ya want ", "for nothing?"};
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", parts)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(HmacTest, AnEmptyKeyIsAKeyOfItsOwn) {
  const std::array<std::string_view, 1> parts = {"text"};
  const Digest with_key = hmac_sha256("Jefe", parts);
  EXPECT_NE(hmac_sha256("", parts), with_key);
  EXPECT_EQ(hmac_sha256("", parts), hmac_sha256("", parts));
}

// RFC 8439, section 2.5.2.
TEST(Poly1305Test, MatchesThePublishedExample) {
  const MacKey key({0x85, 0xd6, 0xbe, 0x78, 0x57, 0x55, 0x6d, 0x33, 0x7f, 0x44, 0x52,
                    0xfe, 0x42, 0xd5, 0x06, 0xa8, 0x01, 0x03, 0x80, 0x8a, 0xfb, 0x0d,
                    0xb2, 0xfd, 0x4a, 0xbf, 0xf6, 0xaf, 0x41, 0x49, 0xf5, 0x1b});
  const std::array<std::string_view, 3> parts = {"Cryptographic Forum ", "", "Research Group"};
  const Hash128 expected = {.low = 0xc6365130c11d06a8, .high = 0xa927010caf8b2bc2};
  EXPECT_EQ(poly1305(key, parts), expected);
  EXPECT_EQ(poly1305(key, parts), expected) << "nothing of the last text is left in the context";
  EXPECT_NE(poly1305(MacKey::generate(), parts), expected);
}

TEST(KeyedTagTest, DependsOnTheKeyAndOnEveryByte) {
  const TagKey one = TagKey::generate();
  const TagKey two = TagKey::generate();
  const std::string text(5000, 'x');
  const Hash128 tag = keyed_tag(one, text);
  EXPECT_EQ(tag, keyed_tag(one, text));
  EXPECT_NE(tag, keyed_tag(two, text));
  EXPECT_NE(tag, keyed_tag(one, std::string_view(text).substr(1)));
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = 'y';
    EXPECT_NE(tag, keyed_tag(one, changed)) << at;
  }
}

// Both of them are the library's function of that name, whichever instructions it is made of.
TEST(Xxh3Test, IsTheSameOnEveryProcessor) {
  const std::string text(20'000, 'x');
  std::array<std::uint8_t, TagKey::kBytes> key{};
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<std::uint8_t>(i * 7 + 1);
  }
  const XXH128_hash_t seeded = XXH3_128bits_withSeed(text.data(), text.size(), 42);
  EXPECT_EQ(xxh3_128(text, 42), (Hash128{.low = seeded.low64, .high = seeded.high64}));
  const XXH128_hash_t secret =
      XXH3_128bits_withSecret(text.data(), text.size(), key.data(), key.size());
  EXPECT_EQ(keyed_tag(TagKey(key), text), (Hash128{.low = secret.low64, .high = secret.high64}));
}

TEST(Xxh3Test, DependsOnSeedAndBytes) {
  EXPECT_EQ(xxh3_128("body", 1), xxh3_128("body", 1));
  EXPECT_NE(xxh3_128("body", 1), xxh3_128("body", 2));
  EXPECT_NE(xxh3_128("body", 1), xxh3_128("bodz", 1));
  EXPECT_NE(xxh3_64("scope", 1), xxh3_64("scope", 2));
}

TEST(RandomTest, SeedsDiffer) {
  std::set<std::uint64_t> seeds;
  for (int i = 0; i < 64; ++i) {
    seeds.insert(random_seed());
  }
  EXPECT_EQ(seeds.size(), 64U);
}

}  // namespace
}  // namespace penstock::digest
