#include "operator/kube/client.h"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "operator/kube/http_transport.h"
#include "operator/kube/leader.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/fake_clock.h"

namespace penstock::kube {
namespace {

using std::chrono::seconds;

json::Value config_map(const std::string& name) {
  return {{"apiVersion", "v1"}, {"kind", "ConfigMap"}, {"metadata", {{"name", name}}}};
}

std::string path_of(const std::string& name) {
  return kConfigMaps.object("default", name);
}

class ClientTest : public ::testing::Test {
 protected:
  // How many requests that begin so have come.
  [[nodiscard]] std::ptrdiff_t come(const std::string& prefix) const {
    return std::ranges::count_if(server_.requests(), [&prefix](const std::string& line) {
      return line.starts_with(prefix);
    });
  }

  fakes::FakeApiServer server_;
  fakes::FakeClock clock_;
  HttpTransport transport_{server_.config(), clock_};
};

// What a controller writes for one key, one request after the other.
struct Writes {
  explicit Writes(Client& client)
      : thread([this, &client] {
          first = client.apply(path_of("first"), config_map("first"));
          second = client.apply(path_of("second"), config_map("second"));
        }) {}

  ApiResult<json::Value> first;
  ApiResult<json::Value> second;
  std::thread thread;  // last: it uses the above
};

void expect_refused(const ApiResult<json::Value>& answer) {
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().status, 0);
  EXPECT_NE(answer.error().message.find("does not lead"), std::string::npos);
}

TEST_F(ClientTest, NothingFollowsAWriteDuringWhichTheLeaseRanOut) {
  LeaseElection election("me", {.duration = seconds(15), .renew_deadline = seconds(10)});
  election.written(clock_.now());
  Client client(transport_, clock_, {}, [this, &election] { return election.leads(clock_.now()); });
  server_.stall_next("PATCH " + path_of("first"));
  Writes writes(client);
  server_.await_requests("PATCH " + path_of("first"), 1);
  clock_.advance(seconds(10));
  server_.release();
  writes.thread.join();
  EXPECT_TRUE(writes.first) << "it was on its way already";
  expect_refused(writes.second);
  EXPECT_EQ(come("PATCH " + path_of("second")), 0);
  for (const auto& refused : {client.create(kConfigMaps.collection("default"), config_map("third")),
                              client.update(path_of("first"), config_map("first")),
                              client.merge(path_of("first"), json::Value::object()),
                              client.strategic_merge(path_of("first"), json::Value::object())}) {
    expect_refused(refused);
  }
  EXPECT_FALSE(client.remove(path_of("first")));
  EXPECT_TRUE(client.get(path_of("first"))) << "who does not lead may look";
}

TEST_F(ClientTest, NothingFollowsAWriteDuringWhichAnotherTookTheLease) {
  Client any(transport_, clock_, {.per_second = 1e6, .burst = 1e6});
  Leader leader(any, clock_, "default", "lease", "me", {.retry = seconds(0)});
  Client client(transport_, clock_, {}, [&leader] { return leader.leads(); });
  sync::Mutex mutex;
  sync::Condition changed;
  std::vector<bool> changes;
  const auto await = [&](const std::vector<bool>& wanted) {
    const sync::MutexLock lock(mutex);
    while (changes != wanted) {
      changed.wait(mutex);
    }
  };
  std::jthread electing([&](const std::stop_token& stop) {
    leader.run(stop, [&](Leadership change) {
      const sync::MutexLock lock(mutex);
      changes.push_back(change != Leadership::kEnded);
      changed.notify_all();
    });
  });
  await({true});
  server_.stall_next("PATCH " + path_of("first"));
  Writes writes(client);
  server_.await_requests("PATCH " + path_of("first"), 1);
  const LeaseRecord taken{.holder = "other", .duration_seconds = 15, .transitions = 1};
  ASSERT_TRUE(
      any.update(kLeases.object("default", "lease"), write_lease("default", "lease", taken)));
  await({true, false});
  server_.release();
  writes.thread.join();
  EXPECT_TRUE(writes.first);
  expect_refused(writes.second);
  EXPECT_EQ(come("PATCH " + path_of("second")), 0);
}

TEST_F(ClientTest, WhoHasLessPatienceIsToldSooner) {
  Client client(transport_, clock_, {});
  server_.stall_next("GET " + path_of("first"));
  const auto silent = client.get(path_of("first"), std::chrono::milliseconds(50));
  server_.await_requests("GET " + path_of("first"), 1);
  server_.release();
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().status, 0);
}

TEST_F(ClientTest, AfterABurstRequestsWaitForTheirTurn) {
  const clock::RealClock clock;
  Client client(transport_, clock, {.per_second = 20, .burst = 1});
  const clock::Instant began = clock.now();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(client.get(path_of("none")).error().not_found());
  }
  // The first has its turn at once, each of the others 50 ms after the one before; waits are cut to
  // whole milliseconds.
  EXPECT_GE(clock.now() - began, std::chrono::milliseconds(4 * 49));
}

TEST_F(ClientTest, APauseAllowsOneMoreBurstAndNoMore) {
  constexpr double kTurnsASecond = 0.001;  // whoever has to wait for one waits for the test's end
  Client client(transport_, clock_, {.per_second = kTurnsASecond, .burst = 2});
  const auto get = [&client] { return client.get(path_of("none")); };
  EXPECT_TRUE(get().error().not_found());
  EXPECT_TRUE(get().error().not_found());
  clock_.advance(std::chrono::hours(24));
  EXPECT_TRUE(get().error().not_found());
  EXPECT_TRUE(get().error().not_found());
  ApiResult<json::Value> fifth;
  std::thread waiting([&] { fifth = get(); });
  client.stop();
  waiting.join();
  ASSERT_FALSE(fifth);
  EXPECT_EQ(fifth.error().status, 0);
  EXPECT_NE(fifth.error().message.find("stopping"), std::string::npos);
  EXPECT_EQ(come("GET " + path_of("none")), 4);
}

TEST_F(ClientTest, AStatusDoesNotTakeTheTurnOfAChange) {
  Client client(transport_, clock_, {.per_second = 0.001, .burst = 2, .reserved = 1});
  const auto report = [&client] {
    return client.apply_status(kPolicies, {.ns = "ns", .name = "none"}, json::Value::object());
  };
  EXPECT_TRUE(report());
  ApiResult<void> second;
  std::thread waiting([&] { second = report(); });
  EXPECT_TRUE(client.merge(path_of("none"), json::Value::object()).error().not_found());
  client.stop();
  waiting.join();
  EXPECT_FALSE(second);
}

}  // namespace
}  // namespace penstock::kube
