#include "operator/reconcile/delivery_documents.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "lib/api/resources.h"
#include "lib/json/write.h"
#include "lib/resolve/resolve.h"

namespace penstock::reconcile {
namespace {

using json::Value;

// Where injection mounts Secrets; see sidecar_container.cc.
constexpr std::string_view kSecretsPath = "/etc/penstock/secrets";

Value document(const Document& object, std::string_view kind) {
  return {{"apiVersion", api::kApiVersion},
          {"kind", kind},
          {"metadata", {{"name", object.meta.name}, {"namespace", object.meta.ns}}},
          {"spec", object.spec}};
}

const Document* find(const std::vector<Ptr<Document>>& documents, const std::string& name) {
  const auto found = std::ranges::find_if(
      documents, [&name](const Ptr<Document>& object) { return object->meta.name == name; });
  return found == documents.end() ? nullptr : found->get();
}

// Blocks of a spec that a sidecar must know, lest it does less than it was told. Selector,
// interception and autoscaling are the operator's, and what is recorded changes no answer.
void add_required(const Value& spec, std::string_view kind, std::vector<std::string>& into) {
  for (const auto& item : spec.items()) {
    const std::string& block = item.key();
    if (block != "selector" && block != "interception" && block != "autoscaling" &&
        block != "observability") {
      into.push_back(std::string(kind) + ".spec." + block);
    }
  }
}

// What the flags of sidecars say that do not heed them; nothing: there are none. Of several the
// youngest pod's, which is made as its workload says.
api::PassThrough unheeded_flags(const World& world) {
  const Pod* youngest = nullptr;
  for (const Ptr<Pod>& pod : world.pods) {
    const bool concerned =
        pod->unheeded && !pod->finished && pod->injected_by == world.policy->meta.name;
    if (concerned &&
        (youngest == nullptr || std::tie(pod->meta.created, pod->meta.name) >
                                    std::tie(youngest->meta.created, youngest->meta.name))) {
      youngest = pod.get();
    }
  }
  return youngest == nullptr ? api::PassThrough{} : *youngest->unheeded;
}

// What resolves and every injected sidecar would refuse all the same.
std::vector<std::string> refusals(const api::Resources& resources,
                                  const resolve::ResolvedPolicy& policy, Callers callers) {
  std::vector<std::string> found;
  for (const auto& table : resources.tables) {
    if (!table.spec.price_files.empty()) {
      found.push_back(to_string(table.origin.error(
          "spec.priceFiles",
          "are for a stand-alone sidecar, and no injected one has such files; give prices in "
          "spec.backends[].models[].price")));
    }
  }
  if (const auto exposed = resolve::check_exposure(policy, callers == Callers::kOwnPod)) {
    const std::string or_clients =
        callers == Callers::kNotKnown
            ? "; nothing tells yet what the pods are: if they are clients, whose sidecars nobody "
              "else reaches, set interception.mode: Environment"
            : "";
    found.push_back(to_string(resources.policies.front().origin.error(
        "spec.listener", "is open to anyone: " + *exposed + or_clients)));
  }
  return found;
}

class Collector {
 public:
  Collector(const World& world, Callers callers) : world_(world), callers_(callers) {}

  DeliveryResult run() {
    const Policy& policy = *world_.policy;
    add(policy, "OptimizationPolicy", "policy.json");
    if (policy.parsed.routing) {
      add_referenced(world_.tables, policy.parsed.routing->table_ref.name, "RoutingTable", "table");
    }
    if (policy.parsed.caching) {
      for (const api::CachingTierSpec& tier : policy.parsed.caching->tiers) {
        add_referenced(world_.tiers, tier.ref.name, "CacheTier", "tier");
      }
    }
    api::PassThrough to = unheeded_flags(world_);
    api::PolicyBindingSpec binding{.required_features = required_,
                                   .policy = policy.meta.key(),
                                   .engine_port = to.engine_port,
                                   .providers = std::move(to.providers),
                                   .secrets_path = std::string(kSecretsPath)};
    put_binding(binding);
    api::Resources resources;
    for (const auto& [file, text] : delivery_.files) {
      api::add_text(resources, file, text, json::Strictness::kTolerant);
    }
    // Any port tells whether they are good.
    const resolve::ResolveResult resolved =
        resolve::resolve(resources, std::nullopt, api::PassThrough{.engine_port = 1});
    if (!resolved) {
      DeliveryResult result;
      for (const api::ResourceError& error : resolved.error()) {
        result.errors.push_back(to_string(error));
      }
      return result;
    }
    if (auto refused = refusals(resources, *resolved, callers_); !refused.empty()) {
      return {std::nullopt, std::move(refused)};
    }
    delivery_.hash = binding.hash.emplace(resolved->hash);
    put_binding(binding);
    add_secrets(resources);
    for (const auto& tier : resources.tiers) {
      delivery_.cache_bytes += tier.spec.memory.size.value;
    }
    return {std::move(delivery_), {}};
  }

 private:
  void add(const Document& object, std::string_view kind, const std::string& file) {
    delivery_.files[file] = document(object, kind).dump();
    add_required(object.spec, kind, required_);
  }

  // What is missing, resolving says.
  void add_referenced(const std::vector<Ptr<Document>>& documents, const std::string& name,
                      std::string_view kind, const std::string& prefix) {
    if (const Document* object = find(documents, name)) {
      add(*object, kind, prefix + "-" + name + ".json");
    }
  }

  void put_binding(const api::PolicyBindingSpec& binding) {
    const Policy& policy = *world_.policy;
    delivery_.files["binding.json"] =
        Value({{"apiVersion", api::kApiVersion},
               {"kind", "PolicyBinding"},
               {"metadata", {{"name", policy.meta.name}, {"namespace", policy.meta.ns}}},
               {"spec", json::write(binding)}})
            .dump();
  }

  void add_secret(const std::optional<api::SecretKeyRef>& ref) {
    if (ref) {
      delivery_.secrets.emplace(ref->name, ref->key);
    }
  }

  void add_secrets(const api::Resources& resources) {
    const api::ListenerSpec& listener = world_.policy->parsed.listener;
    add_secret(listener.authentication.keys_ref);
    if (listener.tls) {
      delivery_.secrets.emplace(listener.tls->certificate_ref.name, "tls.crt");
      delivery_.secrets.emplace(listener.tls->certificate_ref.name, "tls.key");
      add_secret(listener.tls->client_ca_ref);
    }
    for (const auto& table : resources.tables) {
      for (const api::BackendSpec& backend : table.spec.backends) {
        if (backend.credentials) {
          add_secret(backend.credentials->secret_ref);
        }
        if (backend.tls) {
          add_secret(backend.tls->ca_ref);
        }
      }
    }
  }

  const World& world_;
  const Callers callers_;
  Delivery delivery_;
  std::vector<std::string> required_;
};

}  // namespace

DeliveryResult documents_of(const World& world, Callers callers) {
  return Collector(world, callers).run();
}

}  // namespace penstock::reconcile
