#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>
#include <utility>

#include "operator/reconcile/world.h"

namespace penstock::controllers {

// Keeps one of each shape of pods that any pod still has: thousands that one owner makes take the
// room of one. Bounded by twice the shapes that are held elsewhere. Threads: one.
class PodTemplates {
 public:
  // The one like `read`, but for its labels, which each pod has of its own.
  reconcile::Ptr<reconcile::PodTemplate> shared(reconcile::PodTemplate read) {
    read.labels.clear();
    if (kept_.size() >= drop_at_) {
      std::erase_if(kept_, [](const auto& one) { return one.use_count() == 1; });
      drop_at_ = std::max(kFew, 2 * kept_.size());
    }
    return *kept_.insert(std::make_shared<const reconcile::PodTemplate>(std::move(read))).first;
  }

  [[nodiscard]] std::size_t size() const { return kept_.size(); }

 private:
  static constexpr std::size_t kFew = 64;

  struct ByContent {
    bool operator()(const reconcile::Ptr<reconcile::PodTemplate>& a,
                    const reconcile::Ptr<reconcile::PodTemplate>& b) const {
      return *a < *b;
    }
  };

  std::set<reconcile::Ptr<reconcile::PodTemplate>, ByContent> kept_;
  std::size_t drop_at_ = kFew;
};

}  // namespace penstock::controllers
