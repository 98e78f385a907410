#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "lib/net/tls.h"
#include "lib/resolve/resolved_policy.h"
#include "lib/sync/mutex.h"

namespace penstock::http {

// Where connections of a backend go. Two backends with equal settings share one origin, and so one
// pool; an edit of anything else keeps the pooled connections.
struct Origin {
  std::uint32_t id = 0;
  std::string host;
  std::uint16_t port = 0;
  std::string authority;  // for the Host field: the port only where it is not the scheme's own
  std::string server_name;
  std::shared_ptr<const net::TlsContext> tls;  // nullptr: plain
  bool same_pod = false;                       // the engine beside an injected sidecar

  // Of all workers.
  mutable std::atomic<std::uint32_t> open_connections{0};
};

// A backend as the data path sees it: its origin and what is put into its requests.
struct Upstream {
  std::shared_ptr<const Origin> origin;
  std::string base_path;    // comes before a request's path, as the user wrote it
  std::string versionless;  // … and without the version it ends with, if it does
  std::string
      credential_name;  // "authorization" or "x-api-key"; empty: the client's own credential
  std::string credential_value;

  // SDKs put the version into their requests' path as well as users into the base URL: it is sent
  // once.
  [[nodiscard]] std::string_view prefix_for(std::string_view path) const {
    const std::string_view version = std::string_view(base_path).substr(versionless.size());
    const bool has_version =
        path.starts_with(version) && path.substr(version.size()).find_first_not_of("/?") != 0;
    return has_version ? versionless : base_path;
  }
};

// Gives each distinct place of connections one small id for the life of the process.
//
// Threads: any. Grows with each distinct origin that any policy ever named.
class OriginTable {
 public:
  // `ca_path`: the backend's CA bundle as a file; empty: the system's. kInvalidConfig when it
  // cannot be loaded.
  Result<std::shared_ptr<const Origin>> origin(const resolve::Backend& backend,
                                               const std::string& ca_path);

 private:
  sync::Mutex mutex_;
  std::uint32_t next_id_ PENSTOCK_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::shared_ptr<const Origin>> origins_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::http
