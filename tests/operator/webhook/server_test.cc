#include "operator/webhook/server.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <httplib.h>

#include "lib/clock/clock.h"
#include "operator/kube/pem.h"
#include "operator/webhook/certificates.h"
#include "operator/webhook/review_body.h"

namespace penstock::webhook {
namespace {

const Time kStart{std::chrono::floor<std::chrono::seconds>(clock::RealClock().wall_now())};

constexpr const char* kReview =
    R"({"kind":"AdmissionReview","request":{"uid":"u","namespace":"n","object":{"spec":{}}}})";

std::vector<api::InjectionStatus> nothing(const std::string&) {
  return {};
}

Certificates certificates() {
  return **renewed({}, {.hosts = {"127.0.0.1"}}, kStart);
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
  // In chunks, without a length that is known before.
  int post_chunked(const std::string& body) {
    const auto answer = client_.Post(
        "/inject",
        [&body](std::size_t offset, httplib::DataSink& sink) {
          const std::size_t size = std::min<std::size_t>(body.size() - offset, 16'384);
          if (size == 0) {
            sink.done();
            return true;
          }
          return sink.write(body.data() + offset, size);
        },
        "application/json");
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

TEST(WebhookServerTest, ABodyIsBoundedHoweverItsLengthIsSaid) {
  const clock::RealClock clock;
  Server server(&nothing, clock);
  const int port = server.listen("127.0.0.1", 0).value();
  const Certificates made = certificates();
  server.use(made.server);
  Client client(port, made.bundle());
  const std::string large(ReviewBody::kBytesMax + 1, ' ');
  EXPECT_EQ(client.post(large), 413);
  EXPECT_EQ(client.post_chunked(large), 413);
  EXPECT_EQ(client.post(std::string(ReviewBody::kReadMax + 1, ' ')), 413);
  EXPECT_EQ(client.post_chunked(kReview), 200) << "on the same connection";
  EXPECT_EQ(client.post_chunked(std::string(ReviewBody::kBytesMax / 2, ' ') + kReview), 200);
}

TEST(ReviewBodyTest, LargeOnesShareABudgetAndSmallOnesNeedNone) {
  BodyBudget budget(ReviewBody::kSmallBytes + 10);
  const std::string small(ReviewBody::kSmallBytes, 's');
  {
    ReviewBody first(budget);
    EXPECT_TRUE(first.add(small));
    EXPECT_TRUE(first.add("0123456789"));
    EXPECT_EQ(first.refusal(), 0);
    ReviewBody second(budget);
    EXPECT_TRUE(second.add(small));
    EXPECT_EQ(second.refusal(), 0) << "small";
    EXPECT_TRUE(second.add("0")) << "it is read to its end";
    EXPECT_EQ(second.refusal(), 503);
    EXPECT_TRUE(second.text().empty()) << "and not kept";
  }
  ReviewBody third(budget);
  EXPECT_TRUE(third.add(small + "0123456789"));
  EXPECT_EQ(third.refusal(), 0) << "what was taken came back";
  EXPECT_EQ(third.text().size(), small.size() + 10);
}

TEST(ReviewBodyTest, NobodyIsReadWithoutEnd) {
  BodyBudget budget(ReviewBody::kReadMax * 2);
  ReviewBody body(budget);
  const std::string piece(1U << 20U, 'x');
  std::size_t pieces = 0;
  while (body.add(piece)) {
    ++pieces;
  }
  EXPECT_EQ(body.refusal(), 413);
  EXPECT_EQ(pieces, ReviewBody::kReadMax / piece.size());
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
  EXPECT_EQ(clients.back()->post(kReview), 200) << "on the same connection";
}

}  // namespace
}  // namespace penstock::webhook
