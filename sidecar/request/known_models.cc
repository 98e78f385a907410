#include "sidecar/request/known_models.h"

namespace penstock::request {

KnownModels::KnownModels(const std::vector<std::string>& names) : names_({"other"}) {
  for (const std::string& name : names) {
    if (index_.try_emplace(name, static_cast<std::uint32_t>(names_.size())).second) {
      names_.push_back(name);
    }
  }
}

std::uint32_t KnownModels::index(std::string_view model) const {
  const auto known = index_.find(model);
  return known == index_.end() ? kOther : known->second;
}

}  // namespace penstock::request
