#include "operator/collect/collector.h"

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <httplib.h>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "operator/kube/pem.h"
#include "operator/webhook/x509.h"
#include "tests/operator/collect/loopback_listener.h"

namespace penstock::collect {
namespace {

// A server on a free port of loopback, on a thread of its own.
class Listening {
 public:
  explicit Listening(httplib::Server& server)
      : server_(server),
        port_(server.bind_to_any_port("127.0.0.1")),
        thread_([&server] { server.listen_after_bind(); }) {
    while (!server_.is_running()) {
      std::this_thread::yield();
    }
  }
  ~Listening() {
    server_.stop();
    thread_.join();
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  [[nodiscard]] std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }

 private:
  httplib::Server& server_;
  const int port_;
  std::thread thread_;
};

// A sidecar's health, as its status listener answers.
class FakeSidecar {
 public:
  enum class Connections : std::uint8_t { kKept, kOneEach };

  explicit FakeSidecar(std::string hash, Connections connections = Connections::kKept)
      : hash_(std::move(hash)) {
    if (connections == Connections::kOneEach) {
      server_.set_keep_alive_max_count(1);
    }
    server_.new_task_queue = [] { return new httplib::ThreadPool(2); };
    server_.set_keep_alive_timeout(1);
    server_.set_tcp_nodelay(true);
    server_.Get("/readyz", [this](const httplib::Request&, httplib::Response& response) {
      const sync::MutexLock lock(mutex_);
      ++questions_;
      asked_.notify_all();
      response.set_header("x-penstock-policy", hash_);
      response.set_header("x-penstock-version", "0.1.0");
      response.set_content("{}", "application/json");
    });
    server_.Get("/.well-known/penstock/proof/(.*)",
                [this](const httplib::Request& request, httplib::Response& response) {
                  const sync::MutexLock lock(mutex_);
                  ++proofs_;
                  response.set_content(proves_ ? request.matches[1].str() : "", "text/plain");
                });
    listening_.emplace(server_);
  }

  // From here on something else listens on the port that is proven.
  void lose_port() {
    const sync::MutexLock lock(mutex_);
    proves_ = false;
  }
  [[nodiscard]] int proofs() {
    const sync::MutexLock lock(mutex_);
    return proofs_;
  }
  // Comes back once it was asked for its health so often.
  void await_questions(int count) {
    const sync::MutexLock lock(mutex_);
    while (questions_ < count) {
      asked_.wait(mutex_);
    }
  }
  void run(const std::string& hash) {
    const sync::MutexLock lock(mutex_);
    hash_ = hash;
  }
  [[nodiscard]] std::uint16_t port() const { return listening_->port(); }

 private:
  httplib::Server server_;
  sync::Mutex mutex_;
  sync::Condition asked_;
  std::string hash_ PENSTOCK_GUARDED_BY(mutex_);
  bool proves_ PENSTOCK_GUARDED_BY(mutex_) = true;
  int proofs_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  int questions_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::optional<Listening> listening_;  // ends before what its handlers use
};

// What is no sidecar, but answers everything with the same.
class Engine {
 public:
  // `mark`: the hash of a sidecar that the answer came through; empty: none.
  explicit Engine(const std::string& mark = "") {
    server_.new_task_queue = [] { return new httplib::ThreadPool(2); };
    server_.set_keep_alive_timeout(1);
    server_.Get(".*", [mark](const httplib::Request&, httplib::Response& response) {
      if (!mark.empty()) {
        response.set_header("x-penstock-policy", mark);
      }
      response.set_content("hello", "text/plain");
    });
    listening_.emplace(server_);
  }
  [[nodiscard]] std::uint16_t port() const { return listening_->port(); }

 private:
  httplib::Server server_;
  std::optional<Listening> listening_;  // ends before what its handlers use
};

// A sidecar's data port with TLS, by a certificate that nobody knows.
class TlsPort {
 public:
  // Whether clients need a certificate as well.
  explicit TlsPort(bool mutual)
      : server_([mutual](SSL_CTX& context) { return prepare(context, mutual); }) {
    server_.Get("/.well-known/penstock/proof/(.*)",
                [](const httplib::Request& request, httplib::Response& response) {
                  response.set_content(request.matches[1].str(), "text/plain");
                });
    listening_.emplace(server_);
  }
  [[nodiscard]] std::uint16_t port() const { return listening_->port(); }

