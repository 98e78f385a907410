#include "operator/kube/cluster_config.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "lib/api/url.h"
#include "lib/json/text.h"
#include "operator/kube/base64.h"
#include "operator/kube/object_meta.h"
#include "operator/kube/text_file.h"

namespace penstock::kube {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> bad(std::string detail) {
  return fail(ErrorCode::kInvalidConfig, std::move(detail));
}

// One kubeconfig: named lists of clusters, users and contexts.
class Kubeconfig {
 public:
  Kubeconfig(fs::path file, json::Value root) : file_(std::move(file)), root_(std::move(root)) {}

  Result<ClusterConfig> read(std::string_view wanted) {
    const std::string context_name =
        wanted.empty() ? text_of(root_, "current-context") : std::string(wanted);
    if (context_name.empty()) {
      return bad(file_.string() + " has no current-context; choose one with --context");
    }
    const json::Value* context = named("contexts", "context", context_name);
    if (context == nullptr) {
      return bad(file_.string() + " has no context " + context_name);
    }
    const json::Value* cluster = named("clusters", "cluster", text_of(*context, "cluster"));
    const json::Value* user = named("users", "user", text_of(*context, "user"));
    if (cluster == nullptr || user == nullptr) {
      return bad(file_.string() + ": context " + context_name + " names a " +
                 (cluster == nullptr ? "cluster" : "user") + " that is not there");
    }
    config_.ns = text_of(*context, "namespace");
    if (config_.ns.empty()) {
      config_.ns = "default";
    }
    if (Result<void> read = read_cluster(*cluster); !read) {
      return std::unexpected(std::move(read).error());
    }
    if (Result<void> read = read_user(*user); !read) {
      return std::unexpected(std::move(read).error());
    }
    return std::move(config_);
  }

 private:
  const json::Value* named(const char* list, const char* what, const std::string& name) const {
    const json::Value& entries = member(root_, list);
    if (entries.is_array()) {
      for (const json::Value& entry : entries) {
        if (text_of(entry, "name") == name && member(entry, what).is_object()) {
          return &member(entry, what);
        }
      }
    }
    return nullptr;
  }

  Result<void> read_cluster(const json::Value& cluster) {
    const Result<api::Url> url = api::parse_url(text_of(cluster, "server"));
    if (!url) {
      return bad(file_.string() + ": the cluster's server " + url.error().detail);
    }
    for (const char* unsupported : {"tls-server-name", "proxy-url"}) {
      if (!text_of(cluster, unsupported).empty()) {
        return bad(file_.string() + ": " + unsupported + " of a cluster is not supported");
      }
    }
    if (flag_of(cluster, "insecure-skip-tls-verify")) {
      return bad(file_.string() +
                 ": insecure-skip-tls-verify is refused; give certificate-authority");
    }
    config_.https = url->https;
    config_.host = url->host;
    config_.port = url->port;
    config_.base_path = url->base_path;
    return take_pem(cluster, "certificate-authority", config_.ca_pem);
  }

  Result<void> read_user(const json::Value& user) {
    for (const char* unsupported : {"exec", "auth-provider", "username"}) {
      if (!member(user, unsupported).is_null()) {
        return bad(file_.string() + ": the user's " + unsupported +
                   " is not supported; use a client certificate or a token (kubectl create token)");
      }
    }
    config_.token = text_of(user, "token");
    if (const std::string token_file = text_of(user, "tokenFile"); !token_file.empty()) {
      config_.token_file = file_.parent_path() / token_file;
    }
    if (Result<void> taken = take_pem(user, "client-certificate", config_.client_pem); !taken) {
      return taken;
    }
    return take_pem(user, "client-key", config_.client_key_pem);
  }

  // "NAME-data" holds the text itself in base64; "NAME" names a file.
  Result<void> take_pem(const json::Value& object, const std::string& name, std::string& into) {
    if (const std::string data = text_of(object, (name + "-data").c_str()); !data.empty()) {
      std::optional<std::string> decoded = decode_base64(data);
      if (!decoded) {
        return bad(file_.string() + ": " + name + "-data is not base64");
      }
      into = std::move(*decoded);
    } else if (const std::string path = text_of(object, name.c_str()); !path.empty()) {
      const fs::path full = file_.parent_path() / path;
      std::optional<std::string> text = read_text_file(full);
      if (!text) {
        return bad(full.string() + " (" + name + ") cannot be read");
      }
      into = std::move(*text);
    }
    return {};
  }

  const fs::path file_;
  const json::Value root_;
  ClusterConfig config_;
};

}  // namespace

Result<ClusterConfig> in_cluster_config(std::string_view host, std::string_view port,
                                        const fs::path& folder) {
  if (host.empty() || port.empty()) {
    return bad(
        "not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; "
        "give --kubeconfig FILE");
  }
  ClusterConfig config;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), config.port);
  if (error != std::errc() || end != port.data() + port.size()) {
    return bad("KUBERNETES_SERVICE_PORT is not a port");
  }
  config.host = host;
  config.token_file = folder / "token";
  config.ca_file = folder / "ca.crt";
  if (!read_text_file(config.token_file)) {
    return bad(config.token_file +
               " cannot be read: the pod needs its service account's token mounted");
  }
  config.ns = read_text_file(folder / "namespace").value_or("default");
  return config;
}

Result<ClusterConfig> load_kubeconfig(const fs::path& file, std::string_view context) {
  const std::optional<std::string> text = read_text_file(file);
  if (!text) {
    return bad(file.string() + " cannot be read");
  }
  json::Text parsed = json::parse_yaml(*text);
  if (!parsed.errors.empty()) {
    return bad(file.string() + ":" + std::to_string(parsed.errors.front().line) + " " +
               parsed.errors.front().message);
  }
  if (parsed.documents.empty()) {
    return bad(file.string() + " is empty");
  }
  return Kubeconfig(file, std::move(parsed.documents.front().value)).read(context);
}

}  // namespace penstock::kube
