#include "lib/net/send_batch.h"

#include <array>
#include <cstddef>
#include <list>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "lib/net/connection.h"
#include "lib/net/descriptor.h"
#include "lib/net/reactor.h"

namespace penstock::net {
namespace {

// A batch of its own, and any number of connections with their other ends.
class SendBatchTest : public testing::Test {
 protected:
  struct Pair {
    Pair(Reactor& reactor, int near, int far) : connection(reactor, Descriptor(near)), other(far) {}
    Connection connection;
    Descriptor other;
  };

  void TearDown() override { reactor_.stop(); }

  // A write of one byte on a new connection.
  void add_one() {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    Pair& pair = pairs_.emplace_back(reactor_, ends[0], ends[1]);
    context_.restart();
    context_.poll();  // the first edge: it is writable
    batch_.add(pair.connection, 1).front() = 'x';
  }

  // How many other ends have got their byte, from the first on.
  std::size_t sent() {
    std::size_t count = 0;
    char byte = 0;
    for (const Pair& pair : pairs_) {
      if (::recv(pair.other.get(), &byte, 1, MSG_PEEK) != 1) {
        break;
      }
      ++count;
    }
    return count;
  }

  // A long time in which the loop finds no event once in so many.
  void load(int events_between_rests) {
    constexpr int kEvents = 10'000;
    constexpr int kRound = 40;
    for (int all = 0, since_rest = 0; all < kEvents; all += kRound, since_rest += kRound) {
      if (since_rest >= events_between_rests) {
        batch_.rest();
        since_rest = 0;
      }
      batch_.begin_round(kRound);
      batch_.end_round();
    }
  }

  // The number of writes that wait together, in a round with one event, before one more sends them.
  std::size_t writes_at_most() {
    batch_.begin_round(1);
    while (sent() == 0 && pairs_.size() < 1000) {
      add_one();
    }
    const std::size_t most = sent();
    batch_.end_round();
    EXPECT_EQ(sent(), pairs_.size()) << "the end of a round sends the rest";
    return most;
  }

  IoContext context_{1};
  Reactor reactor_{context_};
  SendBatch batch_;
  std::list<Pair> pairs_;
};

TEST_F(SendBatchTest, AtFirstAFewWaitTogether) {
  EXPECT_EQ(writes_at_most(), 16U);
}

TEST_F(SendBatchTest, AFewWaitTogetherWhereTheLoopRests) {
  load(160);
  EXPECT_EQ(writes_at_most(), 16U);
}

TEST_F(SendBatchTest, ManyWaitTogetherWhereItHardlyEverDoes) {
  load(2800);
  EXPECT_EQ(writes_at_most(), 64U);
}

TEST_F(SendBatchTest, OneRestAfterLongWorkChangesNothing) {
  load(2800);
  batch_.rest();
  EXPECT_EQ(writes_at_most(), 64U);
}

TEST_F(SendBatchTest, AFewAgainOnceTheLoopRests) {
  load(2800);
  batch_.rest();
  batch_.rest();
  batch_.rest();
  EXPECT_EQ(writes_at_most(), 16U);
}

}  // namespace
}  // namespace penstock::net
