#include "lib/net/resolver.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/net/deadlines.h"
#include "lib/net/dial.h"
#include "lib/net/reactor.h"
#include "tests/fakes/fake_clock.h"
#include "tests/lib/net/deaf_listener.h"

namespace penstock::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience{10};

// Names as the test has them; those that hang do so until they are let go.
class FakeNames {
 public:
  void set(const std::string& host, const char* address) { set(host, std::vector{address}); }
  void set(const std::string& host, std::vector<const char*> addresses) {
    const std::lock_guard lock(mutex_);
    addresses_[host] = std::move(addresses);
  }
  void forget(const std::string& host) {
    const std::lock_guard lock(mutex_);
    addresses_.erase(host);
  }
  void hang(const std::string& host) {
    const std::lock_guard lock(mutex_);
    hanging_.insert(host);
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    hanging_.clear();
    moved_.notify_all();
  }
  bool await_asked(const std::string& host, int times) {
    std::unique_lock lock(mutex_);
    return moved_.wait_for(lock, kPatience, [&] { return asked_[host] >= times; });
  }
  int asked(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return asked_[host];
  }
  // How many look-ups ran at once, at most.
  std::size_t most_at_once() {
    const std::lock_guard lock(mutex_);
    return most_;
  }
  bool await_ended() {
    std::unique_lock lock(mutex_);
    return moved_.wait_for(lock, kPatience, [&] { return running_ == 0; });
  }

  Endpoints look_up(const std::string& host) {
    std::unique_lock lock(mutex_);
    ++asked_[host];
    most_ = std::max(most_, ++running_);
    moved_.notify_all();
    moved_.wait(lock, [&] { return !hanging_.contains(host); });
    --running_;
    moved_.notify_all();
    const auto found = addresses_.find(host);
    if (found == addresses_.end()) {
      return nullptr;
    }
    auto endpoints = std::make_shared<std::vector<Endpoint>>();
    for (const char* address : found->second) {
      endpoints->emplace_back(boost::asio::ip::make_address(address), 0);
    }
    return endpoints;
  }

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  std::map<std::string, std::vector<const char*>> addresses_;
  std::set<std::string> hanging_;
  std::map<std::string, int> asked_;
  std::size_t running_ = 0;
  std::size_t most_ = 0;
};

class ResolverTest : public testing::Test {
 protected:
  void TearDown() override {
    reactor_.stop();
    names_->let_go();
  }

  struct Answer {
    bool came = false;
    std::string text;  // "": no address; several by spaces
  };
  Task<> ask(std::string host, Answer& answer) {
    const Endpoints endpoints = co_await resolver_->resolve(context_.get_executor(), host, 80);
    answer.came = true;
    if (endpoints == nullptr) {
      co_return;
    }
    for (const Endpoint& endpoint : *endpoints) {
      answer.text += (answer.text.empty() ? "" : " ") + endpoint.address().to_string();
    }
  }
  Task<> dial(const DialTarget& target, Dial& dial, Dial::Outcome& outcome) {
    outcome = co_await dial.run(target);
    if (outcome.connection != nullptr) {
      co_await outcome.connection->close();
    }
    ended_ = true;
  }

  void pass(milliseconds time);
  // Dials, and lets so much of the wheel's time pass.
  void dial_for(const DialTarget& target, milliseconds time, Dial::Outcome& outcome) {
    Dial dialing(reactor_, wheel_, *resolver_);
    Task<> task = dial(target, dialing, outcome);
    task.start(nullptr, nullptr);
    pass(time);
  }

  bool run_until(const std::function<bool()>& done) {
    const auto until = clock::RealClock().now() + kPatience;
    while (!done() && clock::RealClock().now() < until) {
      context_.restart();
      context_.run_one_for(milliseconds(20));
    }
    return done();
  }
  // The address that is served now.
  std::string resolved(const std::string& host) {
    Answer answer;
    Task<> task = ask(host, answer);
    task.start(nullptr, nullptr);
    EXPECT_TRUE(run_until([&] { return answer.came; }));
    return answer.text;
  }

  const std::shared_ptr<FakeNames> names_ = std::make_shared<FakeNames>();
  fakes::FakeClock clock_;
  IoContext context_{1};
  Reactor reactor_{context_};
  DeadlineWheel wheel_;
  std::optional<Resolver> resolver_{
      std::in_place, [names = names_](const std::string& host) { return names->look_up(host); },
      clock_};
  bool ended_ = false;
};

