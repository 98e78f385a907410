#include "operator/simulate/replica.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace penstock::simulate {
namespace {

constexpr double kPerMs = 1e-3;
// Of the cache, that a prompt may fill it to: without room to decode, who was just sent back would
// come again at once.
constexpr double kAdmittedShare = 0.98;

// Of what sidecars report: 1 ms to some five minutes, each 1.3 times the one before.
const std::vector<double>& bounds() {
  static const std::vector<double> kBounds = [] {
    std::vector<double> made(48);
    double bound_s = kPerMs;
    for (double& entry : made) {
      entry = bound_s;
      bound_s *= 1.3;
    }
    return made;
  }();
  return kBounds;
}

// An empty histogram stays without bounds until something is seen: most seconds it costs nothing.
void observe(autoscale::Histogram& into, double seconds) {
  if (into.counts.empty()) {
    into.bounds_s = bounds();
    into.counts.assign(into.bounds_s.size() + 1, 0);
  }
  const auto bucket = std::ranges::lower_bound(into.bounds_s, seconds) - into.bounds_s.begin();
  ++into.counts[static_cast<std::size_t>(bucket)];
  into.sum_s += seconds;
}

bool ends_later(const Sequence& one, const Sequence& other) {
  return one.last_iteration > other.last_iteration;
}

}  // namespace

// The sum over i < k of a + b (n + p) + g (C + p + n i); p is 0 wherever k is above 1.
double Replica::duration_s(std::int64_t iterations) const {
  const auto& [a, b, g] = engine_->service;
  const auto n = static_cast<double>(decoding_.size());
  const auto k = static_cast<double>(iterations);
  const double first_ms = a + b * (n + computed_) + g * (context_ + computed_);
  return (k * first_ms + g * n * k * (k - 1) / 2) * kPerMs;
}

// The k, not whole, at which duration_s(k) is `seconds`.
double Replica::iterations_within(double seconds) const {
  const auto& [a, b, g] = engine_->service;
  const auto n = static_cast<double>(decoding_.size());
  const double square = g * n / 2;
  const double linear = a + b * (n + computed_) + g * (context_ + computed_) - square;
  const double ms = std::max(0.0, seconds) / kPerMs;
  return 2 * ms / (linear + std::sqrt(linear * linear + 4 * square * ms));
}

double Replica::used_tokens() const {
  return context_ + prompts_;
}

bool Replica::may_admit() const {
  if (waiting_.empty() ||
      !std::cmp_less(decoding_.size() + admitted_.size(), engine_->sequences_max)) {
    return false;
  }
  return (decoding_.empty() && admitted_.empty()) ||
         used_tokens() + waiting_.front().prompt_left <= engine_->kv_tokens * kAdmittedShare;
}

void Replica::take(double now_s, const Sequence& request) {
  if (request.input_tokens + request.output_tokens > engine_->kv_tokens) {
    ledger_->give_up();
    return;
  }
  ++outstanding_;
  arrivals_ += request.produced == 0 ? 1 : 0;
  waiting_.push_back(request);
  waiting_.back().prompt_left = request.input_tokens + request.produced;
  if (ends_s_ == kNever) {
    begin(now_s);
  } else if (iterations_ > 1 && may_admit()) {
    const auto border = static_cast<std::int64_t>(std::ceil(iterations_within(now_s - begun_s_)));
    iterations_ = std::clamp<std::int64_t>(border, 1, iterations_);
    ends_s_ = std::max(now_s, begun_s_ + duration_s(iterations_));
  }
}

void Replica::begin(double now_s) {
  begun_s_ = now_s;
  ends_s_ = kNever;
  make_room();
  admit();
  if (computed_ > 0) {
    iterations_ = 1;
  } else if (decoding_.empty()) {
    return;
  } else {
    const double room =
        (engine_->kv_tokens - used_tokens()) / static_cast<double>(decoding_.size());
    const std::int64_t until_end = decoding_.front().last_iteration - iteration_;
    iterations_ = std::clamp<std::int64_t>(static_cast<std::int64_t>(room), 1, until_end);
  }
  ends_s_ = begun_s_ + duration_s(iterations_);
}

