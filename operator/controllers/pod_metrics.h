#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/api/autoscaling_spec.h"
#include "lib/clock/clock.h"
#include "operator/autoscale/scaler.h"
#include "operator/controllers/background.h"
#include "operator/controllers/background_answers.h"
#include "operator/kube/client.h"
#include "operator/kube/discovery.h"
#include "operator/reconcile/world.h"

namespace penstock::controllers {

// What one pod used when it was last measured, all its containers together.
struct PodUse {
  double cpu = 0;     // cores
  double memory = 0;  // bytes
  clock::WallTime measured;
  std::chrono::milliseconds window{0};  // that it was measured over
};

struct NamespaceUse {
  std::map<std::string, PodUse> pods;
  std::string problem;  // why nobody knows, for people; empty: it is known
};

// What pods use, by the metrics API (metrics.k8s.io), which a cluster may serve or not. Another
// server answers for it than the API server itself, and may hang: it is asked in the background.
// Threads: any.
class PodMetrics {
 public:
  // As often as metrics-server measures.
  static constexpr std::chrono::seconds kPeriod{15};

  // How long what it said counts while it does not answer; after that its metrics are missing.
  static constexpr std::chrono::seconds kBelieved{45};

  PodMetrics(kube::Client& client, kube::Discovery& discovery, const clock::Clock& clock,
             std::unique_ptr<Background> background = std::make_unique<BackgroundThread>());

  // Of a namespace's pods, as it was last said. Never waits.
  std::shared_ptr<const NamespaceUse> of(const std::string& ns);

  // What the triggers of a policy want to know of these pods, into `sight`.
  void look(const api::AutoscalingSpec& spec, const std::string& ns,
            const std::vector<reconcile::Ptr<reconcile::Pod>>& pods, autoscale::Sight& sight);

 private:
  NamespaceUse ask(const std::string& ns);

  kube::Client& client_;
  kube::Discovery& discovery_;
  const clock::Clock& clock_;
  BackgroundAnswers<NamespaceUse> answers_;       // by namespace
  const std::unique_ptr<Background> background_;  // last: its tasks use all of the above
};

// What a trigger on CPU or memory looks at. Which samples count is as in a HorizontalPodAutoscaler:
// a pod's first minutes say nothing of its CPU. Pods that are finished or leave are left out by the
// caller.
autoscale::UsageSight usage_of(api::ScalingTriggerType type,
                               const std::vector<reconcile::Ptr<reconcile::Pod>>& pods,
                               const NamespaceUse& use, clock::WallTime now);

}  // namespace penstock::controllers