TEST_F(ResolverTest, AnAnswerIsServedWhileItIsFreshAndThenAskedForAgain) {
  names_->set("a", "10.0.0.1");
  EXPECT_EQ(resolved("a"), "10.0.0.1");
  names_->set("a", "10.0.0.2");
  clock_.advance(Resolver::kFresh - milliseconds(1));
  EXPECT_EQ(resolved("a"), "10.0.0.1");
  EXPECT_EQ(names_->asked("a"), 1);

  clock_.advance(milliseconds(1));
  EXPECT_EQ(resolved("a"), "10.0.0.1") << "nobody waits for the new one";
  EXPECT_TRUE(names_->await_asked("a", 2));
  EXPECT_TRUE(run_until([this] { return resolved("a") == "10.0.0.2"; }));
}

TEST_F(ResolverTest, ALookUpThatFailsKeepsTheLastGoodAnswer) {
  EXPECT_EQ(resolved("a"), "");
  names_->set("a", "10.0.0.1");
  EXPECT_EQ(resolved("a"), "10.0.0.1") << "no answer is kept of one that failed";
  names_->set("a", "10.0.0.2");
  names_->hang("a");
  clock_.advance(Resolver::kFresh);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(resolved("a"), "10.0.0.1");
  }
  EXPECT_TRUE(names_->await_asked("a", 3));
  EXPECT_EQ(names_->asked("a"), 3) << "one look-up at a time";
}

TEST_F(ResolverTest, AnOldAnswerIsServedOnlyOnceANewLookUpHasEnded) {
  names_->set("a", "10.0.0.1");
  EXPECT_EQ(resolved("a"), "10.0.0.1");
  names_->set("a", "10.0.0.2");
  clock_.advance(Resolver::kOld);
  EXPECT_EQ(resolved("a"), "10.0.0.2");
  EXPECT_EQ(names_->asked("a"), 2);

  names_->forget("a");
  clock_.advance(Resolver::kOld);
  EXPECT_EQ(resolved("a"), "10.0.0.2") << "the look-up failed";
  EXPECT_EQ(names_->asked("a"), 3);
  names_->hang("a");
  EXPECT_EQ(resolved("a"), "10.0.0.2") << "where name servers are away, nobody waits for each call";
}

TEST_F(ResolverTest, ADoubtedAnswerIsLookedUpAnewOnceItIsNotOfNow) {
  names_->set("a", "10.0.0.1");
  EXPECT_EQ(resolved("a"), "10.0.0.1");
  names_->set("a", "10.0.0.2");
  resolver_->doubt("a");
  EXPECT_EQ(resolved("a"), "10.0.0.1") << "it was looked up just now";
  clock_.advance(Resolver::kDoubtful);
  resolver_->doubt("a");
  resolver_->doubt("nobody asked for it");
  EXPECT_EQ(resolved("a"), "10.0.0.2");
  EXPECT_EQ(resolved("a"), "10.0.0.2");
  EXPECT_EQ(names_->asked("a"), 2);
}

TEST_F(ResolverTest, AddressesOfEachFamilyTakeTurnsAndOneOfEachComesFirst) {
  names_->set("a", {"fd00::1", "fd00::2", "fd00::3", "10.0.0.1", "10.0.0.2"});
  EXPECT_EQ(resolved("a"), "fd00::1 10.0.0.1 fd00::2 fd00::3 10.0.0.2");
  EXPECT_EQ(resolved("a"), "fd00::2 10.0.0.2 fd00::3 fd00::1 10.0.0.1");
  EXPECT_EQ(resolved("a"), "fd00::3 10.0.0.1 fd00::1 fd00::2 10.0.0.2");
}

TEST_F(ResolverTest, OneThatHangsHoldsUpNoOtherName) {
  names_->set("b", "10.0.0.2");
  std::array<Answer, Resolver::kThreads - 1> waiting;
  std::vector<Task<>> tasks;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const std::string host = "hangs" + std::to_string(i);
    names_->hang(host);
    tasks.push_back(ask(host, waiting[i]));
    tasks.back().start(nullptr, nullptr);
  }
  EXPECT_EQ(resolved("b"), "10.0.0.2");
  for (const Answer& answer : waiting) {
    EXPECT_FALSE(answer.came);
  }
  names_->let_go();
  for (const Answer& answer : waiting) {
    EXPECT_TRUE(run_until([&] { return answer.came; }));
  }
}

TEST_F(ResolverTest, MoreThanCanRunAtOnceWaitInLine) {
  std::array<Answer, 2 * Resolver::kThreads> waiting;
  std::vector<Task<>> tasks;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const std::string host = "slow" + std::to_string(i);
    names_->set(host, "10.0.0.3");
    names_->hang(host);
    tasks.push_back(ask(host, waiting[i]));
    tasks.back().start(nullptr, nullptr);
  }
  for (std::size_t i = 0; i < Resolver::kThreads; ++i) {
    EXPECT_TRUE(names_->await_asked("slow" + std::to_string(i), 1));
  }
  names_->let_go();
  for (const Answer& answer : waiting) {
    EXPECT_TRUE(run_until([&] { return answer.came; }));
    EXPECT_EQ(answer.text, "10.0.0.3");
  }
  EXPECT_EQ(names_->most_at_once(), Resolver::kThreads);
}

