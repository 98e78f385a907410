#include <gtest/gtest.h>

#include "lib/resolve/resolve.h"
#include "lib/resources/load.h"

namespace penstock {
namespace {

// The demonstration's resources are the first that a newcomer copies.
TEST(DemoResourcesTest, ResolveToOnePolicy) {
  const api::Resources resources =
      resources::load("deploy/demo/resources", json::Strictness::kStrict);
  const auto policy = resolve::resolve(resources);
  ASSERT_TRUE(policy) << api::to_string(policy.error().front());
}

}  // namespace
}  // namespace penstock
