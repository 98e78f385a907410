#include "operator/simulate/simulation.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace penstock::simulate {
namespace {

constexpr int kAwaited_s = 600;
constexpr double kHour_s = 3'600;

class Simulation {
 public:
  Simulation(const Arrivals& load, Autoscaler& autoscaler, const Setup& setup)
      : load_(load),
        autoscaler_(autoscaler),
        setup_(setup),
        ledger_(setup.promise),
        fleet_(setup.fleet, ledger_, setup.replicas) {}

  Outcome run(const std::function<void(double)>& progress) {
    const std::int64_t seconds = setup_.duration_s > 0
                                     ? static_cast<std::int64_t>(std::ceil(setup_.duration_s))
                                     : load_.back().at_us / 1'000'000 + 1;
    const auto judged_from = static_cast<std::int64_t>(std::ceil(setup_.judged_from_s));
    for (std::int64_t second = 1; second <= seconds; ++second) {
      play(static_cast<double>(second));
      decide(static_cast<double>(second));
      account(second);
      if (second == judged_from) {
        forget();
      }
      if (progress && second % 1'024 == 0) {
        progress(static_cast<double>(second) / static_cast<double>(seconds));
      }
    }
    for (int i = 1; i <= kAwaited_s && fleet_.outstanding() > 0; ++i) {
      fleet_.advance(static_cast<double>(seconds + i));
    }
    for (std::int64_t i = fleet_.outstanding(); i > 0; --i) {
      ledger_.give_up();
    }
    summarise();
    return std::move(run_);
  }

 private:
  // Requests that come before `second`.
  void play(double second) {
    const auto end_us = static_cast<std::int64_t>(second * 1e6);
    while (next_ < load_.size() && load_[next_].at_us < end_us) {
      fleet_.take(static_cast<double>(load_[next_].at_us) / 1e6, load_[next_]);
      ++next_;
      ++arrived_;
    }
    fleet_.advance(second);
  }

  void decide(double second) {
    const int before = fleet_.replicas();
    const int wanted = std::max(0, autoscaler_.replicas(fleet_.look(second)));
    if (wanted != before) {
      fleet_.scale(second, wanted);
      run_.summary.changes += 1;
      run_.summary.replicas_moved += std::abs(wanted - before);
    }
  }

  void account(std::int64_t second) {
    Summary& sum = run_.summary;
    const std::int64_t waiting = fleet_.waiting();
    sum.replica_hours += fleet_.pods() / kHour_s;
    sum.replicas_most = std::max<std::int64_t>(sum.replicas_most, fleet_.pods());
    sum.backlog_most = std::max(sum.backlog_most, waiting);
    row_.desired += fleet_.replicas();
    row_.ready += fleet_.ready();
    row_.waiting = std::max(row_.waiting, waiting);
    ++seconds_;
    if (static_cast<double>(seconds_) >= setup_.interval_s) {
      close_row(static_cast<double>(second));
    }
  }

  void close_row(double second) {
    const auto seconds = static_cast<double>(seconds_);
    row_.at_s = second - seconds;
    row_.requests_per_s = static_cast<double>(arrived_) / seconds;
    row_.desired /= seconds;
    row_.ready /= seconds;
    row_.ended = ledger_.ended() - ended_;
    row_.missed = ledger_.missed() - missed_;
    run_.intervals.push_back(row_);
    row_ = {};
    seconds_ = 0;
    arrived_ = 0;
    ended_ = ledger_.ended();
    missed_ = ledger_.missed();
  }

  void forget() {
    ledger_ = Ledger(setup_.promise);
    run_.summary = {};
    ended_ = 0;
    missed_ = 0;
  }

  void summarise() {
    Summary& sum = run_.summary;
    sum.requests = ledger_.ended();
    if (sum.requests > 0) {
      sum.attainment =
          1 - static_cast<double>(ledger_.missed()) / static_cast<double>(sum.requests);
    }
    sum.ttft_p50_s = ledger_.ttft().quantile_s(0.5);
    sum.ttft_p99_s = ledger_.ttft().quantile_s(0.99);
    sum.tpot_p99_s = ledger_.tpot().quantile_s(0.99);
  }

  const Arrivals& load_;
  Autoscaler& autoscaler_;
  const Setup& setup_;
  Ledger ledger_;
  Fleet fleet_;
  Outcome run_;
  std::size_t next_ = 0;

  // Of the row that is being filled.
  Interval row_;
  std::int64_t seconds_ = 0;
  std::int64_t arrived_ = 0;
  std::int64_t ended_ = 0;
  std::int64_t missed_ = 0;
};

}  // namespace

Outcome simulate(const Arrivals& load, Autoscaler& autoscaler, const Setup& setup,
                 const std::function<void(double)>& progress) {
  if (load.empty() && !(setup.duration_s > 0)) {
    return {};
  }
  return Simulation(load, autoscaler, setup).run(progress);
}

}  // namespace penstock::simulate
