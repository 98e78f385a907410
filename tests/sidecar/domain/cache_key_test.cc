#include "sidecar/domain/cache_key.h"

#include <array>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/domain/bypass_reason.h"
#include "sidecar/domain/cache_entry.h"
#include "tests/fakes/fake_key_hasher.h"

namespace penstock::domain {
namespace {

std::string scope_of(const KeyScope& scope) {
  std::string out;
  scope.append_to(out);
  return out;
}

TEST(KeyScopeTest, EveryPartAndEveryBorderCounts) {
  const std::array<KeyHeader, 1> beta = {{{"anthropic-beta", "a,b"}}};
  const std::array<KeyHeader, 1> version = {{{"anthropic-version", "a,b"}}};
  const std::array<KeyHeader, 2> both = {{{"anthropic-beta", "a,b"}, {"x", ""}}};
  const std::vector<KeyScope> scopes = {
      {},
      {.tenant = "t"},
      {.target = "t"},
      {.backend = "t"},
      {.tenant = "ab", .target = "c"},
      {.tenant = "a", .target = "bc"},
      {.tenant = "a", .target = "b", .backend = "c"},
      {.headers = beta},
      {.headers = version},
      {.headers = both},
  };
  std::vector<std::string> texts;
  for (const KeyScope& scope : scopes) {
    texts.push_back(scope_of(scope));
  }
  for (const std::string& one : texts) {
    for (const std::string& other : texts) {
      // None begins another, so that no body can continue one scope into the other.
      EXPECT_EQ(one.starts_with(other), &one == &other);
    }
  }
}

TEST(RequestProofTest, ComparesShortRequestsByTheirBytes) {
  fakes::FakeKeyHasher hasher;
  const RequestBytes request = {.scope = "scope", .body = "body"};
  const RequestProof proof(request, hasher);
  EXPECT_TRUE(proof.proves(request, hasher));
  EXPECT_FALSE(proof.proves({.scope = "scopf", .body = "body"}, hasher));
  EXPECT_FALSE(proof.proves({.scope = "scope", .body = "bodx"}, hasher));
  EXPECT_FALSE(proof.proves({.scope = "scopeb", .body = "ody"}, hasher));
  EXPECT_FALSE(proof.proves({.scope = "scope", .body = "bod"}, hasher));
  EXPECT_EQ(hasher.tags(), 0);
}

TEST(RequestProofTest, ComparesLongRequestsByTagAndLengths) {
  fakes::FakeKeyHasher hasher;
  const std::string body(RequestProof::kBytesMax, 'x');
  const RequestProof proof({.scope = "s", .body = body}, hasher);
  EXPECT_EQ(proof.heap_bytes(), 0U);
  EXPECT_TRUE(proof.proves({.scope = "s", .body = body}, hasher));
  std::string other = body;
  other.back() = 'y';
  EXPECT_FALSE(proof.proves({.scope = "s", .body = other}, hasher));
  // The tag is the body's alone: another tenant's scope is told by its bytes.
  EXPECT_FALSE(proof.proves({.scope = "t", .body = body}, hasher));
  // Joined they are the same bytes.
  EXPECT_FALSE(proof.proves({.scope = "sx", .body = body.substr(1)}, hasher));
}

TEST(RequestProofTest, TheBorderBetweenBytesAndTag) {
  fakes::FakeKeyHasher hasher;
  const std::string body(RequestProof::kBytesMax - 1, 'x');
  const RequestProof at_limit({.scope = "s", .body = body}, hasher);
  EXPECT_EQ(hasher.tags(), 0);
  const RequestProof above({.scope = "ss", .body = body}, hasher);
  EXPECT_EQ(hasher.tags(), 1);
}

TEST(CacheEntryTest, KeepsOnlyHeadersOfTheAnswer) {
  EXPECT_TRUE(is_storable_header("content-type"));
  EXPECT_TRUE(is_storable_header("Content-Type"));
  for (const char* name :
       {"set-cookie", "x-request-id", "request-id", "x-ratelimit-remaining-tokens", "date", "age",
        "content-length", "content-encoding", "transfer-encoding", "connection",
        "openai-processing-ms", "cf-ray", ""}) {
    EXPECT_FALSE(is_storable_header(name)) << name;
  }
}

TEST(CacheEntryTest, CountsItsBytes) {
  CacheEntry entry;
  const std::size_t empty = entry.byte_size();
  EXPECT_EQ(empty, sizeof(CacheEntry));
  entry.body = std::string(1000, 'x');
  entry.events.resize(10);
  EXPECT_GE(entry.byte_size(), empty + 1000 + 10 * sizeof(StoredEvent));
}

TEST(JitterTest, StaysWithinItsShareAndReachesBothEnds) {
  std::set<std::int64_t> seen;
  for (std::uint64_t i = 0; i < 100; ++i) {
    seen.insert(jittered_ttl(Millis(100), 10, i).count());
  }
  EXPECT_EQ(*seen.begin(), 90);
  EXPECT_EQ(*seen.rbegin(), 100);
  EXPECT_EQ(seen.size(), 11U);
}

TEST(JitterTest, EdgesStayTrue) {
  EXPECT_EQ(jittered_ttl(Millis(100), 0, 77), Millis(100));
  EXPECT_EQ(jittered_ttl(Millis(0), 10, 77), Millis(0));
  EXPECT_EQ(jittered_ttl(Millis(-5), 10, 77), Millis(0));
  EXPECT_GE(jittered_ttl(Millis(100), 500, 0), Millis(0));
  EXPECT_EQ(jittered_ttl(Millis::max(), 0, 1), Millis::max());
}

TEST(BypassReasonTest, LabelsAreDistinctAndFitAMetric) {
  std::set<std::string> labels;
  for (std::size_t i = 0; i < kBypassReasons; ++i) {
    const std::string text(label(static_cast<BypassReason>(i)));
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789"), std::string::npos);
    labels.insert(text);
  }
  EXPECT_EQ(labels.size(), kBypassReasons);
  EXPECT_EQ(label(BypassReason::kNoTenant), "no_tenant");
  EXPECT_EQ(label(BypassReason::kDuplicateKey), "duplicate_key");
  EXPECT_EQ(label(BypassReason::kRemoteMedia), "remote_media");
}

}  // namespace
}  // namespace penstock::domain
