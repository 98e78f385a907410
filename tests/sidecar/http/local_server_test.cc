#include "sidecar/http/local_server.h"

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lib/clock/clock.h"
#include "lib/net/descriptor.h"
#include "lib/net/reactor.h"

namespace penstock::http {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kRequest = "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";
constexpr std::string_view kWaits = "GET /wait HTTP/1.1\r\nhost: a\r\n\r\n";

// A server whose answers to /wait come when the test says so, and clients whose bytes the test
// sends.
class LocalServerTest : public testing::Test {
 protected:
  LocalServerTest() { EXPECT_TRUE(server_.listen("127.0.0.1", 0).has_value()); }
  ~LocalServerTest() override {
    server_.close();
    run();
    reactor_.stop();
  }

  // A readiness set of a readiness set: what one look finds, the next may follow.
  void run() {
    for (int looks = 0; looks < 3; ++looks) {
      context_.restart();
      context_.poll();
    }
  }
  void pass(milliseconds time) {
    for (; time.count() > 0; time -= net::DeadlineWheel::kTick) {
      wheel_.tick();
      run();
    }
  }

  net::Descriptor connect() {
    net::Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(server_.port());
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    run();
    return client;
  }
  void send(const net::Descriptor& client, std::string_view text) {
    EXPECT_EQ(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    run();
  }
  // Nothing: it is still open.
  std::string heard(const net::Descriptor& client) {
    std::array<char, 4096> text{};
    const ssize_t size = ::recv(client.get(), text.data(), text.size(), MSG_DONTWAIT);
    if (size < 0) {
      return errno == EAGAIN ? "" : "reset";
    }
    return size == 0 ? "end"
                     : std::string(text.data(), static_cast<std::size_t>(size)).substr(9, 3);
  }

  bool answered_ = false;
  net::IoContext context_{1};
  net::Reactor reactor_{context_};
  net::DeadlineWheel wheel_;
  LocalServer server_{reactor_, wheel_, [this](const LocalRequest& request) {
                        return LocalResponse{.content_type = "text/plain",
                                             .body = "ok",
                                             .wait = request.path == "/wait" && !answered_};
                      }};
};

TEST_F(LocalServerTest, ARequestThatDripsHasOneLimitForAllOfIt) {
  const net::Descriptor client = connect();
  const milliseconds step{1'000};
  milliseconds left = LocalServer::kPatience + step;
  for (std::size_t sent = 0; left.count() > 0; left -= step) {
    ASSERT_EQ(heard(client), "");
    send(client, kRequest.substr(sent++ % 3, 1));
    pass(step);
  }
  pass(step);
  EXPECT_NE(heard(client), "");
}

TEST_F(LocalServerTest, TheTimeBetweenRequestsIsNoneOfARequests) {
  const net::Descriptor client = connect();
  for (int i = 0; i < 3; ++i) {
    pass(LocalServer::kPatience - milliseconds(1'000));
    send(client, kRequest.substr(0, 10));
    pass(LocalServer::kPatience - milliseconds(1'000));
    send(client, kRequest.substr(10));
    EXPECT_EQ(heard(client), "200");
  }
}

TEST_F(LocalServerTest, WhoComesAtTheLimitTakesThePlaceOfTheOneThatDoesNothingForLongest) {
  std::vector<net::Descriptor> clients;
  for (std::size_t i = 0; i < LocalServer::kConnectionsMax; ++i) {
    clients.push_back(connect());
    send(clients.back(), "G");
  }
  send(clients[0], kRequest.substr(1));
  EXPECT_EQ(heard(clients[0]), "200");

  const net::Descriptor late = connect();
  send(late, kRequest);
  EXPECT_EQ(heard(late), "200");
  EXPECT_EQ(heard(clients[1]), "end");
  EXPECT_EQ(heard(clients[0]), "") << "it has asked since";
  EXPECT_EQ(heard(clients[2]), "");
}

TEST_F(LocalServerTest, WhoWaitsForAnAnswerKeepsItsPlaceAndLeavesRoomForOthers) {
  std::vector<net::Descriptor> waiting;
  for (std::size_t i = 0; i < LocalServer::kWaitersMax; ++i) {
    waiting.push_back(connect());
    send(waiting.back(), kWaits);
  }
  std::vector<net::Descriptor> refused;
  for (std::size_t i = 0; i < LocalServer::kConnectionsMax; ++i) {
    refused.push_back(connect());
    send(refused.back(), kWaits);
    EXPECT_EQ(heard(refused.back()), "503");
  }
  const net::Descriptor late = connect();
  send(late, kRequest);
  EXPECT_EQ(heard(late), "200");
  for (const net::Descriptor& client : waiting) {
    EXPECT_EQ(heard(client), "");
  }
}

TEST_F(LocalServerTest, WhoLeavesOffWaitingMakesRoomForAnother) {
  std::vector<net::Descriptor> waiting;
  for (std::size_t i = 0; i < LocalServer::kWaitersMax; ++i) {
    waiting.push_back(connect());
    send(waiting.back(), kWaits);
  }
  answered_ = true;
  server_.ask_again();
  run();
  for (const net::Descriptor& client : waiting) {
    EXPECT_EQ(heard(client), "200");
  }
  answered_ = false;
  send(waiting.front(), kWaits);
  EXPECT_EQ(heard(waiting.front()), "");
}

}  // namespace
}  // namespace penstock::http
