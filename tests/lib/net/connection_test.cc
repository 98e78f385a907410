#include "lib/net/connection.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "lib/net/descriptor.h"
#include "lib/net/reactor.h"
#include "lib/task/task.h"

namespace penstock::net {
namespace {

// A connection with its other end, and an event loop that runs as far as there is something to do.
class ConnectionTest : public testing::Test, ReadWatcher {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    connection_.emplace(reactor_, Descriptor(ends[0]));
    other_ = Descriptor(ends[1]);
    run();  // the first edge: it is writable
  }
  void TearDown() override { reactor_.stop(); }

  void run() {
    context_.restart();
    context_.poll();
  }

  // Does it in a round of the event loop: something arrives, and the connection's watcher is told.
  void in_a_round(std::function<void()> work) {
    work_ = std::move(work);
    connection_->watch(this);
    ASSERT_EQ(::send(other_.get(), "x", 1, 0), 1);
    run();
    EXPECT_EQ(work_, nullptr) << "no round came";
  }

  bool write_later(std::string_view text) {
    const std::span<char> room = connection_->write_later(text.size());
    std::copy_n(text.begin(), room.size(), room.begin());
    return !room.empty();
  }
  Io write_now(std::string_view text) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    return connection_->write_some(std::span(&piece, 1));
  }
  // The other end says something, and it is our turn.
  void take_turn() {
    std::array<char, 16> scratch{};
    ASSERT_EQ(::send(other_.get(), "x", 1, 0), 1);
    EXPECT_EQ(connection_->read_some(scratch).state, IoState::kOk);
  }

  std::string received() {
    std::string all;
    std::array<char, 65536> scratch{};
    for (ssize_t n = 0; (n = ::recv(other_.get(), scratch.data(), scratch.size(), 0)) > 0;) {
      all.append(scratch.data(), static_cast<std::size_t>(n));
    }
    return all;
  }

  // As much as the kernel takes while nobody reads, past the connection.
  std::size_t fill() {
    const std::string block(1 << 16, 'f');
    std::size_t filled = 0;
    for (ssize_t n = 0;
         (n = ::send(connection_->descriptor(), block.data(), block.size(), 0)) > 0;) {
      filled += static_cast<std::size_t>(n);
    }
    return filled;
  }

  IoContext context_{1};
  Reactor reactor_{context_};
  std::optional<Connection> connection_;
  Descriptor other_;

 private:
  void on_readable() noexcept override { std::exchange(work_, nullptr)(); }

  std::function<void()> work_;
};

// Waits to write, once.
Task<> await_room(Connection& connection, bool& there_is) {
  there_is = co_await connection.writable();
}

// Reads what comes until a wait is cancelled.
Task<> read_on(Connection& connection, int& reads, bool& cancelled) {
  while (!cancelled) {
    const bool woken = co_await connection.readable();
    cancelled = !woken;
    std::array<char, 16> scratch{};
    reads += connection.read_some(scratch).state == IoState::kOk ? 1 : 0;
  }
}

TEST_F(ConnectionTest, WhoReadsAgainIsNotWokenForWhoWrites) {
  fill();
  EXPECT_EQ(write_now("x").state, IoState::kWouldBlock);
  int reads = 0;
  bool cancelled = false;
  bool room = false;
  Task<> reader = read_on(*connection_, reads, cancelled);
  Task<> writer = await_room(*connection_, room);
  reader.start(nullptr, nullptr);
  writer.start(nullptr, nullptr);
  ASSERT_EQ(::send(other_.get(), "x", 1, 0), 1);
  received();
  run();  // readable and writable in one event
  EXPECT_EQ(reads, 1);
  EXPECT_TRUE(room);
  EXPECT_FALSE(cancelled);
  connection_->cancel();
  run();
  EXPECT_TRUE(cancelled);
}

// Counts how often it is told.
class Listening final : public ReadWatcher {
 public:
  int told = 0;
  void on_readable() override { ++told; }
};

TEST_F(ConnectionTest, WhoWatchesForTheEndIsToldOfNothingElse) {
  Listening watcher;
  ASSERT_EQ(::send(other_.get(), "unread", 6, 0), 6);
  run();
  connection_->watch_end(&watcher);
  ASSERT_EQ(::send(other_.get(), "more", 4, 0), 4);
  run();
  EXPECT_EQ(watcher.told, 0);
  EXPECT_FALSE(connection_->ending());
  other_.close();
  run();
  EXPECT_EQ(watcher.told, 1);
  EXPECT_TRUE(connection_->ending());
  EXPECT_EQ(connection_->peek(), IoState::kOk) << "what it sent is there to read";
}

