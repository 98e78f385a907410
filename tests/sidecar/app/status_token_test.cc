#include "sidecar/app/status_token.h"

#include <gtest/gtest.h>

#include "tests/fakes/temporary_folder.h"

namespace penstock::app {
namespace {

class StatusTokenTest : public testing::Test {
 protected:
  fakes::TemporaryFolder folder_;
  StatusToken token_{(folder_.path() / "token").string()};
};

TEST_F(StatusTokenTest, IsWhatTheFileHoldsNow) {
  folder_.write("token", "one\n");
  ASSERT_TRUE(token_.read());
  EXPECT_EQ(token_.now(), "one");
  folder_.write("token", "two\r\n");
  EXPECT_EQ(token_.now(), "two");
}

TEST_F(StatusTokenTest, AFileThatHoldsNoneKeepsTheLastOne) {
  EXPECT_FALSE(token_.read());
  EXPECT_EQ(token_.now(), std::nullopt);
  folder_.write("token", "one");
  EXPECT_EQ(token_.now(), "one");
  folder_.write("token", "\n");
  EXPECT_FALSE(token_.read());
  EXPECT_EQ(token_.now(), "one");
}

TEST(StatusTokenWithoutAFileTest, ThereIsNone) {
  StatusToken none;
  EXPECT_TRUE(none.read());
  EXPECT_EQ(none.now(), std::nullopt);
}

}  // namespace
}  // namespace penstock::app
