#include "sidecar/request/flight.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/request/flight_table.h"

namespace penstock::request {
namespace {

class Listener final : public FlightListener {
 public:
  void wake(const Flight& /*flight*/) noexcept override { ++woken; }
  int woken = 0;
};

// Takes all there is; `end` is what the last piece of news said.
struct Taken {
  std::string payload;
  Flight::News last;
};
Taken take_all(Flight& flight, Flight::Caller& caller) {
  Taken taken;
  do {
    taken.last = flight.take(caller);
    taken.payload += taken.last.payload;
  } while (!taken.last.payload.empty() && taken.last.end == FlightEnd::kRunning);
  return taken;
}

void finish(Flight& flight) {
  flight.finish(FlightEnd::kComplete, ErrorCode::kUpstreamFailed, {});
}

std::optional<std::string> whole_of(Flight& flight) {
  const auto body = std::make_shared<std::string>();
  return flight.take_whole_payload(*body, body) ? std::optional(*body) : std::nullopt;
}

TEST(FlightTest, WhoeverJoinsGetsAllFromTheStart) {
  Flight flight{FlightLimits()};
  Flight::Caller first;
  Flight::Caller late;
  ASSERT_TRUE(flight.join(first));
  flight.publish_head(std::make_shared<const SharedHead>());
  flight.append("one ", nullptr);
  EXPECT_EQ(take_all(flight, first).payload, "one ");
  ASSERT_TRUE(flight.join(late));
  const std::string block(10'000, 'b');  // more than one segment
  flight.append(block, nullptr);
  finish(flight);
  const Taken rest = take_all(flight, first);
  EXPECT_EQ(rest.payload, block);
  EXPECT_EQ(rest.last.end, FlightEnd::kComplete);
  const Taken all = take_all(flight, late);
  EXPECT_EQ(all.payload, "one " + block);
  EXPECT_EQ(all.last.end, FlightEnd::kComplete);
  EXPECT_NE(all.last.head, nullptr);
  EXPECT_EQ(whole_of(flight), "one " + block);
}

TEST(FlightTest, TheEndComesAfterTheLastByteOnly) {
  Flight flight{FlightLimits()};
  Flight::Caller caller;
  ASSERT_TRUE(flight.join(caller));
  flight.append(std::string(5000, 'a'), nullptr);
  flight.append("b", nullptr);
  flight.finish(FlightEnd::kTruncated, ErrorCode::kUpstreamFailed, {});
  EXPECT_EQ(flight.take(caller).end, FlightEnd::kRunning);
  EXPECT_EQ(flight.take(caller).end, FlightEnd::kTruncated);
}

TEST(FlightTest, WhoWasServedOtherwiseTakesNothingTwice) {
  Flight flight{FlightLimits()};
  Flight::Caller leader;
  Flight::Caller follower;
  ASSERT_TRUE(flight.join(leader));
  flight.append("one", &leader);
  ASSERT_TRUE(flight.join(follower));
  flight.append("two", nullptr);
  EXPECT_EQ(take_all(flight, leader).payload, "two");
  EXPECT_EQ(take_all(flight, follower).payload, "onetwo");
}

std::shared_ptr<const SharedHead> head_of_length(std::uint64_t bytes) {
  auto head = std::make_shared<SharedHead>();
  head->head.framing = http1::Framing::kLength;
  head->head.content_length = bytes;
  return head;
}

TEST(FlightTest, ALogThatNobodyHasSeenIsMovedAndReadWhereItIs) {
  Flight flight{FlightLimits()};
  Flight::Caller leader;
  ASSERT_TRUE(flight.join(leader));
  flight.publish_head(head_of_length(6000));
  flight.append(std::string(2000, 'a'), &leader);
  flight.append(std::string(4000, 'b'), &leader);
  auto kept = std::make_shared<std::string>();
  ASSERT_TRUE(flight.take_whole_payload(*kept, kept));
  const std::string all = std::string(2000, 'a') + std::string(4000, 'b');
  EXPECT_EQ(*kept, all);
  // One that comes while the answer is being stored.
  Flight::Caller late;
  ASSERT_TRUE(flight.join(late));
  finish(flight);
  const Flight::News moved = flight.take(late);
  EXPECT_EQ(moved.payload.data(), kept->data()) << "not copied";
  kept.reset();
  EXPECT_EQ(moved.payload, all) << "it outlives the store";
  const Flight::News news = flight.take(leader);
  EXPECT_TRUE(news.payload.empty());
  EXPECT_EQ(news.end, FlightEnd::kComplete);
}

TEST(FlightTest, ACallerThatIsBehindReadsWhatWasMoved) {
  Flight flight{FlightLimits()};
  Flight::Caller leader;
  Flight::Caller behind;
  ASSERT_TRUE(flight.join(leader));
  ASSERT_TRUE(flight.join(behind));
  flight.publish_head(head_of_length(5000));
  flight.append(std::string(5000, 'a'), &leader);
  EXPECT_EQ(whole_of(flight), std::string(5000, 'a'));
  EXPECT_EQ(take_all(flight, behind).payload, std::string(5000, 'a'));
}

TEST(FlightTest, ALogThatACallerMayStillViewIsCopied) {
  Flight flight{FlightLimits()};
  Flight::Caller caller;
  ASSERT_TRUE(flight.join(caller));
  flight.publish_head(head_of_length(5000));
  flight.append(std::string(5000, 'a'), nullptr);
  const Flight::News news = flight.take(caller);
  auto whole = std::make_shared<std::string>();
  ASSERT_TRUE(flight.take_whole_payload(*whole, whole));
  EXPECT_EQ(*whole, news.payload);
  EXPECT_NE(whole->data(), news.payload.data());
}

TEST(FlightTest, NobodyJoinsAnEndedFlightNorAnAbandonedOne) {
  Flight ended{FlightLimits()};
  Flight::Caller caller;
  finish(ended);
  EXPECT_FALSE(ended.join(caller));
  Flight alone{FlightLimits()};
  ASSERT_TRUE(alone.join(caller));
  EXPECT_FALSE(alone.abandoned());
  static_cast<void>(alone.leave(caller));
  EXPECT_TRUE(alone.abandoned());
  EXPECT_FALSE(alone.join(caller));
}

TEST(FlightTest, CallersAreBounded) {
  Flight flight({.callers_max = 2});
  std::vector<Flight::Caller> callers(3);
  EXPECT_TRUE(flight.join(callers[0]));
  EXPECT_TRUE(flight.join(callers[1]));
  EXPECT_FALSE(flight.join(callers[2]));
  static_cast<void>(flight.leave(callers[0]));
  EXPECT_TRUE(flight.join(callers[2]));
}

TEST(FlightTest, ASoleCallerThatLagsPausesTheDriverAndWakesIt) {
  Flight flight({.lag_bytes_max = 100});
  const auto driver = std::make_shared<Listener>();
  flight.set_driver(driver);
  Flight::Caller slow;
  ASSERT_TRUE(flight.join(slow));
  flight.append(std::string(100, 'a'), nullptr);
  EXPECT_FALSE(flight.should_pause());
  flight.append("b", nullptr);
  EXPECT_TRUE(flight.should_pause());
  EXPECT_EQ(driver->woken, 0);
  static_cast<void>(flight.take(slow));
  EXPECT_EQ(driver->woken, 1);
  EXPECT_FALSE(flight.should_pause());
}

TEST(FlightTest, TheFastestOfSeveralEndsThePause) {
  Flight flight({.lag_bytes_max = 10});
  const auto driver = std::make_shared<Listener>();
  flight.set_driver(driver);
  Flight::Caller slow;
  Flight::Caller quick;
  ASSERT_TRUE(flight.join(slow));
  ASSERT_TRUE(flight.join(quick));
  flight.append(std::string(11, 'a'), nullptr);
  ASSERT_TRUE(flight.should_pause());
  EXPECT_EQ(take_all(flight, quick).payload.size(), 11U);
  EXPECT_EQ(driver->woken, 1);
  EXPECT_FALSE(flight.should_pause()) << "a slow one slows nobody";
  static_cast<void>(flight.leave(quick));
  EXPECT_TRUE(flight.should_pause()) << "but where no other is left";
}

TEST(FlightTest, ALongAnswerKeepsNoHistoryAndTakesNobodyMore) {
  Flight flight({.retained_bytes_max = 8192, .behind_bytes_max = 8192});
  Flight::Caller quick;
  Flight::Caller slow;
  ASSERT_TRUE(flight.join(quick));
  ASSERT_TRUE(flight.join(slow));
  const std::string block(4096, 'x');
  for (int i = 0; i < 4; ++i) {
    flight.append(block, nullptr);
    EXPECT_EQ(take_all(flight, quick).payload, block);
  }
  EXPECT_EQ(whole_of(flight), std::nullopt);
  Flight::Caller late;
  EXPECT_FALSE(flight.join(late));
  EXPECT_TRUE(flight.take(slow).lost) << "too far behind";
  flight.append("end", nullptr);
  finish(flight);
  EXPECT_EQ(take_all(flight, quick).last.end, FlightEnd::kComplete);
}

// … however much of it the flight has, and however its log is cut.
TEST(FlightTest, ACallerKnowsTheNumberOfTheEventAfterWhatItTook) {
  Flight flight{FlightLimits()};
  Flight::Caller leader;
  Flight::Caller follower;
  ASSERT_TRUE(flight.join(leader));
  ASSERT_TRUE(flight.join(follower));
  EXPECT_EQ(follower.next_sequence_number, 0);
  flight.append("begun", &leader);
  flight.append("a", &leader, 1);
  EXPECT_EQ(leader.next_sequence_number, 1);
  EXPECT_EQ(flight.take(follower).payload, "beguna");
  EXPECT_EQ(follower.next_sequence_number, 1);
  const std::string several(3000, 'b');
  const std::string more(3000, 'c');
  flight.append(several, &leader, 5);
  flight.append(more, &leader, 9);
  EXPECT_EQ(leader.next_sequence_number, 9);
  EXPECT_EQ(follower.next_sequence_number, 1);
  EXPECT_EQ(flight.take(follower).payload, several);
  EXPECT_EQ(follower.next_sequence_number, 5);
  EXPECT_EQ(flight.take(follower).payload, more);
  EXPECT_EQ(follower.next_sequence_number, 9);
}

TEST(FlightTest, WhoIsBehindTheAnswerButNotTheOthersIsNotLost) {
  Flight flight({.retained_bytes_max = 100, .behind_bytes_max = 1000});
  Flight::Caller one;
  Flight::Caller other;
  ASSERT_TRUE(flight.join(one));
  ASSERT_TRUE(flight.join(other));
  flight.append(std::string(9000, 's'), nullptr);
  EXPECT_EQ(take_all(flight, one).payload.size(), 9000U);
  EXPECT_FALSE(flight.take(other).lost) << "it was not its turn yet";
}

TEST(FlightTest, WhoIsLostNeitherPacesTheCallNorKeepsIt) {
  Flight flight({.retained_bytes_max = 100, .lag_bytes_max = 2000, .behind_bytes_max = 1000});
  const auto driver = std::make_shared<Listener>();
  flight.set_driver(driver);
  Flight::Caller quick;
  Flight::Caller slow;
  ASSERT_TRUE(flight.join(quick));
  ASSERT_TRUE(flight.join(slow));
  flight.append(std::string(9000, 's'), nullptr);
  EXPECT_EQ(take_all(flight, quick).payload.size(), 9000U);
  flight.append("more", nullptr);
  EXPECT_TRUE(flight.take(slow).lost);
  static_cast<void>(flight.leave(quick));
  EXPECT_EQ(driver->woken, 1) << "nobody is left whom the call reaches";
  EXPECT_FALSE(flight.should_pause());
  EXPECT_TRUE(flight.abandoned());
}

TEST(FlightTest, ASoleCallerIsNeverLost) {
  Flight flight({.retained_bytes_max = 100});
  Flight::Caller slow;
  ASSERT_TRUE(flight.join(slow));
  flight.append(std::string(9000, 's'), nullptr);
  EXPECT_EQ(take_all(flight, slow).payload.size(), 9000U);
  EXPECT_FALSE(slow.lost);
}

TEST(FlightTest, ListenersHearOfWhatIsAnnouncedEachOnce) {
  Flight flight{FlightLimits()};
  const auto listener = std::make_shared<Listener>();
  flight.announce();
  flight.listen(listener);
  flight.listen(listener);
  flight.append("x", nullptr);
  EXPECT_EQ(listener->woken, 0);
  flight.announce();
  EXPECT_EQ(listener->woken, 1);
  finish(flight);
  EXPECT_EQ(listener->woken, 2);
}

TEST(FlightTest, LeavingLastWakesTheDriver) {
  Flight flight{FlightLimits()};
  const auto driver = std::make_shared<Listener>();
  flight.set_driver(driver);
  Flight::Caller one;
  Flight::Caller two;
  ASSERT_TRUE(flight.join(one));
  ASSERT_TRUE(flight.join(two));
  static_cast<void>(flight.leave(one));
  EXPECT_EQ(driver->woken, 0);
  static_cast<void>(flight.leave(two));
  EXPECT_EQ(driver->woken, 1);
}

TEST(FlightTest, TheFirstCallerPays) {
  Flight flight{FlightLimits()};
  Flight::Caller first;
  Flight::Caller other;
  ASSERT_TRUE(flight.join(first));
  ASSERT_TRUE(flight.join(other));
  finish(flight);
  EXPECT_FALSE(flight.leave(other));
  EXPECT_TRUE(flight.leave(first));
}

TEST(FlightTest, WhoLeavesEarlyHandsTheDebtOnAndTheLastOneOutKeepsIt) {
  Flight flight{FlightLimits()};
  std::vector<Flight::Caller> callers(3);
  for (Flight::Caller& caller : callers) {
    ASSERT_TRUE(flight.join(caller));
  }
  EXPECT_FALSE(flight.leave(callers[0]));
  EXPECT_FALSE(flight.leave(callers[2]));
  EXPECT_TRUE(flight.leave(callers[1]));
  EXPECT_FALSE(flight.ended());
  finish(flight);
  EXPECT_TRUE(flight.ended());
}

TEST(FlightTest, ReadersOnOtherThreadsSeeEveryByteInOrder) {
  Flight flight{FlightLimits()};
  constexpr int kReaders = 3;
  std::vector<Flight::Caller> callers(kReaders);
  std::vector<std::string> got(kReaders);
  for (Flight::Caller& caller : callers) {
    ASSERT_TRUE(flight.join(caller));
  }
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&flight, &caller = callers[static_cast<std::size_t>(i)],
                          &text = got[static_cast<std::size_t>(i)]] {
      for (FlightEnd end = FlightEnd::kRunning; end == FlightEnd::kRunning;) {
        const Flight::News news = flight.take(caller);
        text += news.payload;
        end = news.end;
      }
    });
  }
  std::string sent;
  for (int i = 0; i < 2000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    flight.append(piece, nullptr);
    sent += piece;
  }
  finish(flight);
  for (std::thread& reader : readers) {
    reader.join();
  }
  for (const std::string& text : got) {
    EXPECT_EQ(text, sent);
  }
}

