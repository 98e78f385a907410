#include "sidecar/http/origin.h"

#include <filesystem>

namespace penstock::http {
namespace {

std::string authority_of(const resolve::Backend& backend) {
  const bool ipv6 = backend.host.contains(':');
  std::string authority = ipv6 ? "[" + backend.host + "]" : backend.host;
  const std::uint16_t usual = backend.https ? 443 : 80;
  if (backend.port != usual) {
    authority += ":" + std::to_string(backend.port);
  }
  return authority;
}

// A rotated CA bundle is another origin: connections made under the old one are not reused.
std::string file_version(const std::string& path) {
  if (path.empty()) {
    return {};
  }
  std::error_code missing;
  const auto changed = std::filesystem::last_write_time(path, missing);
  return path + "@" + (missing ? "?" : std::to_string(changed.time_since_epoch().count()));
}

}  // namespace

Result<std::shared_ptr<const Origin>> OriginTable::origin(const resolve::Backend& backend,
                                                          const std::string& ca_path) {
  const std::string server_name =
      backend.tls.server_name.empty() ? backend.host : backend.tls.server_name;
  const std::string key = (backend.https ? "https|" : "http|") + backend.host + "|" +
                          std::to_string(backend.port) + "|" + server_name + "|" +
                          (backend.tls.verify ? "verify|" : "trust|") +
                          (backend.same_pod ? "pod|" : "|") + file_version(ca_path);
  const sync::MutexLock lock(mutex_);
  const auto known = origins_.find(key);
  if (known != origins_.end()) {
    return known->second;
  }
  auto origin = std::make_shared<Origin>();
  origin->host = backend.host;
  origin->port = backend.port;
  origin->authority = authority_of(backend);
  origin->server_name = server_name;
  origin->same_pod = backend.same_pod;
  if (backend.https) {
    auto tls = net::TlsContext::client({ca_path, backend.tls.verify});
    if (!tls) {
      return std::unexpected(tls.error());
    }
    origin->tls = std::move(*tls);
  }
  origin->id = next_id_++;
  origins_.emplace(key, origin);
  return origin;
}

}  // namespace penstock::http
