#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/signals/report.h"

namespace penstock::collect {

// A sidecar to ask.
struct Target {
  std::string pod;  // "namespace/name"
  std::string ip;
  std::uint16_t port = 0;
  std::string wanted;           // the hash it should run: asked often until it does; empty: any
  std::uint16_t data_port = 0;  // where clients come to it; 0: none of them comes by the network
  bool data_tls = false;        // they speak TLS there
  bool signals = false;         // what it carries is asked for, too

  bool operator==(const Target&) const = default;
};

// Whether what listens on its data port is this sidecar: it answers a nonce as only one does.
// kNone: it was not asked yet, or nothing answers.
enum class Proof : std::uint8_t { kNone, kGood, kBad };

// What it said when it was last asked.
struct Report {
  bool reachable = false;
  std::string hash;
  std::string version;
  std::string problem;
  Proof proof = Proof::kNone;

  bool operator==(const Report&) const = default;
};

// What a sidecar said that it carries, and when that came.
struct Sample {
  clock::WallTime received;
  signals::Report report;
};

// Asks every sidecar for its health and, where somebody scales by them, its signals, over one kept
// connection each, on one thread of its own. Threads: any.
class Collector {
 public:
  static constexpr std::chrono::milliseconds kPending{250};  // until a sidecar runs what it should
  static constexpr std::chrono::milliseconds kSettled{5'000};
  static constexpr std::size_t kAtFullRate = 2'000;  // see settled_pause
  static constexpr std::chrono::milliseconds kAnswerTime{2'000};
  static constexpr std::chrono::milliseconds kSignals{1'000};  // from one question to the next
  static constexpr unsigned kPerProof = 60;  // so many questions of a settled one have one proof
  static constexpr std::chrono::seconds kUnproven{5};

  // From one question to the next for each of `sidecars` that run what they should, so that no more
  // than kAtFullRate of them are asked in kSettled: what rest costs is bounded, however many they
  // are.
  [[nodiscard]] static constexpr std::chrono::milliseconds settled_pause(std::size_t sidecars) {
    return kSettled * static_cast<std::int64_t>(std::max(sidecars, kAtFullRate)) /
           static_cast<std::int64_t>(kAtFullRate);
  }

  // From one proof to the next over one connection to a sidecar: a process that goes on keeps its
  // port. One that was connected to anew is to prove it at once.
  [[nodiscard]] static constexpr std::chrono::milliseconds proven_pause(std::size_t sidecars) {
    return kPerProof * settled_pause(sidecars);
  }

  // A part of a pause, by 64 random bits: each millisecond below it as often as the others.
  [[nodiscard]] static constexpr std::chrono::milliseconds part_of(std::chrono::milliseconds pause,
                                                                   std::uint64_t bits) {
    return std::chrono::milliseconds(bits % static_cast<std::uint64_t>(pause.count()));
  }

  // Told from the collector's thread that a report of this owner's targets changed.
  using Changed = std::function<void(const std::string& owner)>;

  // `seed` is for nonces.
  Collector(Changed changed, std::uint64_t seed);
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // From here on these, and only these, are asked on behalf of `owner`.
  void set_targets(const std::string& owner, std::vector<Target> targets);

  // Nobody is asked any more, and nothing is known.
  void forget_all();

  // What is known of these pods; one that was never asked is left out.
  [[nodiscard]] std::map<std::string, Report> reports(const std::vector<std::string>& pods) const;

  // The last signals of a pod; nullptr: none came, or what came was none. It may be old.
  [[nodiscard]] std::shared_ptr<const Sample> sample(const std::string& pod) const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace penstock::collect
