#include "operator/kube/leader.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"

namespace penstock::kube {
namespace {

// The machine's clocks, of which somebody sets the one that people read.
class JumpingClock final : public clock::Clock {
 public:
  explicit JumpingClock(int hours_ahead) : ahead_(std::chrono::hours(hours_ahead)) {}
  [[nodiscard]] clock::Instant now() const noexcept override { return real_.now(); }
  [[nodiscard]] clock::WallTime wall_now() const noexcept override {
    return real_.wall_now() + ahead_.load();
  }
  void set_ahead(int hours) { ahead_ = std::chrono::hours(hours); }

 private:
  clock::RealClock real_;
  std::atomic<std::chrono::hours> ahead_;
};

// One replica, as a thread.
class Replica {
 public:
  Replica(fakes::FakeApiServer& server, const std::string& name, int hours_ahead = 0,
          std::chrono::seconds renew_deadline = std::chrono::seconds(1))
      : clock_(hours_ahead),
        transport_(server.config(), clock_),
        client_(transport_, clock_, {}),
        leader_(client_, clock_, "default", "lease", name,
                {.duration = std::chrono::seconds(1),
                 .renew_deadline = renew_deadline,
                 .retry = std::chrono::seconds(0)}),
        thread_([this](const std::stop_token& stop) {
          leader_.run(stop, [this](Leadership change) {
            const sync::MutexLock lock(mutex_);
            last_ = change;
            changes_.push_back(change != Leadership::kEnded);
            changed_.notify_all();
          });
        }) {}

  void await(const std::vector<bool>& changes) {
    const sync::MutexLock lock(mutex_);
    while (changes_ != changes) {
      changed_.wait(mutex_);
    }
  }
  [[nodiscard]] bool leads() const { return leader_.leads(); }
  void set_ahead(int hours) { clock_.set_ahead(hours); }
  [[nodiscard]] LeaseRecord record() {
    return read_lease(*client_.get(kLeases.object("default", "lease")));
  }
  Leadership last() {
    const sync::MutexLock lock(mutex_);
    return last_;
  }
  void remove_lease() { EXPECT_TRUE(client_.remove(kLeases.object("default", "lease"))); }
  std::vector<bool> changes() {
    const sync::MutexLock lock(mutex_);
    return changes_;
  }
  void stop() {
    thread_.request_stop();
    thread_.join();
  }

 private:
  JumpingClock clock_;
  HttpTransport transport_;
  Client client_;
  Leader leader_;
  sync::Mutex mutex_;
  sync::Condition changed_;
  std::vector<bool> changes_ PENSTOCK_GUARDED_BY(mutex_);
  Leadership last_ PENSTOCK_GUARDED_BY(mutex_) = Leadership::kEnded;
  std::jthread thread_;
};

TEST(LeaderTest, OneLeadsAndAnotherFollowsWhenItEnds) {
  fakes::FakeApiServer server;
  Replica first(server, "first");
  first.await({true});
  Replica second(server, "second");
  EXPECT_TRUE(first.leads());
  first.stop();  // gives the Lease back
  first.await({true, false});
  second.await({true});
  EXPECT_FALSE(first.leads());
}

TEST(LeaderTest, WhoCannotRenewStopsByItself) {
  fakes::FakeApiServer server;
  Replica only(server, "only");
  only.await({true});
  server.fail_next("PUT /apis/coordination.k8s.io", {.status = 500, .body = "", .retry_after = ""},
                   1'000'000);
  server.fail_next("GET /apis/coordination.k8s.io", {.status = 500, .body = "", .retry_after = ""},
                   1'000'000);
  only.await({true, false});
  EXPECT_FALSE(only.leads());
}

TEST(LeaderTest, WhoLeadsAgainKnowsWhetherSomebodyElseDid) {
  const std::string lease = "/apis/coordination.k8s.io";
  fakes::FakeApiServer server;
  Replica only(server, "only");
  const auto fail = [&server, &lease](int times) {
    for (const char* verb : {"PUT ", "GET ", "POST "}) {
      server.fail_next(verb + lease, {.status = 500, .body = "", .retry_after = ""}, times);
    }
  };
  only.await({true});
  EXPECT_EQ(only.last(), Leadership::kBegun);
  fail(1'000'000);
  only.await({true, false});
  fail(0);
  only.await({true, false, true});
  EXPECT_EQ(only.last(), Leadership::kResumed);
  fail(1'000'000);
  only.await({true, false, true, false});
  only.remove_lease();  // so that whoever held it since is not known
  fail(0);
  only.await({true, false, true, false, true});
  EXPECT_EQ(only.last(), Leadership::kBegun);
}

// As of a server that lost power: the calls that it has are given up while the Lease still holds.
TEST(LeaderTest, ACallThatHangsIsGivenUpBeforeTheLeaseIsLost) {
  const std::string lease = "/apis/coordination.k8s.io";
  fakes::FakeApiServer server;
  Replica only(server, "only", 0, std::chrono::seconds(30));
  only.await({true});
  server.stall_next("PUT " + lease);
  const auto looked = std::ranges::count_if(server.requests(), [&lease](const std::string& line) {
    return line.starts_with("GET " + lease);
  });
  server.await_requests("GET " + lease, looked + 1);
  EXPECT_TRUE(only.leads()) << "who does not know what became of a renewal looks, and soon";
  EXPECT_EQ(only.changes(), std::vector<bool>{true});
  server.release();
}

// An hour forward and back is far more than a Lease lasts. Only how long one has not been renewed,
// by a clock that never jumps, decides.
TEST(LeaderTest, WallClocksThatJumpOrAreWrongDecideNothing) {
  const std::string puts = "PUT /apis/coordination.k8s.io";
  const std::string gets = "GET /apis/coordination.k8s.io";
  fakes::FakeApiServer server;
  Replica first(server, "first");
  first.await({true});
  Replica early(server, "early", 1);
  Replica late(server, "late", -1);
  std::string renewed;
  for (const int hours : {0, 1, -1, 0}) {
    first.set_ahead(hours);
    // What was on its way when the clock was set, then renewals and looks at what they wrote.
    const auto so_far = [&server](const std::string& prefix) {
      return std::ranges::count_if(server.requests(), [&prefix](const std::string& line) {
        return line.starts_with(prefix);
      });
    };
    server.await_requests(puts, so_far(puts) + 5);
    server.await_requests(gets, so_far(gets) + 10);
    EXPECT_TRUE(first.leads()) << hours;
    EXPECT_FALSE(early.leads()) << hours;
    EXPECT_FALSE(late.leads()) << hours;
    const LeaseRecord record = first.record();
    EXPECT_EQ(record.holder, "first") << hours;
    EXPECT_EQ(record.transitions, 0) << hours;
    EXPECT_NE(record.renew_time, std::exchange(renewed, record.renew_time)) << hours;
  }
  EXPECT_EQ(first.changes(), std::vector<bool>{true});
}

}  // namespace
}  // namespace penstock::kube
