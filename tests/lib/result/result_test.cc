#include "lib/result/result.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(ResultTest, FailCarriesCodeAndDetail) {
  const Result<int> result = fail(ErrorCode::kUpstreamFailed, "connect: refused");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kUpstreamFailed);
  EXPECT_EQ(result.error().detail, "connect: refused");
}

TEST(ResultTest, StatusAndLabelRowsStandInTheOrderOfTheCodes) {
  EXPECT_EQ(http_status(ErrorCode::kInvalidRequest), 400);
  EXPECT_EQ(http_status(ErrorCode::kHeadTooLarge), 431);
  EXPECT_EQ(http_status(ErrorCode::kOverloaded), 503);
  EXPECT_EQ(http_status(ErrorCode::kVersionNotSupported), 505);
  EXPECT_EQ(label(ErrorCode::kNoBackend), "no_backend");
  EXPECT_EQ(label(ErrorCode::kVersionNotSupported), "version_not_supported");
  EXPECT_EQ(label(ErrorCode::kInvalidConfig), "invalid_config");
}

}  // namespace
}  // namespace penstock
