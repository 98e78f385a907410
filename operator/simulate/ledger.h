#pragma once

#include <cstdint>

#include "operator/simulate/latency_counts.h"

namespace penstock::simulate {

// What a request is promised. A request keeps it when both times do.
struct Promise {
  double ttft_s = 2;     // time to first token, from its arrival
  double tpot_s = 0.05;  // mean time for each further token
};

// What became of all requests of a run.
class Ledger {
 public:
  explicit Ledger(const Promise& promise) : promise_(promise) {}

  void complete(double ttft_s, double tpot_s) {
    ttft_.add(ttft_s);
    tpot_.add(tpot_s);
    missed_ += ttft_s > promise_.ttft_s || tpot_s > promise_.tpot_s ? 1 : 0;
    ++ended_;
  }
  // Nobody will ever serve it.
  void give_up() {
    ++missed_;
    ++ended_;
  }

  [[nodiscard]] std::int64_t ended() const { return ended_; }
  [[nodiscard]] std::int64_t missed() const { return missed_; }
  [[nodiscard]] const LatencyCounts& ttft() const { return ttft_; }
  [[nodiscard]] const LatencyCounts& tpot() const { return tpot_; }

 private:
  Promise promise_;
  std::int64_t ended_ = 0;
  std::int64_t missed_ = 0;
  LatencyCounts ttft_;
  LatencyCounts tpot_;
};

}  // namespace penstock::simulate
