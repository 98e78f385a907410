#include "operator/webhook/server.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <httplib.h>

#include "lib/clock/clock.h"
#include "operator/kube/pem.h"
#include "operator/webhook/certificates.h"

namespace penstock::webhook {
namespace {

const Time kStart{std::chrono::floor<std::chrono::seconds>(clock::RealClock().wall_now())};

constexpr const char* kReview =
    R"({"kind":"AdmissionReview","request":{"uid":"u","namespace":"n","object":{"spec":{}}}})";

std::vector<api::InjectionStatus> nothing(const std::string&) {
  return {};
}

Certificates certificates() {
  return **renewed({}, {"127.0.0.1"}, kStart);
}

class Client {
 public:
  Client(int port, const std::string& bundle) : client_("127.0.0.1", port) {
    client_.set_ca_cert_store(kube::store_of(bundle).release());
    client_.enable_server_certificate_verification(true);
    client_.set_keep_alive(true);
  }
  int post(const std::string& body) {
    const auto answer = client_.Post("/inject", body, "application/json");
    return answer ? answer->status : 0;
  }

 private:
  httplib::SSLClient client_;
};

TEST(WebhookServerTest, WithoutACertificateNobodyIsServedAndWithOneEverybody) {
  const clock::RealClock clock;
  Server server(&nothing, clock);
  const int port = server.listen("127.0.0.1", 0).value();
  const Certificates made = certificates();
  EXPECT_FALSE(server.ready());
  EXPECT_EQ(Client(port, made.bundle()).post(kReview), 0);
  server.use(made.server);
  EXPECT_TRUE(server.ready());
  EXPECT_EQ(Client(port, made.bundle()).post(kReview), 200);
  EXPECT_EQ(Client(port, made.bundle()).post("{}"), 400);
}

TEST(WebhookServerTest, ANewCertificateServesNewConnectionsAndCutsNoOld) {
  const clock::RealClock clock;
  Server server(&nothing, clock);
  const int port = server.listen("127.0.0.1", 0).value();
  const Certificates first = certificates();
  server.use(first.server);
  Client before(port, first.bundle());
  EXPECT_EQ(before.post(kReview), 200);
  const Certificates second = certificates();
  server.use(second.server);
  EXPECT_EQ(before.post(kReview), 200);
  EXPECT_EQ(Client(port, second.bundle()).post(kReview), 200);
  EXPECT_EQ(Client(port, first.bundle()).post(kReview), 0) << "the old authority signed it not";
  server.use({"broken", "broken"});
  EXPECT_EQ(Client(port, second.bundle()).post(kReview), 200) << "the last good one stays";
}

// API servers keep their connections: the second must not wait for the first to end.
TEST(WebhookServerTest, ManyConnectionsAtOnce) {
  const clock::RealClock clock;
  Server server(&nothing, clock);
  const int port = server.listen("127.0.0.1", 0).value();
  const Certificates made = certificates();
  server.use(made.server);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<Client>(port, made.bundle()));
    EXPECT_EQ(clients.back()->post(kReview), 200);
  }
  for (const auto& client : clients) {
    EXPECT_EQ(client->post(kReview), 200);
  }
}

}  // namespace
}  // namespace penstock::webhook
