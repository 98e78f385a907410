#include "sidecar/request/recent_requests.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::request {
namespace {

void add(RecentRequests& recent, std::uint16_t status) {
  RequestRecord record;
  record.status = status;
  recent.add(record);
}

std::vector<int> statuses(const RecentRequests& recent, std::size_t limit = 100) {
  std::vector<RequestRecord> records;
  recent.copy_newest(limit, records);
  std::vector<int> found;
  for (const RequestRecord& record : records) {
    found.push_back(record.status);
  }
  return found;
}

TEST(RecentRequestsTest, GivesTheNewestFirst) {
  RecentRequests recent(3);
  EXPECT_EQ(statuses(recent), std::vector<int>{});
  add(recent, 1);
  add(recent, 2);
  EXPECT_EQ(statuses(recent), (std::vector<int>{2, 1}));
  add(recent, 3);
  add(recent, 4);
  add(recent, 5);
  EXPECT_EQ(statuses(recent), (std::vector<int>{5, 4, 3}));
  EXPECT_EQ(statuses(recent, 2), (std::vector<int>{5, 4}));
  EXPECT_EQ(statuses(recent, 0), std::vector<int>{});
}

TEST(RecentRequestsTest, ANewCapacityKeepsTheNewest) {
  RecentRequests recent(3);
  for (std::uint16_t status = 1; status <= 5; ++status) {
    add(recent, status);
  }
  recent.resize(2);
  EXPECT_EQ(statuses(recent), (std::vector<int>{5, 4}));
  add(recent, 6);
  EXPECT_EQ(statuses(recent), (std::vector<int>{6, 5}));
  recent.resize(4);
  add(recent, 7);
  add(recent, 8);
  add(recent, 9);
  EXPECT_EQ(statuses(recent), (std::vector<int>{9, 8, 7, 6}));
}

TEST(RecentRequestsTest, ZeroKeepsNothing) {
  RecentRequests recent(0);
  add(recent, 1);
  EXPECT_EQ(statuses(recent), std::vector<int>{});
  recent.resize(1);
  add(recent, 2);
  recent.resize(0);
  add(recent, 3);
  EXPECT_EQ(statuses(recent), std::vector<int>{});
}

TEST(RecentRequestsTest, AReaderSeesWholeRecordsInOrder) {
  RecentRequests recent(16);
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (std::uint16_t status = 1; status < 20'000; ++status) {
      add(recent, status);
    }
    done = true;
  });
  bool last_round = false;
  do {
    last_round = done;
    const std::vector<int> seen = statuses(recent);
    for (std::size_t i = 1; i < seen.size(); ++i) {
      ASSERT_EQ(seen[i], seen[i - 1] - 1);
    }
  } while (!last_round);
}

}  // namespace
}  // namespace penstock::request
