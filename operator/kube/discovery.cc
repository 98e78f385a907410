#include "operator/kube/discovery.h"

#include <algorithm>
#include <utility>

#include "operator/kube/object_meta.h"

namespace penstock::kube {
namespace {

constexpr std::string_view kScalePart = "/scale";

std::string path_of(const std::string& api_version) {
  return (api_version.contains('/') ? "/apis/" : "/api/") + api_version;
}

// An APIResourceList; entries with a slash in their names are parts of others.
std::vector<ServedType> types_in(const std::string& api_version, const json::Value& list) {
  const std::size_t slash = api_version.find('/');
  const std::string group = slash == std::string::npos ? "" : api_version.substr(0, slash);
  const std::string version =
      slash == std::string::npos ? api_version : api_version.substr(slash + 1);
  std::vector<ServedType> types;
  std::vector<std::string> scaled;
  for (const json::Value& entry : list_of(list, "resources")) {
    std::string name = text_of(entry, "name");
    if (name.ends_with(kScalePart)) {
      scaled.push_back(name.substr(0, name.size() - kScalePart.size()));
    } else if (!name.empty() && !name.contains('/')) {
      types.push_back({.group = group,
                       .version = version,
                       .plural = std::move(name),
                       .kind = text_of(entry, "kind"),
                       .namespaced = flag_of(entry, "namespaced")});
    }
  }
  for (ServedType& type : types) {
    type.has_scale = std::ranges::find(scaled, type.plural) != scaled.end();
  }
  return types;
}

template <class Matches>
std::optional<ServedType> first(const std::vector<ServedType>& types, Matches matches) {
  const auto found = std::ranges::find_if(types, matches);
  return found == types.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

ApiResult<std::optional<ServedType>> Discovery::kind(const std::string& api_version,
                                                     std::string_view kind) {
  const ApiResult<std::vector<ServedType>> types = types_of(api_version);
  if (!types) {
    return std::unexpected(types.error());
  }
  return first(*types, [kind](const ServedType& type) { return type.kind == kind; });
}

ApiResult<std::optional<ServedType>> Discovery::resource(std::string_view group,
                                                         const std::vector<std::string>& versions,
                                                         std::string_view plural) {
  for (const std::string& version : versions) {
    const ApiResult<std::vector<ServedType>> types =
        types_of(group.empty() ? version : std::string(group) + "/" + version);
    if (!types) {
      return std::unexpected(types.error());
    }
    auto found = first(*types, [plural](const ServedType& type) { return type.plural == plural; });
    if (found) {
      return found;
    }
  }
  return std::nullopt;
}

void Discovery::forget(const std::string& api_version) {
  const sync::MutexLock lock(mutex_);
  if (const auto found = answers_.find(api_version); found != answers_.end()) {
    found->second.until = {};
  }
}

ApiResult<std::vector<ServedType>> Discovery::types_of(const std::string& api_version) {
  {
    const sync::MutexLock lock(mutex_);
    const auto found = answers_.find(api_version);
    if (found != answers_.end() && clock_.now() < found->second.until) {
      return found->second.types;
    }
  }
  const ApiResult<json::Value> list = client_.get(path_of(api_version), kPatience);
  const bool absent = !list && list.error().not_found();
  const sync::MutexLock lock(mutex_);
  if (!list && !absent) {
    const auto found = answers_.find(api_version);
    if (found == answers_.end()) {
      return std::unexpected(list.error());
    }
    found->second.until = clock_.now() + kAbsentFor;
    return found->second.types;
  }
  Answer& answer = answers_[api_version];
  answer.types = list ? types_in(api_version, *list) : std::vector<ServedType>{};
  answer.until = clock_.now() + (answer.types.empty() ? kAbsentFor : kServedFor);
  return answer.types;
}

}  // namespace penstock::kube
