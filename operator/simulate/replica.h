#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

#include "operator/autoscale/demand.h"
#include "operator/simulate/engine.h"
#include "operator/simulate/ledger.h"

namespace penstock::simulate {

// A request on its way through a replica.
struct Sequence {
  double arrived_s = 0;
  double first_s = -1;  // when its first token came; below 0: not yet
  std::int32_t input_tokens = 0;
  std::int32_t output_tokens = 1;
  std::int32_t produced = 0;        // output tokens
  std::int32_t prompt_left = 0;     // tokens to compute before the next token comes
  std::int64_t last_iteration = 0;  // the one with its last token
};

// One replica with continuous batching and chunked prefill, first come, first served: each
// iteration adds a token to every sequence that decodes, and takes prompts into what the token
// budget has left. A prompt enters when the KV cache has room for it; where decoding fills the
// cache, the sequence that came last goes back to the queue and is computed again, as vLLM does.
//
// Iterations are not run one by one. While no prompt is computed, they differ by one token a
// sequence, so a whole stretch of them until the next sequence ends, or the cache is full, has a
// closed form; an arrival cuts it at the next border of iterations. Exact, and a few steps a
// request.
//
// Times: seconds since the load's start; they do not go back. Threads: not safe.
class Replica {
 public:
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  Replica(const EngineModel& engine, Ledger& ledger) : engine_(&engine), ledger_(&ledger) {}

  // REQUIRES: advance(now_s) was called.
  void take(double now_s, const Sequence& request);

  // Runs every iteration that ends by then.
  void advance(double now_s) {
    while (ends_s_ <= now_s) {
      finish();
    }
  }

  // Requests that it holds, whatever their state.
  [[nodiscard]] int outstanding() const { return outstanding_; }
  [[nodiscard]] int waiting() const { return static_cast<int>(waiting_.size()); }

  // What its sidecar and engine say of the time since the last call. Tokens count when a request
  // ends, as in the sidecar's report. REQUIRES: advance(now_s) was called.
  autoscale::Signals report(double now_s, double since_s);

 private:
  [[nodiscard]] double duration_s(std::int64_t iterations) const;
  [[nodiscard]] double iterations_within(double seconds) const;
  [[nodiscard]] double used_tokens() const;
  [[nodiscard]] bool may_admit() const;
  void begin(double now_s);
  void admit();
  void make_room();
  void settle(double now_s);
  void finish();
  void join(Sequence sequence);
  void end(const Sequence& sequence);

  const EngineModel* engine_;
  Ledger* ledger_;
  std::deque<Sequence> waiting_;
  std::vector<Sequence> admitted_;  // their prompts are in this stretch; the last may not be whole
  std::vector<Sequence> decoding_;  // a heap by last_iteration, the earliest first
  double context_ = 0;              // tokens that decoding_ attends to
  double prompts_ = 0;              // tokens of admitted_ in the cache, or meant for it
  std::int64_t iteration_ = 0;
  int outstanding_ = 0;

  // The stretch that runs: from, how many iterations, with how many prompt tokens, until.
  double begun_s_ = 0;
  std::int64_t iterations_ = 0;
  int computed_ = 0;
  double ends_s_ = kNever;

  // Since the last report.
  std::int64_t arrivals_ = 0;
  std::int64_t ended_ = 0;
  std::int64_t prompt_tokens_ = 0;
  std::int64_t output_tokens_ = 0;
  autoscale::Histogram ttft_;
  autoscale::Histogram tpot_;
};

}  // namespace penstock::simulate
