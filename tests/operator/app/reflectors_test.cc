#include "operator/app/reflectors.h"

#include <atomic>
#include <string>

#include <gtest/gtest.h>

#include "lib/clock/clock.h"
#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"

namespace penstock::control {
namespace {

class ReflectorsTest : public ::testing::Test {
 protected:
  // Returns once it was told that all there is to be seen is known.
  void await_complete(const std::string& only) {
    Reflectors reflectors(transport_, 1, [this] {
      if (stores_.complete()) {
        complete_ = true;
        complete_.notify_all();
      }
    });
    reflectors.start(stores_, only);
    complete_.wait(false);
    reflectors.stop();
  }

  clock::RealClock clock_;
  fakes::FakeApiServer server_;
  kube::HttpTransport transport_{server_.config(), clock_};
  controllers::Stores stores_{controllers::StoreChanges{}};
  std::atomic<bool> complete_ = false;
};

TEST_F(ReflectorsTest, TheLastListIsToldOfThoughNothingIsInIt) {
  await_complete("");
}

TEST_F(ReflectorsTest, ANamespaceThatMayNotBeReadKeepsNobodyWaiting) {
  server_.fail_next("GET /api/v1/namespaces?",
                    {.status = 403, .body = R"({"reason": "Forbidden"})", .retry_after = ""},
                    1'000);
  await_complete("ns");
}

}  // namespace
}  // namespace penstock::control
