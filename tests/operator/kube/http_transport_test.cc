#include "operator/kube/http_transport.h"

#include <chrono>
#include <latch>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <httplib.h>

#include "lib/sync/mutex.h"
#include "operator/kube/pem.h"
#include "operator/webhook/x509.h"
#include "tests/fakes/fake_api_server.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temporary_folder.h"

namespace penstock::kube {
namespace {

// Is busy, whatever it is asked.
class BusyServer {
 public:
  BusyServer() {
    server_.new_task_queue = [] { return new httplib::ThreadPool(4); };
    server_.set_keep_alive_timeout(1);
    server_.set_tcp_nodelay(true);
    server_.Get("/busy", [](const httplib::Request&, httplib::Response& response) {
      response.status = 429;
      response.set_header("Retry-After", "3");
      response.set_content(R"({"reason":"TooManyRequests","message":"later"})", "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) {
      std::this_thread::yield();
    }
  }
  ~BusyServer() {
    server_.stop();
    thread_.join();
  }
  [[nodiscard]] int port() const { return port_; }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

const Request kList{.path = "/api/v1/pods"};

// An API server that tells tokens apart, and the file of the one that the kubelet mounts.
class TokenTest : public ::testing::Test {
 protected:
  void rotate(const std::string& token) { folder_.write("token", token + "\n"); }
  int status() { return transport_.call(kList)->status; }

  const fakes::TemporaryFolder folder_;
  fakes::FakeApiServer server_;
  fakes::FakeClock clock_;
  HttpTransport transport_{[this] {
                             kube::ClusterConfig config = server_.config();
                             config.token_file = folder_.write("token", "first\n").string();
                             return config;
                           }(),
                           clock_};
};

TEST_F(TokenTest, ARotatedTokenIsReadAgain) {
  server_.admit({"first"});
  EXPECT_EQ(status(), 200);
  rotate("second");
  EXPECT_EQ(status(), 200) << "not at every call";
  clock_.advance(std::chrono::seconds(11));
  EXPECT_EQ(status(), 401) << "the first is shown no more";
  server_.admit({"second"});
  EXPECT_EQ(status(), 200);
}

TEST_F(TokenTest, WhoIsRefusedReadsTheTokenAgainAtOnce) {
  server_.admit({"first"});
  EXPECT_EQ(status(), 200);
  server_.admit({"second"});
  EXPECT_EQ(status(), 401);
  EXPECT_EQ(status(), 401) << "the file still holds the first";
  rotate("second");
  EXPECT_EQ(status(), 200);
}

// Answers by TLS, with a certificate of an authority of its own.
class TlsServer {
 public:
  TlsServer() {
    server_.Get("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("yes", "text/plain");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) {
      std::this_thread::yield();
    }
  }
  ~TlsServer() {
    server_.stop();
    thread_.join();
  }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const std::string& authority() const { return authority_.certificate_pem; }

 private:
  static webhook::Validity valid() {
    const auto now = std::chrono::floor<std::chrono::seconds>(clock::RealClock().wall_now());
    return {.from = now - std::chrono::hours(1), .to = now + std::chrono::hours(1)};
  }

  webhook::CertifiedKey authority_ = webhook::make_authority("test", valid()).value();
  webhook::CertifiedKey key_ =
      webhook::make_server_certificate(authority_, {"127.0.0.1"}, valid()).value();
  httplib::SSLServer server_{[this](SSL_CTX& context) {
    return SSL_CTX_use_certificate(&context, certificate_of(key_.certificate_pem).get()) == 1 &&
           SSL_CTX_use_PrivateKey(&context, key_of(key_.key_pem).get()) == 1;
  }};
  int port_ = 0;
  std::thread thread_;
};

TEST(HttpTransportTest, AnotherAuthorityIsTakenOverAndOldConnectionsAreNot) {
  const fakes::TemporaryFolder folder;
  const TlsServer server;
  const TlsServer other;
  const auto file = folder.write("ca", server.authority());
  fakes::FakeClock clock;
  HttpTransport transport({.host = "127.0.0.1", .port = server.port(), .ca_file = file.string()},
                          clock);
  const auto works = [&transport] {
    const auto answer = transport.call({.path = "/"});
    EXPECT_TRUE(answer || answer.error().status == 0);
    return answer && answer->body == "yes";
  };
  EXPECT_TRUE(works());
  folder.write("ca", other.authority());
  EXPECT_TRUE(works()) << "not at every call";
  clock.advance(std::chrono::seconds(11));
  EXPECT_FALSE(works()) << "neither by a new connection nor by the one that was kept";
  folder.write("ca", other.authority() + server.authority());
  clock.advance(std::chrono::seconds(11));
  EXPECT_TRUE(works()) << "both, while the server's certificate is exchanged";
}

TEST(HttpTransportTest, TellsHowLongToStayAway) {
  const BusyServer server;
  fakes::FakeClock clock;
  HttpTransport transport({.https = false, .host = "127.0.0.1", .port = server.port()}, clock);
  const auto answer = transport.call({.path = "/busy"});
  ASSERT_TRUE(answer);
  const ApiError error = error_of(*answer);
  EXPECT_EQ(error.status, 429);
  EXPECT_EQ(error.reason, "TooManyRequests");
  EXPECT_EQ(error.retry_after, std::chrono::seconds(3));
}

// Says whose connection it is asked by; holds those that come to "/together" until there are two,
// and those that come to "/silent" until the end.
class PortServer {
 public:
  PortServer() {
    server_.new_task_queue = [] { return new httplib::ThreadPool(8); };
    server_.set_keep_alive_timeout(1);
    const auto tell = [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(std::to_string(request.remote_port), "text/plain");
    };
    server_.Get("/port", tell);
    server_.Get("/together", [this, tell](const auto& request, auto& response) {
      together_.arrive_and_wait();
      tell(request, response);
    });
    server_.Post("/silent", [this](const auto&, auto&) { ended_.wait(); });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) {
      std::this_thread::yield();
    }
  }
  ~PortServer() {
    ended_.count_down();
    server_.stop();
    thread_.join();
  }
  [[nodiscard]] int port() const { return port_; }

 private:
  httplib::Server server_;
  std::latch together_{2};
  std::latch ended_{1};
  int port_ = 0;
  std::thread thread_;
};

TEST(HttpTransportTest, WhereOneCallHasNoAnswerNoKeptConnectionIsUsedAgain) {
  PortServer server;
  fakes::FakeClock clock;
  HttpTransport transport({.https = false, .host = "127.0.0.1", .port = server.port()}, clock);
  std::string first;
  std::string second;
  std::thread beside([&] { first = transport.call({.path = "/together"})->body; });
  second = transport.call({.path = "/together"})->body;
  beside.join();
  ASSERT_NE(first, second);
  const std::string kept = transport.call({.path = "/port"})->body;
  EXPECT_TRUE(kept == first || kept == second) << kept;
  EXPECT_FALSE(transport.call(
      {.method = "POST", .path = "/silent", .patience = std::chrono::milliseconds(50)}));
  const std::string after = transport.call({.path = "/port"})->body;
  EXPECT_NE(after, first) << "it may lead to the server that gave no answer";
  EXPECT_NE(after, second);
}

TEST(HttpTransportTest, NoServerIsAnErrorWithoutStatus) {
  fakes::FakeClock clock;
  int port = 0;
  {
    const BusyServer gone;
    port = gone.port();
  }
  HttpTransport transport({.https = false, .host = "127.0.0.1", .port = port}, clock);
  const auto answer = transport.call({.path = "/token"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().status, 0);
}

TEST(HttpTransportTest, WhatIsNoCertificateIsSaid) {
  fakes::FakeClock clock;
  HttpTransport transport({.host = "127.0.0.1", .port = 1, .ca_pem = "nonsense"}, clock);
  const auto answer = transport.call({.path = "/token"});
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find("not valid PEM"), std::string::npos);
}

}  // namespace
}  // namespace penstock::kube
