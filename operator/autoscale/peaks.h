#pragma once

#include <optional>

#include "operator/autoscale/load.h"
#include "operator/autoscale/queue_model.h"
#include "operator/autoscale/time.h"
#include "operator/autoscale/windows.h"

// What of a rate has to be expected at any moment of the next minutes: the peaks that were, less
// what does not last.
//
//   envelope = the largest of mean(w) w / (w + d), w = 1 … 40 s, and of mean(60 s)
//   peak     = the largest envelope of five minutes and a start
//   expected = peak^0.7  max(mean(10 min), peak / 10)^0.2  min(largest of 2 h, 8 peak)^0.1
//
// d is a replica's patience: with it, a burst of A requests within w seconds keeps its promise on
// n replicas that serve r/s each if A <= n r (w + d). A peak alone says too much of the next one, a
// mean too little; of one that was once in two hours a little is kept.
namespace penstock::autoscale {

struct PeakSettings {
  milliseconds hold{300'000};  // and a start more, of
  milliseconds start_max{1'800'000};
  milliseconds mean{600'000};
  milliseconds memory{7'200'000};
  milliseconds bucket{20'000};
  double mean_weight = 0.2;
  double mean_least = 0.1;  // of the peak: after a silence all may come back at once
  double memory_weight = 0.1;
  double memory_most = 8;  // times the peak: a flood in a morning is no measure of an afternoon
};

// Seconds of a replica's rate that it can be behind without missing the objective for the first
// token: it computes prompts one after the other and decodes later. nullopt where the model, the
// objective or the rate is not known. Within 2 … 60 s.
std::optional<double> patience_of(const std::optional<ServiceModel>& model,
                                  const Objectives& objectives,
                                  const std::optional<double>& requests_per_s);

// Full replicas that so many requests at once take, of the mean shape: whose rates are of what
// begins within a second and the patience, if one is known, and whose cache holds all of them. 0
// where nothing is known of a replica.
double burst_in_replicas(double requests, const RequestShape& mean, const Load& one,
                         const std::optional<double>& patience_s);

// Memory:  about 26 KB with the defaults.
// Threads: not safe.
class Peaks {
 public:
  explicit Peaks(const PeakSettings& settings = {});

  // What was seen, about once a second, and how many times that it would be with what pods that
  // said nothing carry. Without a patience what counts is the mean of `plain`. Means are of windows
  // that the first look lies three quarters back in, at least.
  void add(Time now, double per_s, double all, const std::optional<double>& patience_s,
           milliseconds plain);

  struct Expected {
    std::optional<double> seen;  // nullopt: nothing, within five minutes and a start
    std::optional<double> all;   // with pods that said nothing
  };
  // `least`: what the peak is at least, where there is one.
  [[nodiscard]] Expected expected(Time now, milliseconds start, const Expected& least) const;

 private:
  [[nodiscard]] std::optional<double> envelope(Time now, const std::optional<double>& patience_s,
                                               milliseconds plain) const;
  [[nodiscard]] std::optional<double> expected(const MaximaWindow& peaks, double mean, Time now,
                                               milliseconds start, double least) const;

  PeakSettings settings_;
  TotalsWindow seconds_;
  MaximaWindow peaks_;
  MaximaWindow all_peaks_;
  double all_ = 1;
};

}  // namespace penstock::autoscale