// What was begun goes on before anything new is taken in.
void Replica::admit() {
  computed_ = 0;
  int budget = engine_->batched_tokens_max - static_cast<int>(decoding_.size());
  const auto compute = [&](Sequence& sequence) {
    const int part = std::min(budget, sequence.prompt_left);
    sequence.prompt_left -= part;
    computed_ += part;
    budget -= part;
  };
  for (Sequence& begun : admitted_) {
    compute(begun);
  }
  while (budget > 0 && may_admit()) {
    prompts_ += waiting_.front().prompt_left;
    admitted_.push_back(waiting_.front());
    waiting_.pop_front();
    compute(admitted_.back());
    computed_ = std::max(1, computed_);  // an empty prompt is an iteration too
  }
}

// Sends the latest back while not even one more token each would fit.
void Replica::make_room() {
  while (decoding_.size() > 1 &&
         used_tokens() + static_cast<double>(decoding_.size()) > engine_->kv_tokens) {
    const auto latest = std::ranges::max_element(decoding_, {}, &Sequence::first_s);
    Sequence back = *latest;
    decoding_.erase(latest);
    std::ranges::make_heap(decoding_, ends_later);
    back.produced =
        back.output_tokens - static_cast<std::int32_t>(back.last_iteration - iteration_);
    back.prompt_left = back.input_tokens + back.produced;
    context_ -= back.prompt_left;
    waiting_.push_front(back);
  }
}

// Takes the iterations that are over out of a stretch that goes on.
void Replica::settle(double now_s) {
  if (ends_s_ == kNever || iterations_ <= 1) {
    return;
  }
  const auto over =
      std::min(iterations_ - 1, static_cast<std::int64_t>(iterations_within(now_s - begun_s_)));
  begun_s_ += duration_s(over);
  context_ += static_cast<double>(over) * static_cast<double>(decoding_.size());
  iteration_ += over;
  iterations_ -= over;
}

void Replica::finish() {
  const double now_s = ends_s_;
  begun_s_ = now_s;
  iteration_ += iterations_;
  context_ += static_cast<double>(iterations_) * static_cast<double>(decoding_.size());
  const auto whole = std::ranges::partition(
      admitted_, [](const Sequence& sequence) { return sequence.prompt_left > 0; });
  for (Sequence& sequence : whole) {
    prompts_ -= sequence.input_tokens + sequence.produced;
    join(std::move(sequence));
  }
  admitted_.erase(whole.begin(), whole.end());
  while (!decoding_.empty() && decoding_.front().last_iteration <= iteration_) {
    std::ranges::pop_heap(decoding_, ends_later);
    const Sequence ended = decoding_.back();
    decoding_.pop_back();
    context_ -= ended.input_tokens + ended.output_tokens;
    end(ended);
  }
  begin(now_s);
}

// Its prompt is computed: the iteration gave a token.
void Replica::join(Sequence sequence) {
  if (sequence.first_s < 0) {
    sequence.first_s = begun_s_;
    observe(ttft_, sequence.first_s - sequence.arrived_s);
  }
  ++sequence.produced;
  sequence.last_iteration = iteration_ + sequence.output_tokens - sequence.produced;
  context_ += sequence.input_tokens + sequence.produced;
  decoding_.push_back(sequence);
  std::ranges::push_heap(decoding_, ends_later);
}

void Replica::end(const Sequence& sequence) {
  --outstanding_;
  ++ended_;
  prompt_tokens_ += sequence.input_tokens;
  output_tokens_ += sequence.output_tokens;
  const int further = sequence.output_tokens - 1;
  const double tpot_s = further > 0 ? (begun_s_ - sequence.first_s) / further : 0;
  if (further > 0) {
    observe(tpot_, tpot_s);
  }
  ledger_->complete(sequence.first_s - sequence.arrived_s, tpot_s);
}

autoscale::Signals Replica::report(double now_s, double since_s) {
  settle(now_s);
  const double seconds = std::max(1e-3, now_s - since_s);
  return {.requests_per_s = static_cast<double>(std::exchange(arrivals_, 0)) / seconds,
          .ended_per_s = static_cast<double>(std::exchange(ended_, 0)) / seconds,
          .prefill_tokens_per_s = static_cast<double>(std::exchange(prompt_tokens_, 0)) / seconds,
          .decode_tokens_per_s = static_cast<double>(std::exchange(output_tokens_, 0)) / seconds,
          .kv_tokens = used_tokens(),
          .running = static_cast<double>(decoding_.size() + admitted_.size()),
          .waiting = static_cast<double>(waiting_.size()),
          .ttft = std::exchange(ttft_, {}),
          .tpot = std::exchange(tpot_, {})};
}

}  // namespace penstock::simulate
