#include "operator/app/surroundings.h"

#include <cstdlib>

#include <unistd.h>

namespace penstock::control {
namespace {

constexpr const char* kAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<kube::ClusterConfig> cluster_config(const RunOptions& options) {
  if (!options.kubeconfig.empty()) {
    return kube::load_kubeconfig(options.kubeconfig, options.context);
  }
  return kube::in_cluster_config(environment("KUBERNETES_SERVICE_HOST"),
                                 environment("KUBERNETES_SERVICE_PORT"), kAccountFolder);
}

std::string host_name() {
  std::string name(256, '\0');
  return ::gethostname(name.data(), name.size()) == 0 ? name.c_str() : "penstock-operator";
}

}  // namespace penstock::control
