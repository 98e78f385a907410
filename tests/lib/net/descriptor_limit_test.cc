#include "lib/net/descriptor_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace penstock::net {
namespace {

rlimit limit_of_descriptors() {
  rlimit limit{};
  EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  return limit;
}

TEST(DescriptorLimitTest, ItIsTheMostThatMayBeAskedFor) {
  const rlimit before = limit_of_descriptors();
  rlimit low = before;
  low.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_descriptor_limit(), before.rlim_max);
  EXPECT_EQ(limit_of_descriptors().rlim_cur, before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace penstock::net
