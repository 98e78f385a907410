#include "operator/simulate/simulation.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <optional>

namespace penstock::simulate {
namespace {

constexpr int kAwaited_s = 600;
constexpr double kHour_s = 3'600;

// What was expected of the intervals to come. Memory: an entry for each that a forecast reaches.
class Expectations {
 public:
  explicit Expectations(double interval_s) : interval_s_(std::max(1.0, std::ceil(interval_s))) {}

  void add(double due_s, const Outlook& outlook) {
    Sum& sum = sums_[static_cast<std::int64_t>(std::floor(due_s / interval_s_))];
    sum.mean_per_s += outlook.mean_per_s;
    sum.quantile_per_s += outlook.quantile_per_s;
    ++sum.count;
  }

  // Of the one that begins then; what was expected of any before is forgotten.
  std::optional<Expectation> take(double begin_s) {
    const auto sum = sums_.find(static_cast<std::int64_t>(std::llround(begin_s / interval_s_)));
    if (sum == sums_.end()) {
      return std::nullopt;
    }
    const auto& [mean, quantile, count] = sum->second;
    const Expectation expected{.mean_per_s = mean / count, .quantile_per_s = quantile / count};
    sums_.erase(sums_.begin(), std::next(sum));
    return expected;
  }

 private:
  struct Sum {
    double mean_per_s = 0;
    double quantile_per_s = 0;
    double count = 0;
  };
  double interval_s_;
  std::map<std::int64_t, Sum> sums_;
};

class Simulation {
 public:
  Simulation(const Arrivals& load, Autoscaler& autoscaler, const Setup& setup)
      : load_(load),
        autoscaler_(autoscaler),
        setup_(setup),
        ledger_(setup.promise),
        expectations_(setup.interval_s),
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
    if (const std::optional<Outlook> outlook = autoscaler_.outlook()) {
      const std::chrono::duration<double> due = outlook->due - setup_.fleet.begin;
      expectations_.add(due.count(), *outlook);
    }
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
    if (setup_.fleet.nodes) {
      sum.node_hours = sum.node_hours.value_or(0) + fleet_.nodes() / kHour_s;
    }
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
    row_.expected = expectations_.take(row_.at_s);
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
  Expectations expectations_;
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
