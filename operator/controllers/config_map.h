#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/json/text.h"
#include "operator/kube/object_meta.h"
#include "operator/reconcile/config_content.h"
#include "operator/reconcile/world.h"

// The ConfigMap that a policy's sidecars read: as it is written, and what is kept of it.
namespace penstock::controllers {

struct ConfigMap {
  kube::ObjectMeta meta;
  std::string hash;       // the version that it was written with
  std::string owner_uid;  // of the policy that it was written for
  // An operator wrote it for a policy that is gone: deleting that with --cascade=orphan left it.
  bool is_orphan = false;
  // What it holds is what was written; unset: it does not say what that was, since an earlier
  // operator wrote it.
  std::optional<bool> intact;
  std::optional<reconcile::ListenerKind> listener;  // of that; unset: it does not say
  std::vector<std::string> text_files;
  std::vector<std::string> byte_files;
};

ConfigMap read_config_map(const json::Value& object);

// `hash` is the version of `content`.
json::Value config_map_of(const reconcile::Policy& policy, const std::string& hash,
                          const reconcile::ConfigContent& content);

// The merge patch that takes out of `before` the files that are not of `content`, which applying
// that does not: they are somebody else's. Null where there are none.
json::Value without_others(const ConfigMap& before, const reconcile::ConfigContent& content);

}  // namespace penstock::controllers
