#include "lib/net/socket_options.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lib/net/descriptor.h"

namespace penstock::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SocketOptionsTest : public testing::Test {
 protected:
  int option(int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(socket_.get(), level, name, &value, &size), 0);
    return value;
  }
  milliseconds gone_after() { return milliseconds(option(IPPROTO_TCP, TCP_USER_TIMEOUT)); }

  Descriptor socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

TEST_F(SocketOptionsTest, AnUpstreamThatAcknowledgesNothingIsGone) {
  set_upstream_options(socket_.get(), seconds(30));
  EXPECT_EQ(gone_after(), kUnacknowledgedMax);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 30);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPINTVL), 10);
}

TEST_F(SocketOptionsTest, ThatLimitLeavesASilentUpstreamThreeProbes) {
  set_upstream_options(socket_.get(), milliseconds(1));
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPINTVL), 1);
  EXPECT_EQ(gone_after(), kUnacknowledgedMax);
  set_upstream_options(socket_.get(), seconds(110));
  EXPECT_EQ(gone_after(), seconds(140));
}

TEST_F(SocketOptionsTest, AnUpstreamThatIsNotProbedHasTheLimitAllTheSame) {
  set_upstream_options(socket_.get(), milliseconds(0));
  EXPECT_EQ(gone_after(), kUnacknowledgedMax);
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST_F(SocketOptionsTest, ATunnelsEndMayLeaveItsWindowShut) {
  set_upstream_options(socket_.get(), seconds(30));
  wait_for_acknowledgement(socket_.get());
  EXPECT_EQ(gone_after(), milliseconds(0));
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 30);
}

TEST_F(SocketOptionsTest, AClientHasNoSuchLimit) {
  set_stream_options(socket_.get(), seconds(30));
  EXPECT_EQ(gone_after(), milliseconds(0));
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPINTVL), 30);
}

}  // namespace
}  // namespace penstock::net
