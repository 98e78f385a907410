#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/result/result.h"
#include "operator/simulate/arrival.h"

// Loads of ServeGen (Alibaba): how many requests a second each client of a pool sent, in bins of
// ten minutes, and how unevenly inside of them. Lengths of requests come from another trace.
namespace penstock::simulate {

enum class Spacing : std::uint8_t { kExponential, kGamma, kWeibull };

struct RateBin {
  double start_s = 0;
  double requests_per_s = 0;
  Spacing spacing = Spacing::kExponential;  // of the times between requests
  double shape = 1;                         // of Gamma or Weibull; > 0
};

// One client: one file "chunk-N-trace.csv" of a pool, without a header:
// start second, requests/s, coefficient of variation, Gamma | Weibull | nothing, shape, scale.
using Client = std::vector<RateBin>;
Result<Client> read_client(std::string_view text);

struct Composition {
  double requests_per_s = 10;  // the mean over the whole load
  std::uint64_t seed = 1;
  double bin_s = 600;
};

// The week with the mean rate asked for. The rate of every client and bin is multiplied by one
// factor. A bin then holds its rate times its length, the fraction left over to the dice; where in
// the bin they are is drawn from the published distribution, scaled to fill it. So the load keeps
// its shape over days exactly, and inside ten minutes its burstiness; a bin of few requests is no
// burst of hundreds, which a tail with a coefficient of variation above 10 would else make of it.
// Each request gets the lengths of one of `lengths`, drawn with replacement. REQUIRES: not empty.
Arrivals compose(const std::vector<Client>& clients, const Arrivals& lengths,
                 const Composition& composition);

}  // namespace penstock::simulate