TEST_F(ResolverTest, PastTheBoundWhatNobodyLooksUpIsForgotten) {
  for (std::size_t i = 0; i < Resolver::kNames; ++i) {
    names_->set("n" + std::to_string(i), "10.0.0.4");
    EXPECT_EQ(resolved("n" + std::to_string(i)), "10.0.0.4");
  }
  EXPECT_EQ(resolved("n0"), "10.0.0.4");
  EXPECT_EQ(names_->asked("n0"), 1) << "as many as there may be are kept";
  names_->set("one more", "10.0.0.5");
  EXPECT_EQ(resolved("one more"), "10.0.0.5");
  EXPECT_EQ(resolved("n0"), "10.0.0.4");
  EXPECT_EQ(names_->asked("n0"), 2);
}

TEST_F(ResolverTest, ItsEndWaitsForNoLookUp) {
  names_->hang("a");
  Answer never;
  {
    Task<> task = ask("a", never);
    task.start(nullptr, nullptr);
    ASSERT_TRUE(names_->await_asked("a", 1));
  }
  resolver_.reset();
  names_->let_go();
  EXPECT_TRUE(names_->await_ended());
  context_.restart();
  context_.poll();
  EXPECT_FALSE(never.came);
}

TEST_F(ResolverTest, AConnectionsTimeLimitEndsItsLookUp) {
  names_->hang("a");
  const DialTarget target{.host = "a", .port = 80, .timeout = milliseconds(300)};
  Dial dialing(reactor_, wheel_, *resolver_);
  Dial::Outcome outcome;
  Task<> task = dial(target, dialing, outcome);
  task.start(nullptr, nullptr);
  ASSERT_TRUE(names_->await_asked("a", 1));
  for (int ticks = 0; ticks < 4; ++ticks) {
    wheel_.tick();
    context_.restart();
    context_.poll();
  }
  ASSERT_TRUE(ended_);
  EXPECT_EQ(outcome.connection, nullptr);
  EXPECT_EQ(outcome.failure, DialFailure::kTimeout);

  names_->set("a", "10.0.0.1");
  names_->let_go();
  EXPECT_EQ(resolved("a"), "10.0.0.1") << "the look-up went on for whoever asks next";
  EXPECT_EQ(names_->asked("a"), 1);
}

TEST_F(ResolverTest, WhoLeavesWaitsForNoLookUp) {
  names_->hang("a");
  const DialTarget target{.host = "a", .port = 80};
  Dial dialing(reactor_, wheel_, *resolver_);
  Dial::Outcome outcome;
  Task<> task = dial(target, dialing, outcome);
  task.start(nullptr, nullptr);
  ASSERT_TRUE(names_->await_asked("a", 1));
  dialing.cancel();
  dialing.cancel();
  EXPECT_TRUE(run_until([this] { return ended_; }));
  EXPECT_EQ(outcome.failure, DialFailure::kCancelled);
}

TEST_F(ResolverTest, AWaitMayEndWithItsFrame) {
  names_->hang("a");
  {
    Answer never;
    Task<> task = ask("a", never);
    task.start(nullptr, nullptr);
    ASSERT_TRUE(names_->await_asked("a", 1));
  }
  names_->set("a", "10.0.0.1");
  names_->let_go();
  EXPECT_EQ(resolved("a"), "10.0.0.1");
}

// As many of the wheel's ticks as the time limit has.
void ResolverTest::pass(milliseconds time) {
  for (auto left = time; left.count() > 0 && !ended_; left -= DeadlineWheel::kTick) {
    wheel_.tick();
    context_.restart();
    context_.poll();
  }
}

TEST_F(ResolverTest, AnAddressThatDoesNotAnswerLeavesTimeForTheNext) {
  const DeafListener deaf("127.0.0.2");
  const Descriptor live = listen_on("127.0.0.3", deaf.port());
  names_->set("a", {"127.0.0.2", "127.0.0.2", "127.0.0.3"});
  EXPECT_EQ(resolved("a"), "127.0.0.2 127.0.0.2 127.0.0.3");
  const DialTarget target{.host = "a", .port = deaf.port()};
  Dial::Outcome outcome;
  dial_for(target, target.timeout, outcome);
  ASSERT_TRUE(ended_);
  ASSERT_NE(outcome.connection, nullptr) << outcome.detail;
  EXPECT_EQ(names_->asked("a"), 1) << "what one address does is no doubt of the name";
}

