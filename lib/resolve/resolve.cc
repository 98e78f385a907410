#include "lib/resolve/resolve.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "lib/json/near_name.h"
#include "lib/resolve/hash.h"
#include "lib/resolve/translate.h"

namespace penstock::resolve {
namespace {

using api::ObjectName;
using api::ResourceError;
using api::Resources;
using Policy = api::Object<api::OptimizationPolicySpec>;
using Binding = api::Object<api::PolicyBindingSpec>;

template <class ObjectType>
const ObjectType* find(const std::vector<ObjectType>& objects, const ObjectName& name) {
  const auto found = std::ranges::find_if(
      objects, [&name](const ObjectType& object) { return object.origin.name == name; });
  return found == objects.end() ? nullptr : &*found;
}

template <class ObjectType>
std::vector<std::string> names_of(const std::vector<ObjectType>& objects) {
  std::vector<std::string> names;
  names.reserve(objects.size());
  for (const ObjectType& object : objects) {
    names.push_back(to_string(object.origin.name));
  }
  std::ranges::sort(names);
  return names;
}

// "; did you mean …?", "; there is a/b, a/c", or "; there is none".
std::string what_exists(const std::string& wanted, const std::vector<std::string>& names) {
  constexpr std::size_t kShownMax = 20;
  if (names.empty()) {
    return "; there is none";
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  if (std::string hint = json::did_you_mean(wanted, views); !hint.empty()) {
    return hint;
  }
  std::string text = "; there is ";
  for (std::size_t i = 0; i < std::min(names.size(), kShownMax); ++i) {
    text.append(i == 0 ? "" : ", ").append(names[i]);
  }
  return names.size() > kShownMax ? text + ", …" : text;
}

class Resolver {
 public:
  Resolver(const Resources& resources, const std::optional<PassThrough>& own,
           std::span<const std::uint16_t> listening)
      : resources_(resources), own_(own), listening_(listening), errors_(resources.errors) {}

  ResolveResult run(const std::optional<ObjectName>& wanted) {
    const Binding* binding = the_binding();
    const Policy* policy = choose(wanted, binding);
    if (policy == nullptr) {
      return std::unexpected(std::move(errors_));
    }
    if (binding != nullptr && binding->spec.policy != to_string(policy->origin.name)) {
      binding = nullptr;  // --policy chose another one
    }
    ResolvedPolicy resolved;
    resolved.name = to_string(policy->origin.name);
    translate_policy(policy->spec, resolved);
    use(*policy);
    resolved.delivered = binding != nullptr;
    resolve_backends(*policy, target(binding), resolved);
    if (policy->spec.caching && resolved.caching) {
      resolve_tiers(policy->origin, *policy->spec.caching, resolved.caching->tiers);
    }
    if (binding != nullptr) {
      use(*binding);
    }
    resolved.hash = content_hash(std::move(used_));
    if (errors_.empty() && binding != nullptr && binding->spec.hash &&
        *binding->spec.hash != resolved.hash) {
      errors_.push_back(binding->origin.error(
          "spec.hash", "differs from the documents' (" + resolved.hash +
                           "): they belong to different versions of the policy"));
    }
    if (!errors_.empty()) {
      return std::unexpected(std::move(errors_));
    }
    return resolved;
  }

 private:
  const Binding* the_binding() {
    for (std::size_t i = 1; i < resources_.bindings.size(); ++i) {
      errors_.push_back(resources_.bindings[i].origin.error(
          "", "is one binding too many; there can only be one"));
    }
    return resources_.bindings.empty() ? nullptr : &resources_.bindings.front();
  }

  const Policy* choose(const std::optional<ObjectName>& wanted, const Binding* binding) {
    const std::vector<Policy>& policies = resources_.policies;
    const std::vector<std::string> names = names_of(policies);
    if (wanted) {
      const Policy* found = find(policies, *wanted);
      if (found == nullptr) {
        const std::string name = to_string(*wanted);
        fail(resources_.source, "has no OptimizationPolicy " + name + what_exists(name, names));
      }
      return found;
    }
    if (binding != nullptr) {
      const std::string& name = binding->spec.policy;
      const auto parsed = api::parse_object_name(name);
      const Policy* found = parsed ? find(policies, *parsed) : nullptr;
      if (found == nullptr && parsed) {
        errors_.push_back(binding->origin.error(
            "spec.policy", "names no OptimizationPolicy" + what_exists(name, names)));
      }
      return found;
    }
    if (policies.size() == 1) {
      return &policies.front();
    }
    if (policies.size() > 1) {
      fail(resources_.source, "has several policies; choose one with --policy: " +
                                  what_exists("", names).substr(std::string("; there is ").size()));
    } else if (errors_.empty()) {
      fail(resources_.source, "has no OptimizationPolicy; a sidecar needs one");
    }
    return nullptr;
  }

  // The binding says it for sidecars of earlier releases only.
  [[nodiscard]] PassThrough target(const Binding* binding) const {
    if (own_ || binding == nullptr) {
      return own_.value_or(PassThrough{});
    }
    return {.engine_port = binding->spec.engine_port, .providers = binding->spec.providers};
  }

  void resolve_backends(const Policy& policy, const PassThrough& to, ResolvedPolicy& resolved) {
    if (!policy.spec.routing) {
      if (to.engine_port) {
        add_engine(*to.engine_port, resolved);
      } else if (to.providers) {
        add_providers(*to.providers, resolved);
      } else {
        errors_.push_back(policy.origin.error(
            "spec.routing",
            "is missing, so requests have nowhere to go: add routing.tableRef and a RoutingTable "
            "(without files, --upstream URL; in a pod, --engine-port or --openai-url)"));
      }
    } else {
      const ObjectName name{policy.origin.name.ns, policy.spec.routing->table_ref.name};
      const auto* table = find(resources_.tables, name);
      if (table == nullptr) {
        errors_.push_back(policy.origin.error(
            "spec.routing.tableRef.name",
            "names no RoutingTable" + what_exists(to_string(name), names_of(resources_.tables))));
        return;
      }
      use(*table);
      translate_table(table->spec, {.port = to.engine_port, .taken = listening_}, resolved);
    }
  }

  void resolve_tiers(const api::Origin& origin, const api::CachingSpec& spec,
                     std::vector<MemoryTier>& tiers) {
    for (std::size_t i = 0; i < spec.tiers.size(); ++i) {
      const ObjectName name{origin.name.ns, spec.tiers[i].ref.name};
      const auto* tier = find(resources_.tiers, name);
      if (tier == nullptr) {
        errors_.push_back(origin.error(
            "spec.caching.tiers[" + std::to_string(i) + "].ref.name",
            "names no CacheTier" + what_exists(to_string(name), names_of(resources_.tiers))));
        continue;
      }
      use(*tier);
      tiers.push_back(MemoryTier{.name = to_string(name),
                                 .size_bytes = tier->spec.memory.size.value,
                                 .eviction = tier->spec.memory.eviction,
                                 .ttl = tier->spec.ttl});
    }
  }

  template <class ObjectType>
  void use(const ObjectType& object) {
    used_.push_back(object.canonical);
  }

  void fail(std::string document, std::string message) {
    errors_.push_back({std::move(document), "", std::move(message)});
  }

  const Resources& resources_;
  const std::optional<PassThrough>& own_;
  std::span<const std::uint16_t> listening_;
  std::vector<ResourceError> errors_;
  std::vector<std::string> used_;
};

}  // namespace

ResolveResult resolve(const api::Resources& resources, const std::optional<api::ObjectName>& policy,
                      const std::optional<PassThrough>& own,
                      std::span<const std::uint16_t> listening) {
  return Resolver(resources, own, listening).run(policy);
}

std::optional<std::string> check_exposure(const ResolvedPolicy& policy, bool loopback_listener) {
  const ListenerSettings& listener = policy.listener;
  const bool certificates =
      listener.tls && listener.tls->client_certificates == ClientCertificates::kRequire;
  if (loopback_listener || listener.allow_anonymous || listener.client_keys || certificates) {
    return std::nullopt;
  }
  const auto own = std::ranges::find_if(
      policy.backends, [](const Backend& backend) { return backend.credentials.has_value(); });
  if (own == policy.backends.end()) {
    return std::nullopt;
  }
  return "backend " + own->name +
         " has credentials of its own, and anyone who reaches the listener could spend them: set "
         "listener.authentication.keysRef, or listener.tls.clientCARef with clientCertificates: "
         "Require, or listen on loopback, or accept it with "
         "listener.authentication.allowAnonymous: true";
}

}  // namespace penstock::resolve
