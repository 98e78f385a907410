#include "sidecar/http/upstream_pool.h"

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "lib/net/descriptor.h"
#include "lib/net/reactor.h"

namespace penstock::http {
namespace {

using std::chrono::milliseconds;

constexpr clock::Instant kStart = clock::Instant(std::chrono::hours(1));
constexpr milliseconds kLongEnoughToLook{5};

// Connections whose other ends the test holds, and an event loop that looks when it is told to.
class UpstreamPoolTest : public testing::Test {
 protected:
  UpstreamPoolTest() {
    other_origin_.id = 3;
    settings_.pool_idle_timeout = milliseconds(1'000);
    settings_.pool_age_max = milliseconds(10'000);
    settings_.pool_idle_max = 8;
  }
  void TearDown() override {
    pool_.clear();
    reactor_.stop();
  }

  std::unique_ptr<PooledConnection> connect(const Origin& origin, clock::Instant born = kStart) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    auto connection = std::make_unique<PooledConnection>(origin, "b", metrics_);
    connection->io = std::make_unique<net::Connection>(reactor_, net::Descriptor(ends[0]));
    connection->born = born;
    peers_.emplace_back(ends[1]);
    return connection;
  }
  // Of a new connection; its peer is the last of peers_.
  const PooledConnection* pool_one(clock::Instant now = kStart) {
    auto connection = connect(origin_, now);
    const PooledConnection* pooled = connection.get();
    pool_.give_back(origin_, std::move(connection), settings_, now);
    return pooled;
  }
  std::unique_ptr<PooledConnection> take(clock::Instant now) {
    return pool_.take(origin_, settings_, now);
  }
  void look() {
    context_.restart();
    context_.poll();
  }
  static bool is_closed(const net::Descriptor& peer) {
    char byte = 0;
    return ::recv(peer.get(), &byte, 1, 0) == 0;
  }

  // What the scrape says of open connections.
  [[nodiscard]] bool counts(std::string_view connections) const {
    const std::string line = R"(penstock_connections{side="upstream"} )";
    return registry_.render().contains(line + std::string(connections) + "\n");
  }

  telemetry::Registry registry_;
  request::WorkerMetrics metrics_{registry_, request::MetricFamilies(registry_)};
  net::IoContext context_{1};
  net::Reactor reactor_{context_};
  Origin origin_;
  Origin other_origin_;
  resolve::UpstreamSettings settings_;
  UpstreamPool pool_;
  std::vector<net::Descriptor> peers_;
};

TEST_F(UpstreamPoolTest, LastInFirstOut) {
  const PooledConnection* first = pool_one();
  const PooledConnection* second = pool_one();
  const PooledConnection* third = pool_one();
  auto taken = take(kStart);
  EXPECT_EQ(taken.get(), third);
  pool_.give_back(origin_, std::move(taken), settings_, kStart);
  const auto again = take(kStart);
  EXPECT_EQ(again.get(), third);
  const auto next = take(kStart);
  EXPECT_EQ(next.get(), second);
  const auto last = take(kStart);
  EXPECT_EQ(last.get(), first);
  EXPECT_EQ(take(kStart), nullptr);
}

TEST_F(UpstreamPoolTest, WhatIsUsedLastStaysAndTheSurplusAgesOut) {
  pool_one();
  const PooledConnection* busy = pool_one();
  clock::Instant now = kStart;
  for (int i = 0; i < 20; ++i) {
    now += milliseconds(100);
    auto connection = take(now);
    ASSERT_EQ(connection.get(), busy);
    pool_.give_back(origin_, std::move(connection), settings_, now);
  }
  pool_.sweep(settings_, now);
  EXPECT_TRUE(is_closed(peers_[0]));
  EXPECT_FALSE(is_closed(peers_[1]));
}

TEST_F(UpstreamPoolTest, OriginsShareNothing) {
  pool_one();
  EXPECT_EQ(pool_.take(other_origin_, settings_, kStart), nullptr);
  auto of_other = connect(other_origin_);
  const PooledConnection* other = of_other.get();
  pool_.give_back(other_origin_, std::move(of_other), settings_, kStart);
  pool_.drop(origin_);
  EXPECT_EQ(take(kStart), nullptr);
  EXPECT_EQ(pool_.take(other_origin_, settings_, kStart).get(), other);
}

TEST_F(UpstreamPoolTest, KeepsNoMoreThanItsLimit) {
  settings_.pool_idle_max = 2;
  const PooledConnection* first = pool_one();
  const PooledConnection* second = pool_one();
  pool_one();
  EXPECT_TRUE(is_closed(peers_[2]));
  EXPECT_EQ(origin_.open_connections, 2U);
  EXPECT_TRUE(counts("2"));
  EXPECT_EQ(take(kStart).get(), second);
  EXPECT_EQ(take(kStart).get(), first);
  EXPECT_EQ(take(kStart), nullptr);
  EXPECT_EQ(origin_.open_connections, 0U);
  EXPECT_TRUE(counts("0"));
}

TEST_F(UpstreamPoolTest, ALimitOfZeroKeepsNone) {
  settings_.pool_idle_max = 0;
  pool_one();
  EXPECT_TRUE(is_closed(peers_[0]));
  EXPECT_EQ(take(kStart), nullptr);
}

TEST_F(UpstreamPoolTest, WhatWasIdleForTooLongIsNotReused) {
  const PooledConnection* first = pool_one();
  EXPECT_EQ(take(kStart + milliseconds(999)).get(), first);
  pool_one();
  EXPECT_EQ(take(kStart + milliseconds(1'000)), nullptr);
  EXPECT_TRUE(is_closed(peers_[1]));
}

TEST_F(UpstreamPoolTest, AnEngineInTheSamePodHasALimitOfItsOwn) {
  settings_.pool_idle_timeout_same_pod = milliseconds(100);
  other_origin_.same_pod = true;
  pool_.give_back(other_origin_, connect(other_origin_), settings_, kStart);
  pool_.give_back(other_origin_, connect(other_origin_), settings_, kStart + milliseconds(50));
  pool_one();
  EXPECT_NE(pool_.take(other_origin_, settings_, kStart + milliseconds(149)), nullptr);
  pool_.sweep(settings_, kStart + milliseconds(150));
  EXPECT_TRUE(is_closed(peers_[0]));
  EXPECT_FALSE(is_closed(peers_[2]));
}

TEST_F(UpstreamPoolTest, WhatIsTooOldIsNotReusedThoughItWasInUseJustNow) {
  pool_.give_back(origin_, connect(origin_), settings_, kStart + milliseconds(9'990));
  EXPECT_NE(take(kStart + milliseconds(9'999)), nullptr);
  pool_.give_back(origin_, connect(origin_), settings_, kStart + milliseconds(9'999));
  EXPECT_EQ(take(kStart + milliseconds(10'000)), nullptr);
  EXPECT_TRUE(is_closed(peers_[1]));
  pool_.give_back(origin_, connect(origin_), settings_, kStart + milliseconds(10'000));
  EXPECT_TRUE(is_closed(peers_[2]));
}

TEST_F(UpstreamPoolTest, TheSweepEndsWhatIsIdleOrOldForTooLong) {
  pool_.give_back(origin_, connect(origin_), settings_, kStart + milliseconds(9'900));
  pool_one(kStart + milliseconds(8'900));
  const PooledConnection* young = pool_one(kStart + milliseconds(9'900));
  pool_.sweep(settings_, kStart + milliseconds(10'000));
  EXPECT_TRUE(is_closed(peers_[0]));
  EXPECT_TRUE(is_closed(peers_[1]));
  EXPECT_FALSE(is_closed(peers_[2]));
  EXPECT_EQ(take(kStart + milliseconds(10'000)).get(), young);
}

TEST_F(UpstreamPoolTest, WhatTheUpstreamClosedIsFoundByALookBeforeReuse) {
  const PooledConnection* open = pool_one();
  pool_one();
  peers_[1] = net::Descriptor();
  const auto taken = take(kStart + kLongEnoughToLook);
  EXPECT_EQ(taken.get(), open);
  EXPECT_EQ(origin_.open_connections, 1U);
}

TEST_F(UpstreamPoolTest, AnAnswerThatNobodyAskedForMakesAConnectionUseless) {
  pool_one();
  ASSERT_EQ(::send(peers_[0].get(), "HTTP/1.1 408", 12, 0), 12);
  EXPECT_EQ(take(kStart + kLongEnoughToLook), nullptr);
}

// A call on one that was closed in that moment fails, and is made once more on a new connection.
TEST_F(UpstreamPoolTest, WhatWasInUseAMomentAgoIsNotLookedAt) {
  const PooledConnection* pooled = pool_one();
  peers_[0] = net::Descriptor();
  const auto taken = take(kStart + kLongEnoughToLook - milliseconds(1));
  EXPECT_EQ(taken.get(), pooled);
}

TEST_F(UpstreamPoolTest, WhatTheEventLoopSawEndIsNeverReused) {
  pool_one();
  peers_[0] = net::Descriptor();
  look();
  EXPECT_EQ(take(kStart), nullptr);
}

TEST_F(UpstreamPoolTest, TheSweepEndsWhatTheEventLoopSawEnd) {
  const PooledConnection* open = pool_one();
  pool_one();
  peers_[1] = net::Descriptor();
  look();
  pool_.sweep(settings_, kStart);
  EXPECT_EQ(origin_.open_connections, 1U);
  EXPECT_EQ(take(kStart).get(), open);
}

}  // namespace
}  // namespace penstock::http
