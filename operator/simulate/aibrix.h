#pragma once

#include <cstdint>
#include <vector>

#include "operator/autoscale/windows.h"
#include "operator/simulate/autoscaler.h"
#include "operator/simulate/seen.h"

// AIBrix's PodAutoscaler at e3e10f9 as it is coded, with its defects: both algorithms see the *mean
// of a pod*, the stabilisation window works the wrong way round, panic remembers nothing.
namespace penstock::simulate {

struct AibrixSettings {
  double target = 10;  // requests a replica
  double up_rate = 2;
  double down_rate = 2;
  double tolerance = 0.1;
  double panic_threshold = 2;
  autoscale::milliseconds stable_window{180'000};
  autoscale::milliseconds panic_window{60'000};
  autoscale::milliseconds down_cooldown{300'000};
  autoscale::milliseconds sync{10'000};
  int replicas_max = 1'000;
};

// r = stable mean / target;  r > 1 + tolerance: min(ceil(N r), ceil(up N));
// r < 1 - tolerance: max(ceil(N r), floor(N / down)); else N.
int aibrix_apa(double stable_mean, int replicas, const AibrixSettings& settings);

// ceil(stable / T) and ceil(panic / T) of *means* (N within the tolerance), both within
// [floor(N / down), max(1, ceil(up N))]; the larger one in panic, which is panic / stable above the
// threshold, or no traffic at all.
int aibrix_kpa(double stable_mean, double panic_mean, int replicas, const AibrixSettings& settings);

class Aibrix final : public Autoscaler {
 public:
  enum class Algorithm : std::uint8_t { kApa, kKpa };
  Aibrix(Algorithm algorithm, const AibrixSettings& settings)
      : algorithm_(algorithm),
        settings_(settings),
        timer_(settings.sync),
        mean_(settings.stable_window) {}

  int replicas(const autoscale::Sight& sight) override;

 private:
  struct Recommendation {
    autoscale::Time at;
    int replicas = 0;
  };

  [[nodiscard]] int cooled(autoscale::Time now, int current, int desired);

  Algorithm algorithm_;
  AibrixSettings settings_;
  Timer timer_;
  autoscale::TotalsWindow mean_;
  std::vector<Recommendation> recent_;  // of the cooldown
};

}  // namespace penstock::simulate
