#include "sidecar/dialect/credentials.h"

#include <gtest/gtest.h>

namespace penstock::dialect {
namespace {

TEST(CredentialsTest, AQueryLosesTheParametersThatHoldOne) {
  EXPECT_EQ(without_credentials("/v1/x?key=a", GatewayKeys::kGo), "/v1/x");
  EXPECT_EQ(without_credentials("/v1/x?alt=sse&key=a", GatewayKeys::kGo), "/v1/x?alt=sse");
  EXPECT_EQ(without_credentials("/v1/x?KEY=a&alt=sse", GatewayKeys::kGo), "/v1/x?alt=sse");
  EXPECT_EQ(without_credentials("?a=1&api_key=x&b=%20&api-key=y&&access_token", GatewayKeys::kGo),
            "?a=1&b=%20&");
  EXPECT_EQ(without_credentials("/x?key=1&a&", GatewayKeys::kGo), "/x?a&");
  EXPECT_EQ(without_credentials("/x?apikey=1&subscription-key=2", GatewayKeys::kGo), "/x");
}

TEST(CredentialsTest, AGatewaysKeyMayStayWhereAModelsGoes) {
  EXPECT_EQ(without_credentials("/x?subscription-key=2", GatewayKeys::kStay), std::nullopt);
  EXPECT_EQ(without_credentials("/x?subscription-key=2&key=1&a", GatewayKeys::kStay),
            "/x?subscription-key=2&a");
}

TEST(CredentialsTest, WhatHoldsNoneStaysAsItIs) {
  for (const char* path : {"", "/", "/v1/key=a", "/x?", "/x?a", "/x?keys=1&monkey=2", "/x?a=key=1",
                           "/x?api-version=2024-10-21", "/x?ke%79=a"}) {
    EXPECT_EQ(without_credentials(path, GatewayKeys::kGo), std::nullopt) << path;
  }
}

}  // namespace
}  // namespace penstock::dialect
