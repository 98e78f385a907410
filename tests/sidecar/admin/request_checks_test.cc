#include "sidecar/admin/request_checks.h"

#include <gtest/gtest.h>

namespace penstock::admin {
namespace {

TEST(BearerTokenTest, ReadsOnlyTheBearerScheme) {
  EXPECT_EQ(bearer_token("Bearer abc"), "abc");
  EXPECT_EQ(bearer_token("bEARER   abc"), "abc");
  EXPECT_EQ(bearer_token("Basic abc"), "");
  EXPECT_EQ(bearer_token("Bearerabc"), "");
  EXPECT_EQ(bearer_token("Bearer "), "");
  EXPECT_EQ(bearer_token("Bearer    "), "");
  EXPECT_EQ(bearer_token(""), "");
}

TEST(EqualInConstantTimeTest, ComparesWholeTexts) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secre"));
  EXPECT_FALSE(equal_in_constant_time("secret", "Secret"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
}

TEST(IsLocalHostTest, TakesAddressesAndLocalhost) {
  for (const char* host : {"", "localhost", "localhost:9901", "127.0.0.1", "127.0.0.1:9901",
                           "[::1]", "[::1]:9901", "10.1.2.3:80"}) {
    EXPECT_TRUE(is_local_host(host)) << host;
  }
  for (const char* host : {"example.com", "localhost.example.com", "127.0.0.1.example.com:9901",
                           "a", "::1x", "LOCALHOST.", "-"}) {
    EXPECT_FALSE(is_local_host(host)) << host;
  }
}

TEST(QueryValueTest, FindsAndDecodes) {
  EXPECT_EQ(query_value("a=1&b=2", "b"), "2");
  EXPECT_EQ(query_value("a=1&a=2", "a"), "1");
  EXPECT_EQ(query_value("x=a%20b+c%2Bd", "x"), "a b c+d");
  EXPECT_EQ(query_value("%61=1", "a"), "1");
  EXPECT_EQ(query_value("a", "a"), "");
  EXPECT_EQ(query_value("a=", "a"), "");
  EXPECT_EQ(query_value("a=b=c", "a"), "b=c");
  EXPECT_EQ(query_value("ab=1", "a"), std::nullopt);
  EXPECT_EQ(query_value("", "a"), std::nullopt);
  EXPECT_EQ(query_value("&&a=1", "a"), "1");
}

TEST(QueryValueTest, BrokenEscapesStayAsTheyAre) {
  EXPECT_EQ(query_value("a=%", "a"), "%");
  EXPECT_EQ(query_value("a=%4", "a"), "%4");
  EXPECT_EQ(query_value("a=%zz", "a"), "%zz");
  EXPECT_EQ(query_value("a=%4z", "a"), "%4z");
  EXPECT_EQ(query_value("a=%-1", "a"), "%-1");
}

}  // namespace
}  // namespace penstock::admin
