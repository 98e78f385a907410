#include "operator/autoscale/mean_request.h"

#include <algorithm>

namespace penstock::autoscale {
namespace {

// Lengths are a matter of the model's users, not of the minute.
constexpr milliseconds kMemory{900'000};

constexpr milliseconds kShape{60'000};  // after which there is a mean request
constexpr milliseconds kGap{5'000};     // that nothing is taken to have been different in

// Takes a new value into a mean over kMemory, which is one of all values until there are so many.
void take_into(std::optional<double>& mean, double value, milliseconds lasting,
               milliseconds so_far) {
  const milliseconds remembered = std::clamp(so_far, lasting, std::max(lasting, kMemory));
  const double weight =
      static_cast<double>(lasting.count()) / static_cast<double>(remembered.count());
  mean = mean.value_or(value) * (1 - weight) + value * weight;
}

}  // namespace

void MeanRequest::add(Time now, const Demand& demand) {
  const Load& seen = demand.total;
  if (!seen.requests) {
    return;
  }
  const double input = seen.prefill.value_or(0);
  const double output = seen.decode.value_or(0);
  first_ = first_.value_or(now);
  const milliseconds lasting =
      std::clamp(std::chrono::duration_cast<milliseconds>(now - last_), milliseconds(1), kGap);
  last_ = now;
  if (*seen.requests > 0 || input > 0 || output > 0) {
    loaded_ += lasting;
    take_into(mean_.requests, *seen.requests, lasting, loaded_);
    take_into(mean_.prefill, input, lasting, loaded_);
    take_into(mean_.decode, output, lasting, loaded_);
  }
  const double requests = mean_.requests.value_or(0);
  if (now - *first_ >= kShape && requests > 0 && mean_.prefill.value_or(0) > 0) {
    shape_ = {.input_tokens = *mean_.prefill / requests,
              .output_tokens = mean_.decode.value_or(0) / requests};
  }
}

void MeanRequest::set_back(Time now) {
  last_ = std::min(last_, now);
  if (first_) {
    first_ = std::min(*first_, now);
  }
}

}  // namespace penstock::autoscale