TEST_F(ResolverTest, ANameWhoseAddressesAreAllDeadIsLookedUpAnew) {
  const DeafListener deaf("127.0.0.2");
  names_->set("a", {"127.0.0.2", "127.0.0.2"});
  EXPECT_EQ(resolved("a"), "127.0.0.2 127.0.0.2");
  names_->set("a", "127.0.0.3");
  clock_.advance(Resolver::kDoubtful);
  const DialTarget target{.host = "a", .port = deaf.port(), .timeout = milliseconds(1'000)};
  Dial::Outcome outcome;
  dial_for(target, 2 * target.timeout, outcome);
  ASSERT_TRUE(ended_);
  EXPECT_EQ(outcome.failure, DialFailure::kTimeout);
  EXPECT_EQ(resolved("a"), "127.0.0.3");
}

TEST_F(ResolverTest, FiveAddressesThatDoNotAnswerLeaveTimeForTheSixth) {
  const DeafListener deaf("127.0.0.2");
  const Descriptor live = listen_on("127.0.0.3", deaf.port());
  std::vector<const char*> addresses(5, "127.0.0.2");
  addresses.push_back("127.0.0.3");
  names_->set("a", addresses);
  EXPECT_NE(resolved("a"), "");
  for (std::size_t i = 1; i < addresses.size(); ++i) {
    EXPECT_NE(resolved("a"), "");  // until the turn is the first one's again
  }
  const DialTarget target{.host = "a", .port = deaf.port()};
  Dial::Outcome outcome;
  dial_for(target, target.timeout, outcome);
  ASSERT_TRUE(ended_);
  ASSERT_NE(outcome.connection, nullptr) << outcome.detail;
}

TEST_F(ResolverTest, AShortLimitIsNotTheFirstAddressesAlone) {
  const DeafListener deaf("127.0.0.2");
  const Descriptor live = listen_on("127.0.0.3", deaf.port());
  names_->set("a", {"127.0.0.2", "127.0.0.3"});
  EXPECT_EQ(resolved("a"), "127.0.0.2 127.0.0.3");
  EXPECT_EQ(resolved("a"), "127.0.0.3 127.0.0.2");
  const DialTarget target{.host = "a", .port = deaf.port(), .timeout = milliseconds(100)};
  Dial::Outcome outcome;
  dial_for(target, target.timeout, outcome);
  ASSERT_TRUE(ended_);
  ASSERT_NE(outcome.connection, nullptr) << outcome.detail;
}

TEST_F(ResolverTest, ANameOfMoreDeadAddressesThanThereIsTimeForIsLookedUpAnew) {
  const DeafListener deaf("127.0.0.2");
  names_->set("a", std::vector<const char*>(12, "127.0.0.2"));
  EXPECT_NE(resolved("a"), "");
  names_->set("a", "127.0.0.3");
  clock_.advance(Resolver::kDoubtful);
  const DialTarget target{.host = "a", .port = deaf.port()};
  Dial::Outcome outcome;
  dial_for(target, target.timeout + milliseconds(500), outcome);
  ASSERT_TRUE(ended_);
  EXPECT_EQ(outcome.failure, DialFailure::kTimeout);
  EXPECT_EQ(resolved("a"), "127.0.0.3");
}

TEST_F(ResolverTest, WhereTheFreshLookUpHangsTheOldAnswerIsUsedAfterASecond) {
  const Descriptor live = listen_on("127.0.0.3", 0);
  sockaddr_in at{};
  socklen_t size = sizeof at;
  ASSERT_EQ(::getsockname(live.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
  names_->set("a", "127.0.0.3");
  EXPECT_EQ(resolved("a"), "127.0.0.3");
  names_->hang("a");
  clock_.advance(Resolver::kDoubtful);
  resolver_->doubt("a");
  const DialTarget target{.host = "a", .port = ntohs(at.sin_port)};
  Dial dialing(reactor_, wheel_, *resolver_);
  Dial::Outcome outcome;
  Task<> task = dial(target, dialing, outcome);
  task.start(nullptr, nullptr);
  ASSERT_TRUE(names_->await_asked("a", 2));
  EXPECT_FALSE(ended_) << "a fresh one is waited for";
  pass(Dial::kTryMax);
  ASSERT_TRUE(run_until([this] { return ended_; }));
  EXPECT_NE(outcome.connection, nullptr) << outcome.detail;
  EXPECT_EQ(resolved("a"), "127.0.0.3") << "and nobody else waits for it";

  names_->set("a", "127.0.0.4");
  names_->let_go();
  EXPECT_TRUE(run_until([this] { return resolved("a") == "127.0.0.4"; }));
  EXPECT_EQ(names_->asked("a"), 2);
}

}  // namespace
}  // namespace penstock::net
