#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "lib/result/result.h"

namespace penstock::kube {

// How to reach an API server and as whom. PEM texts and tokens are secrets: never logged.
struct ClusterConfig {
  bool https = true;
  std::string host;
  int port = 443;
  std::string base_path;   // before "/api", without a slash at its end
  std::string ca_pem;      // empty: `ca_file`, and the system's CAs where that is empty too
  std::string ca_file;     // read again when it changes
  std::string client_pem;  // certificate, then its chain
  std::string client_key_pem;
  std::string token;       // empty: `token_file`
  std::string token_file;  // read again when it changes
  std::string ns;          // of the service account or context; "default" where unknown
};

// From a service account's mounted folder and the addresses that a kubelet puts into the
// environment (KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT). The error says what is missing.
Result<ClusterConfig> in_cluster_config(std::string_view host, std::string_view port,
                                        const std::filesystem::path& folder);

// The current context of a kubeconfig, or `context`. Paths in it are relative to the file. Users
// with certificates or tokens; exec plugins, auth providers and passwords are refused by name.
Result<ClusterConfig> load_kubeconfig(const std::filesystem::path& file,
                                      std::string_view context = {});

}  // namespace penstock::kube