 private:
  static bool prepare(SSL_CTX& context, bool mutual) {
    const auto now = std::chrono::floor<std::chrono::seconds>(clock::RealClock().wall_now());
    const webhook::Validity hour{now - std::chrono::hours(1), now + std::chrono::hours(1)};
    const auto authority = webhook::make_authority("ca", hour).value();
    const auto made = webhook::make_server_certificate(authority, {"chat.ns.svc"}, hour).value();
    if (mutual) {
      SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    return SSL_CTX_use_certificate(&context, kube::certificate_of(made.certificate_pem).get()) ==
               1 &&
           SSL_CTX_use_PrivateKey(&context, kube::key_of(made.key_pem).get()) == 1;
  }

  httplib::SSLServer server_;
  std::optional<Listening> listening_;  // ends before what its handlers use
};

// A collector, and a wait for what it says next.
class CollectorTest : public ::testing::Test {
 protected:
  // The owner of the next changed report.
  std::string next_change() {
    const sync::MutexLock lock(mutex_);
    while (changes_.empty()) {
      changed_.wait(mutex_);
    }
    std::string owner = changes_.front();
    changes_.erase(changes_.begin());
    return owner;
  }

  Report report(const std::string& pod) {
    const auto found = collector_.reports({pod});
    return found.empty() ? Report{} : found.at(pod);
  }

