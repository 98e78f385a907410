#include "operator/kube/lease_election.h"

#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace penstock::kube {
namespace {

using std::chrono::seconds;

const LeaseElection::Instant kStart{std::chrono::hours(1)};

// One Lease on a server that refuses writes of an old version.
struct Server {
  std::optional<LeaseRecord> record;
  int version = 0;

  bool write(LeaseRecord wanted) {
    const std::string current = record ? record->resource_version : std::string();
    if (wanted.resource_version != current) {
      return false;
    }
    wanted.resource_version = std::to_string(++version);
    record = wanted;
    return true;
  }
};

void step(LeaseElection& election, Server& server, LeaseElection::Instant now) {
  const auto wanted = election.observe(now, server.record, "wall");
  if (wanted && server.write(*wanted)) {
    election.written(now);
  } else if (wanted) {
    election.lost();
  }
}

TEST(LeaseElectionTest, TheFirstHoldsItAndRenews) {
  Server server;
  LeaseElection a("a", {});
  LeaseElection b("b", {});
  step(a, server, kStart);
  step(b, server, kStart);
  EXPECT_TRUE(a.leads(kStart));
  EXPECT_FALSE(b.leads(kStart));
  for (int second = 2; second < 60; second += 2) {
    step(a, server, kStart + seconds(second));
    step(b, server, kStart + seconds(second));
    EXPECT_TRUE(a.leads(kStart + seconds(second)));
    EXPECT_FALSE(b.leads(kStart + seconds(second)));
  }
  EXPECT_EQ(server.record->transitions, 0);
}

TEST(LeaseElectionTest, AnotherTakesOverOnlyAfterTheHolderHasStopped) {
  Server server;
  LeaseElection a("a", {});
  LeaseElection b("b", {});
  step(a, server, kStart);
  step(b, server, kStart);
  bool b_led = false;
  for (int tenth = 0; tenth < 200; ++tenth) {
    const auto now = kStart + std::chrono::milliseconds(100 * tenth);
    step(b, server, now);
    EXPECT_FALSE(a.leads(now) && b.leads(now)) << tenth;
    b_led = b_led || b.leads(now);
  }
  EXPECT_TRUE(b_led);
  EXPECT_EQ(server.record->holder, "b");
  EXPECT_EQ(server.record->transitions, 1);
}

TEST(LeaseElectionTest, AReleasedLeaseIsTakenAtOnce) {
  Server server;
  LeaseElection b("b", {});
  server.write({.holder = "", .duration_seconds = 15});
  step(b, server, kStart);
  EXPECT_TRUE(b.leads(kStart));
}

TEST(LeaseElectionTest, TimesInTheRecordDecideNothing) {
  Server server;
  LeaseElection b("b", {});
  server.write(
      {.holder = "a", .renew_time = "1970-01-01T00:00:00.000000Z", .duration_seconds = 15});
  step(b, server, kStart);
  EXPECT_FALSE(b.leads(kStart)) << "a's clock may be wrong";
  step(b, server, kStart + seconds(15));
  EXPECT_TRUE(b.leads(kStart + seconds(15)));
}

TEST(LeaseElectionTest, WhoseWriteIsOvertakenDoesNotLead) {
  Server server;
  LeaseElection a("a", {});
  LeaseElection b("b", {});
  const auto a_wants = a.observe(kStart, server.record, "wall");
  step(b, server, kStart);
  ASSERT_TRUE(a_wants);
  EXPECT_FALSE(server.write(*a_wants));
  a.lost();
  EXPECT_FALSE(a.leads(kStart));
  step(a, server, kStart);
  EXPECT_FALSE(a.leads(kStart));
}

TEST(LeaseElectionTest, SurvivesTheWayToAndFromJson) {
  const LeaseRecord record{.holder = "a",
                           .renew_time = "2026-01-01T00:00:00.000000Z",
                           .acquire_time = "2026-01-01T00:00:00.000000Z",
                           .duration_seconds = 15,
                           .transitions = 3,
                           .resource_version = "7"};
  EXPECT_EQ(read_lease(write_lease("ns", "penstock", record)), record);
  EXPECT_EQ(read_lease(json::Value("nonsense")), LeaseRecord{});
}

}  // namespace
}  // namespace penstock::kube