TEST_F(ConnectionTest, WhoHasLookedIsToldOfWhatComesNext) {
  Listening watcher;
  ASSERT_EQ(::send(other_.get(), "seen", 4, 0), 4);
  run();
  connection_->watch_on(&watcher);
  EXPECT_EQ(watcher.told, 0) << "it came back from within";
  ASSERT_EQ(::send(other_.get(), "more", 4, 0), 4);
  run();
  EXPECT_EQ(watcher.told, 1);
}

TEST_F(ConnectionTest, AnEndThatCameBeforeIsToldAtOnce) {
  Listening watcher;
  other_.close();
  run();
  connection_->watch_end(&watcher);
  EXPECT_EQ(watcher.told, 1);
}

TEST_F(ConnectionTest, WhatIsWrittenLaterLeavesAtTheEndOfTheRound) {
  in_a_round([this] {
    EXPECT_TRUE(write_later("later"));
    EXPECT_EQ(received(), "");
  });
  EXPECT_EQ(received(), "later");
}

TEST_F(ConnectionTest, OutsideARoundNothingWaits) {
  EXPECT_FALSE(write_later("x"));
}

TEST_F(ConnectionTest, OneSuchWriteATurn) {
  in_a_round([this] {
    EXPECT_TRUE(write_later("first"));
    EXPECT_FALSE(write_later("second"));
    take_turn();
    EXPECT_TRUE(write_later(" and the next"));
  });
  EXPECT_EQ(received(), "first and the next");
}

TEST_F(ConnectionTest, TheLastWriteDoesNotWait) {
  in_a_round([this] {
    connection_->write_nothing_later();
    EXPECT_FALSE(write_later("last words"));
    take_turn();
    EXPECT_FALSE(write_later("last words"));
  });
}

TEST_F(ConnectionTest, ALargeWriteDoesNotWait) {
  in_a_round([this] {
    EXPECT_TRUE(connection_->write_later(SendBatch::kWriteBytesMax + 1).empty());
    EXPECT_FALSE(connection_->write_later(SendBatch::kWriteBytesMax).empty());
  });
}

TEST_F(ConnectionTest, WhatIsWrittenAtOnceComesAfterWhatWaited) {
  in_a_round([this] {
    EXPECT_TRUE(write_later("one "));
    EXPECT_EQ(write_now("two").bytes, 3U);
    EXPECT_EQ(received(), "one two");
  });
  EXPECT_EQ(received(), "");
}

TEST_F(ConnectionTest, ClosingSendsWhatWaits) {
  in_a_round([this] {
    EXPECT_TRUE(write_later("last words"));
    connection_.reset();
    EXPECT_EQ(received(), "last words");
  });
}

TEST_F(ConnectionTest, AHalfCloseSendsWhatWaits) {
  in_a_round([this] {
    EXPECT_TRUE(write_later("last words"));
    connection_->shutdown_send();
    EXPECT_EQ(received(), "last words");
  });
}

TEST_F(ConnectionTest, MoreThanABatchHoldsIsSentInBetween) {
  const std::string block(SendBatch::kWriteBytesMax, 'b');
  in_a_round([&] {
    for (int i = 0; i < 17; ++i) {
      take_turn();
      EXPECT_TRUE(write_later(block));
    }
    EXPECT_EQ(received().size(), 16 * block.size());
  });
  EXPECT_EQ(received(), block);
}

TEST_F(ConnectionTest, WhatTheKernelDoesNotTakeLeavesBeforeTheNext) {
  std::size_t filled = 0;
  in_a_round([&] {
    EXPECT_TRUE(write_later("tail"));  // decided while there was room …
    filled = fill();                   // … which is gone when it is to be sent
  });
  EXPECT_EQ(write_now("next").state, IoState::kWouldBlock);
  std::string all = received();
  run();  // there is room again
  all += received();
  EXPECT_EQ(write_now("next").bytes, 4U);
  all += received();
  EXPECT_EQ(all.size(), filled + 8);
  EXPECT_TRUE(all.ends_with("tailnext"));
}

TEST_F(ConnectionTest, APeerThatIsGoneBreaksTheNextWrite) {
  in_a_round([this] {
    EXPECT_TRUE(write_later("to nobody"));
    other_.close();
  });
  EXPECT_EQ(write_now("x").state, IoState::kBroken);
}

}  // namespace
}  // namespace penstock::net