  sync::Mutex mutex_;
  sync::Condition changed_;
  std::vector<std::string> changes_ PENSTOCK_GUARDED_BY(mutex_);
  Collector collector_{[this](const std::string& owner) {
                         const sync::MutexLock lock(mutex_);
                         changes_.push_back(owner);
                         changed_.notify_all();
                       },
                       1};
};

TEST(SettledPauseTest, MoreThanTwoThousandShareItsQuestions) {
  using std::chrono::milliseconds;
  EXPECT_EQ(Collector::settled_pause(1), milliseconds(5'000));
  EXPECT_EQ(Collector::settled_pause(2'000), milliseconds(5'000));
  EXPECT_EQ(Collector::settled_pause(5'000), milliseconds(12'500));
  EXPECT_EQ(Collector::settled_pause(100'000), milliseconds(250'000));
}

TEST(SettledPauseTest, AProofHoldsForSixtyPauses) {
  EXPECT_EQ(Collector::proven_pause(2'000), std::chrono::minutes(5));
  EXPECT_EQ(Collector::proven_pause(4'000), std::chrono::minutes(10));
}

TEST(SettledPauseTest, ItsFirstPartIsAnyOfIt) {
  using std::chrono::milliseconds;
  EXPECT_EQ(Collector::part_of(milliseconds(5'000), 0), milliseconds(0));
  EXPECT_EQ(Collector::part_of(milliseconds(5'000), 4'999), milliseconds(4'999));
  EXPECT_EQ(Collector::part_of(milliseconds(5'000), 5'000), milliseconds(0));
  EXPECT_LT(Collector::part_of(milliseconds(5'000), ~std::uint64_t{0}), milliseconds(5'000));
}

TEST_F(CollectorTest, TellsWhatASidecarRunsAndThatItChanged) {
  FakeSidecar sidecar("one");
  collector_.set_targets("ns/chat", {{"ns/a", "127.0.0.1", sidecar.port(), "two"}});
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_EQ(report("ns/a"), (Report{true, "one", "0.1.0", ""}));
  sidecar.run("two");
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_EQ(report("ns/a").hash, "two");
}

TEST_F(CollectorTest, ASidecarProvesThatItIsWhatListensOnThePort) {
  FakeSidecar sidecar("one");
  collector_.set_targets("ns/chat", {{"ns/a", "127.0.0.1", sidecar.port(), "one", sidecar.port()}});
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_EQ(report("ns/a").proof, Proof::kGood);
}

TEST_F(CollectorTest, AProofHoldsAsLongAsTheConnectionDoes) {
  FakeSidecar sidecar("one");
  collector_.set_targets("ns/chat", {{"ns/a", "127.0.0.1", sidecar.port(), "two", sidecar.port()}});
  EXPECT_EQ(next_change(), "ns/chat");
  sidecar.await_questions(4);
  EXPECT_EQ(sidecar.proofs(), 1);
}

TEST_F(CollectorTest, WhoeverIsConnectedToAnewProvesItsPortAnew) {
  FakeSidecar sidecar("one", FakeSidecar::Connections::kOneEach);
  collector_.set_targets("ns/chat", {{"ns/a", "127.0.0.1", sidecar.port(), "two", sidecar.port()}});
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_EQ(report("ns/a").proof, Proof::kGood);
  sidecar.lose_port();
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_EQ(report("ns/a").proof, Proof::kBad);
}

TEST_F(CollectorTest, SomethingElseOnThePortIsToldFromASidecarAndFromSilence) {
  FakeSidecar sidecar("one");
  const Engine engine;
  const LoopbackListener silent;  // never answers
  collector_.set_targets("ns/chat", {{"ns/a", "127.0.0.1", sidecar.port(), "one", engine.port()}});
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_EQ(report("ns/a").proof, Proof::kBad);
  collector_.set_targets("ns/chat", {{"ns/b", "127.0.0.1", sidecar.port(), "one", silent.port()}});
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_TRUE(report("ns/b").reachable);
  EXPECT_EQ(report("ns/b").proof, Proof::kNone) << "perhaps the network is in between";
}

TEST_F(CollectorTest, AnOlderSidecarIsKnownByTheMarkOnItsEnginesAnswer) {
  FakeSidecar sidecar("one");
  const Engine marked("one");
  const Engine other("two");
  collector_.set_targets("ns/chat", {{"ns/a", "127.0.0.1", sidecar.port(), "one", marked.port()}});
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_EQ(report("ns/a").proof, Proof::kGood);
  collector_.set_targets("ns/chat", {{"ns/b", "127.0.0.1", sidecar.port(), "one", other.port()}});
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_EQ(report("ns/b").proof, Proof::kBad) << "the engine itself stands behind another one";
}

TEST_F(CollectorTest, ASidecarProvesItselfOverTls) {
  FakeSidecar sidecar("one");
  const TlsPort data(false);
  const TlsPort mutual(true);
  const auto target = [&sidecar](const char* pod, std::uint16_t port, bool tls) {
    return Target{pod, "127.0.0.1", sidecar.port(), "one", port, tls};
  };
  collector_.set_targets("ns/chat", {target("ns/a", data.port(), true)});
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_EQ(report("ns/a").proof, Proof::kGood);
  collector_.set_targets("ns/chat", {target("ns/b", mutual.port(), true)});
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_TRUE(report("ns/b").reachable);
  EXPECT_EQ(report("ns/b").proof, Proof::kNone) << "it wants a certificate of its clients";
}

TEST_F(CollectorTest, OneThatDoesNotAnswerDelaysNobody) {
  FakeSidecar sidecar("one");
  const LoopbackListener silent;  // never answers
  collector_.set_targets("ns/slow", {{"ns/s", "127.0.0.1", silent.port(), "one"}});
  collector_.set_targets("ns/chat", {{"ns/a", "127.0.0.1", sidecar.port(), "one"}});
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_TRUE(report("ns/a").reachable);
}

TEST_F(CollectorTest, ARefusedConnectionIsNoAnswer) {
  std::uint16_t port = 0;
  {
    const FakeSidecar gone("x");
    port = gone.port();
  }
  collector_.set_targets("ns/chat", {{"ns/a", "127.0.0.1", port, "one"}});
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_EQ(collector_.reports({"ns/a"}).at("ns/a"), Report{});
}

TEST_F(CollectorTest, FollowsItsTargets) {
  FakeSidecar first("one");
  FakeSidecar second("two");
  collector_.set_targets("ns/chat", {{"ns/a", "127.0.0.1", first.port(), "one"}});
  EXPECT_EQ(next_change(), "ns/chat");
  collector_.set_targets("ns/chat", {{"ns/a", "127.0.0.1", second.port(), "one"},
                                     {"ns/b", "127.0.0.1", first.port(), "one"}});
  next_change();
  next_change();
  EXPECT_EQ(report("ns/a").hash, "two") << "the pod has another address now";
  EXPECT_EQ(report("ns/b").hash, "one");
  collector_.set_targets("ns/chat", {});
  collector_.set_targets("ns/other", {{"ns/c", "127.0.0.1", first.port(), "one"}});
  EXPECT_EQ(next_change(), "ns/other");
  EXPECT_TRUE(collector_.reports({"ns/a", "ns/b"}).empty());
}

TEST_F(CollectorTest, ForgetsAndBeginsAnew) {
  FakeSidecar sidecar("one");
  collector_.set_targets("ns/chat", {{"ns/a", "127.0.0.1", sidecar.port(), "one"}});
  EXPECT_EQ(next_change(), "ns/chat");
  collector_.forget_all();
  collector_.set_targets("ns/chat", {{"ns/b", "127.0.0.1", sidecar.port(), "one"}});
  EXPECT_EQ(next_change(), "ns/chat");
  EXPECT_TRUE(collector_.reports({"ns/a"}).empty());
  EXPECT_TRUE(report("ns/b").reachable);
}

TEST_F(CollectorTest, EndsWithQuestionsOnTheWay) {
  const LoopbackListener silent;  // never answers
  for (int i = 0; i < 50; ++i) {
    collector_.set_targets("ns/" + std::to_string(i),
                           {{"ns/p" + std::to_string(i), "127.0.0.1", silent.port(), "one"}});
  }
}

}  // namespace
}  // namespace penstock::collect
