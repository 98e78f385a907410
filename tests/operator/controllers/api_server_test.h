#pragma once

#include <gtest/gtest.h>

#include "operator/kube/client.h"
#include "operator/kube/events.h"
#include "operator/kube/http_transport.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/fake_clock.h"

namespace penstock::controllers {

// A fake API server, and an operator's client of it.
class ApiServerTest : public ::testing::Test {
 protected:
  fakes::FakeApiServer server_;
  fakes::FakeClock clock_;
  kube::HttpTransport transport_{server_.config(), clock_};
  kube::Client client_{transport_, clock_, {}};
  kube::EventRecorder events_{client_, clock_, "penstock-operator-0"};
};

}  // namespace penstock::controllers