FlightKey key(std::uint64_t word) {
  return {.canonical = {.low = word}};
}

bool nothing() {
  return false;
}

TEST(FlightTableTest, TheFirstLeadsAndTheOthersJoin) {
  FlightTable table;
  Flight::Caller one;
  Flight::Caller two;
  Flight::Caller other;
  const auto first = table.join_or_start(key(1), {}, one, nothing);
  const auto second = table.join_or_start(key(1), {}, two, nothing);
  const auto third = table.join_or_start(key(2), {}, other, nothing);
  EXPECT_TRUE(first.leads);
  EXPECT_FALSE(second.leads);
  EXPECT_EQ(first.flight, second.flight);
  EXPECT_TRUE(third.leads);
  EXPECT_EQ(first.flight->callers(), 2U);
  EXPECT_EQ(table.size(), 2U);
}

TEST(FlightTableTest, AnAnswerThatAppearedMeanwhileStartsNone) {
  FlightTable table;
  Flight::Caller caller;
  const auto joined = table.join_or_start(key(1), {}, caller, [] { return true; });
  EXPECT_TRUE(joined.appeared);
  EXPECT_EQ(joined.flight, nullptr);
  EXPECT_EQ(table.size(), 0U);
}

TEST(FlightTableTest, ARemovedFlightIsFollowedByANewOne) {
  FlightTable table;
  Flight::Caller one;
  Flight::Caller two;
  const auto first = table.join_or_start(key(1), {}, one, nothing);
  table.remove(key(1), *first.flight);
  const auto second = table.join_or_start(key(1), {}, two, nothing);
  EXPECT_TRUE(second.leads);
  table.remove(key(1), *first.flight);  // not the one that is there now
  EXPECT_EQ(table.size(), 1U);
}

TEST(FlightTableTest, AFullOrEndedFlightIsNotJoined) {
  FlightTable table;
  Flight::Caller one;
  Flight::Caller two;
  const auto first = table.join_or_start(key(1), {.callers_max = 1}, one, nothing);
  EXPECT_EQ(table.join_or_start(key(1), {}, two, nothing).flight, nullptr);
  const auto stored = table.join_or_start(key(1), {}, two, [] { return true; });
  EXPECT_TRUE(stored.appeared) << "its answer may be stored before it ends";
  finish(*first.flight);
  EXPECT_EQ(table.join_or_start(key(1), {}, two, nothing).flight, nullptr);
}

}  // namespace
}  // namespace penstock::request
