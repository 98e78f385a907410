#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/json/text.h"
#include "lib/net/descriptor.h"
#include "lib/sync/mutex.h"
#include "operator/collect/answer.h"
#include "operator/collect/collector.h"
#include "tests/operator/collect/loopback_listener.h"

// This operator over the sidecars of earlier releases, whose answers tests/contract/skew/record.py
// has kept; test_skew.py has the reverse.
namespace penstock::collect {
namespace {

namespace fs = std::filesystem;

const std::string kNonce = "0123456789abcdef";  // that the records were made with
const std::string kProofPath = "/.well-known/penstock/proof/";

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<fs::path> releases() {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(PENSTOCK_RELEASES)) {
    found.push_back(entry.path());
  }
  return found;
}

Answer recorded(const fs::path& release, const std::string& name) {
  Answer read;
  EXPECT_EQ(read_answer(content(release / (name + ".http")), read), AnswerState::kComplete) << name;
  return read;
}

// Gives the recorded answers of a sidecar again, byte by byte but for the nonce, on a free port of
// loopback; each connection is asked once, as the records say. Its data port is its status port.
class RecordedSidecar {
 public:
  explicit RecordedSidecar(fs::path release)
      : release_(std::move(release)), thread_([this] { serve(); }) {}
  ~RecordedSidecar() {
    ::shutdown(listener_.descriptor(), SHUT_RDWR);
    thread_.join();
  }
  RecordedSidecar(const RecordedSidecar&) = delete;
  RecordedSidecar& operator=(const RecordedSidecar&) = delete;

  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

  void await_requests(const std::string& path, int count) {
    const sync::MutexLock lock(mutex_);
    while (asked_[path] < count) {
      changed_.wait(mutex_);
    }
  }

 private:
  void serve() {
    for (;;) {
      const net::Descriptor peer(::accept(listener_.descriptor(), nullptr, nullptr));
      if (!peer.open()) {
        return;
      }
      answer(peer.get());
    }
  }

  void answer(int peer) {
    std::string head;
    char bytes[1'024];
    while (!head.contains("\r\n\r\n")) {
      const ssize_t got = ::recv(peer, bytes, sizeof(bytes), 0);
      if (got <= 0) {
        return;
      }
      head.append(bytes, static_cast<std::size_t>(got));
    }
    const std::string path = head.substr(4, head.find(' ', 4) - 4);
    const std::string reply = reply_to(path);
    ::send(peer, reply.data(), reply.size(), MSG_NOSIGNAL);
    const sync::MutexLock lock(mutex_);
    ++asked_[path];
    changed_.notify_all();
  }

  [[nodiscard]] std::string reply_to(const std::string& path) const {
    if (!path.starts_with(kProofPath)) {
      return content(release_ / (path == "/api/signals" ? "signals.http" : "health.http"));
    }
    std::string reply = content(release_ / "proof.http");
    if (const std::size_t at = reply.find(kNonce); at != std::string::npos) {
      reply.replace(at, kNonce.size(), path.substr(kProofPath.size()));
    }
    return reply;
  }

  const fs::path release_;
  LoopbackListener listener_;
  sync::Mutex mutex_;
  sync::Condition changed_;
  std::map<std::string, int> asked_ PENSTOCK_GUARDED_BY(mutex_);
  std::thread thread_;
};

class SkewTest : public testing::TestWithParam<fs::path> {
 protected:
  // Of those before there were signals, nobody is scaled by them.
  static bool knows_signals() { return GetParam().filename() != "0.1.0-pre0"; }

  void ask() {
    collector_.set_targets("ns/chat", {{.pod = "ns/a",
                                        .ip = "127.0.0.1",
                                        .port = sidecar_.port(),
                                        .wanted = recorded(GetParam(), "health").hash,
                                        .data_port = sidecar_.port(),
                                        .signals = true}});
    const sync::MutexLock lock(mutex_);
    while (!told_) {
      changed_.wait(mutex_);
    }
  }

  sync::Mutex mutex_;
  sync::Condition changed_;
  bool told_ PENSTOCK_GUARDED_BY(mutex_) = false;
  RecordedSidecar sidecar_{GetParam()};
  Collector collector_{[this](const std::string&) {
                         const sync::MutexLock lock(mutex_);
                         told_ = true;
                         changed_.notify_all();
                       },
                       1};
};

TEST_P(SkewTest, ASidecarsHealthSaysWhatItRunsAndItsPortThatItIsThere) {
  ask();
  const std::string release = GetParam().filename();
  const Report report = collector_.reports({"ns/a"}).at("ns/a");
  EXPECT_TRUE(report.reachable);
  EXPECT_EQ(report.version, release.substr(0, release.find('-')))
      << "what comes before one has a suffix";
  EXPECT_EQ(report.hash.size(), 32U);
  EXPECT_EQ(report.problem, "");
  EXPECT_EQ(report.proof, Proof::kGood);
}

// Three requests of two texts, as the record was made.
TEST_P(SkewTest, ItsSignalsAreReadWhereItHasAny) {
  ask();
  sidecar_.await_requests("/api/signals", 2);  // the first is read by then
  const std::shared_ptr<const Sample> sample = collector_.sample("ns/a");
  ASSERT_EQ(sample != nullptr, knows_signals());
  if (sample != nullptr) {
    const signals::Report& report = sample->report;
    EXPECT_EQ(report.requests.started, 3);
    EXPECT_EQ(report.calls.finished, 2);
    EXPECT_EQ(report.cache.hits, 1);
    EXPECT_GT(report.tokens.decode, 0);
  }
}

// What tells a release's signals from another's: not the numbers, which differ each time.
std::string shape_of_signals(const fs::path& release) {
  const Answer answer = recorded(release, "signals");
  std::string shape = std::to_string(answer.status);
  for (const auto& item : json::Value::parse(answer.body).items()) {
    shape += " " + item.key();
  }
  return shape;
}

// A record that is this version's own over again would be no skew at all.
TEST(SkewRecordsTest, EachDiffersFromEveryOther) {
  std::set<std::string> distinct;
  for (const fs::path& release : releases()) {
    distinct.insert(content(release / "operator.yaml") + content(release / "proof.http") +
                    shape_of_signals(release));
  }
  EXPECT_EQ(distinct.size(), releases().size());
  EXPECT_GE(distinct.size(), 3U);
}

TEST(SkewRecordsTest, BothSidesOnceSaidSomethingElse) {
  std::set<std::string> given;
  std::set<int> proofs;
  std::set<std::string> signals;
  for (const fs::path& release : releases()) {
    given.insert(content(release / "operator.yaml"));
    proofs.insert(recorded(release, "proof").status);
    signals.insert(shape_of_signals(release));
  }
  EXPECT_GE(given.size(), 2U) << "what operators give";
  EXPECT_GE(proofs.size(), 2U) << "how sidecars prove that they hold a port";
  EXPECT_GE(signals.size(), 3U) << "what they tell the autoscaler";
}

INSTANTIATE_TEST_SUITE_P(Releases, SkewTest, testing::ValuesIn(releases()), [](const auto& info) {
  std::string name = "Release" + info.param.filename().string();
  std::erase_if(name, [](char c) { return c == '.' || c == '-'; });
  return name;
});

}  // namespace
}  // namespace penstock::collect
