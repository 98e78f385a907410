#include <string>

#include <gtest/gtest.h>

#include "lib/resolve/resolve.h"
#include "tests/lib/resolve/documents.h"

namespace penstock::resolve {
namespace {

using testing::errors_of;

TEST(UpstreamTest, IsAPassThroughToOneBackend) {
  const ResolveResult result = for_upstream("http://127.0.0.1:8000/v1");
  ASSERT_TRUE(result) << errors_of(result).front();
  ASSERT_EQ(result->backends.size(), 1U);
  EXPECT_EQ(result->backends[0].host, "127.0.0.1");
  EXPECT_EQ(result->backends[0].port, 8000);
  EXPECT_EQ(result->backends[0].base_path, "/v1");
  EXPECT_EQ(result->backends[0].dialect, DialectName::kOpenAi);
  EXPECT_FALSE(result->backends[0].same_pod);
  EXPECT_FALSE(result->caching);
  EXPECT_EQ(result->listener, ListenerSettings{});
  EXPECT_FALSE(check_exposure(*result, false));
}

TEST(UpstreamTest, KnowsAnthropicByItsHost) {
  EXPECT_EQ(for_upstream("https://api.anthropic.com")->backends.at(0).dialect,
            DialectName::kAnthropic);
  EXPECT_EQ(for_upstream("https://notanthropic.com")->backends.at(0).dialect, DialectName::kOpenAi);
}

TEST(UpstreamTest, ACacheIsOneMemoryTierThatAnonymousCallersShare) {
  const ResolveResult result = for_upstream("http://a", 512ULL << 20);
  ASSERT_TRUE(result) << errors_of(result).front();
  Caching expected;
  expected.tiers = {MemoryTier{.name = "default/upstream",
                               .size_bytes = 512ULL << 20,
                               .eviction = Eviction::kS3Fifo,
                               .ttl = std::nullopt}};
  expected.anonymous = AnonymousTenant::kShare;
  EXPECT_EQ(result->caching, expected);
}

TEST(UpstreamTest, ErrorsNameTheFlag) {
  EXPECT_EQ(errors_of(for_upstream("api.openai.com")),
            std::vector<std::string>{"--upstream: must begin with http:// or https://"});
  EXPECT_EQ(errors_of(for_upstream("http://u:canary@h")),
            std::vector<std::string>{"--upstream: must hold no credentials; a backend's go into "
                                     "credentials.secretRef"});
  EXPECT_EQ(errors_of(for_upstream("http://a", 5)),
            std::vector<std::string>{"--cache: must be between 1Mi and 1Ti"});
  EXPECT_FALSE(for_upstream(""));
}

TEST(UpstreamTest, AUrlCannotBecomeStructure) {
  for (const char* url : {"http://a\"\n      dialect: Anthropic\n", "http://a'", "http://a #x",
                          "http://a\xff", "http://a\\"}) {
    const ResolveResult result = for_upstream(url);
    ASSERT_FALSE(result) << url;
    EXPECT_EQ(result.error().size(), 1U) << url;
  }
}

// What is printed is what is run.
TEST(UpstreamTest, TheYamlResolvesToTheSamePolicy) {
  for (const auto& cache :
       {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(1 << 20)}) {
    const ResolveResult from_text =
        resolve(testing::read(upstream_as_yaml("https://[::1]:8443/x", cache)));
    ASSERT_TRUE(from_text) << errors_of(from_text).front();
    EXPECT_EQ(*from_text, *for_upstream("https://[::1]:8443/x", cache));
  }
}

}  // namespace
}  // namespace penstock::resolve
