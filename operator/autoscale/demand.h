#pragma once

#include <optional>
#include <span>

#include "operator/autoscale/histogram.h"
#include "operator/autoscale/load.h"
#include "operator/autoscale/queue_model.h"

namespace penstock::autoscale {

// What one pod's sidecar says of the last moments.
struct Signals {
  double requests_per_s = 0;  // that began
  double ended_per_s = 0;     // of requests, without those that failed: what a full replica gives
  double prefill_tokens_per_s = 0;  // without what caches saved
  double decode_tokens_per_s = 0;
  // What only the engine knows; nullopt where its metrics port is not given.
  std::optional<double> kv_tokens;  // in use
  std::optional<double> running;    // requests in the batch
  std::optional<double> waiting;    // requests queued
  Histogram ttft;                   // time to first token
  Histogram tpot;                   // time for each further token
};

// A pod that should serve, with what it said; nullopt: it did not answer, or not in time. Pods that
// still start are left out by the caller: they carry no load yet, and nothing of them is missing.
struct PodReport {
  std::optional<Signals> signals;
};

// All pods together. A pod that said nothing is missing: it is not a pod without load. The total is
// what was *seen*; how many pods it lacks stands beside it, and whoever would shrink on it counts
// each of them as fully loaded.
struct Demand {
  Load total;        // without a value in any dimension: nobody reported
  double ended = 0;  // requests/s that ended: whose tokens those of `total` are
  std::optional<double> running;
  std::optional<double> waiting;
  std::optional<double> batch;  // how many others run with one, in the mean of what runs
  Histogram ttft;               // of pods whose bounds equal those of the first one
  Histogram tpot;
  int reporting = 0;
  int missing = 0;
  int untold_queues = 0;  // of those that report: whose engine does not say what waits
  int other_bounds = 0;   // histograms that could not be merged
};

// Where some reporting pods lack an engine's metric, they are taken to be like the others: load
// balancers spread it. `kv` includes the prompts of waiting requests, as llm-d's demand does: each
// counts as one of `mean_request`, a mean over minutes; until there is one (no input tokens) as
// those of this moment. What ends in a second was not what began in it, so where a queue drains,
// the tokens and requests of that second say nothing of a prompt. Numbers that are not finite or
// below 0 make their pod a missing one.
Demand total_demand(std::span<const PodReport> pods, const RequestShape& mean_request);

}  // namespace penstock::autoscale
