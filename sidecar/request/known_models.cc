#include "sidecar/request/known_models.h"

#include <algorithm>
#include <functional>

#include "sidecar/domain/route_match.h"

namespace penstock::request {

KnownModels::KnownModels(const std::vector<std::string>& names) : names_({"other"}) {
  for (const std::string& name : names) {
    if (index_.try_emplace(name, static_cast<std::uint32_t>(names_.size())).second) {
      if (name.ends_with('*')) {
        families_.push_back(static_cast<std::uint32_t>(names_.size()));
      }
      names_.push_back(name);
    }
  }
  std::ranges::sort(families_, std::ranges::greater(),
                    [this](std::uint32_t index) { return names_[index].size(); });
}

std::uint32_t KnownModels::index(std::string_view model) const {
  const auto known = index_.find(model);
  if (known != index_.end()) {
    return known->second;
  }
  const auto family = std::ranges::find_if(
      families_, [&](std::uint32_t index) { return domain::matches_model(names_[index], model); });
  return family == families_.end() ? kOther : *family;
}

}  // namespace penstock::request
