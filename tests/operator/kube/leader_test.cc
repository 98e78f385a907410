#include "operator/kube/leader.h"

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"

namespace penstock::kube {
namespace {

// One replica, as a thread.
class Replica {
 public:
  Replica(fakes::FakeApiServer& server, const std::string& name)
      : transport_(server.config(), clock_),
        client_(transport_, clock_, {}),
        leader_(client_, clock_, "default", "lease", name,
                {.duration = std::chrono::seconds(1),
                 .renew_deadline = std::chrono::seconds(1),
                 .retry = std::chrono::seconds(0)}),
        thread_([this](const std::stop_token& stop) {
          leader_.run(stop, [this](bool leads) {
            const sync::MutexLock lock(mutex_);
            changes_.push_back(leads);
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
  void stop() {
    thread_.request_stop();
    thread_.join();
  }

 private:
  clock::RealClock clock_;
  HttpTransport transport_;
  Client client_;
  Leader leader_;
  sync::Mutex mutex_;
  sync::Condition changed_;
  std::vector<bool> changes_ PENSTOCK_GUARDED_BY(mutex_);
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

}  // namespace
}  // namespace penstock::kube
