#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sidecar/admin/admin_sources.h"

namespace penstock::admin {

enum class Listener : std::uint8_t {
  kStatus,  // on the pod's address: a read-only part, behind a bearer but for health, drained,
            // metrics and signals
  kAdmin,   // on loopback: everything
};

// One request, already read; the views live until handle() returns.
struct AdminRequest {
  std::string_view method;
  std::string_view path;   // without the query
  std::string_view query;  // without '?', still percent-encoded
  std::string_view body;
  std::string_view bearer;     // of Authorization, see bearer_token(); empty: none
  std::string_view host;       // of Host; empty: none
  std::string_view origin;     // of Origin; empty: none
  bool patience_over = false;  // it has waited for as long as it was told to
};

struct AdminResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>>
      headers;  // besides Content-Type and Content-Length
  // Nothing is to be sent yet: hold the request until the drain has begun or ended and ask again,
  // or for this long at most (0: no limit) and ask again with patience_over. The rest is not set.
  bool wait_for_drained = false;
  std::chrono::milliseconds wait_at_most{0};
};

struct AdminRoute {
  std::string_view method;
  std::string_view path;
  bool on_status = false;     // also on the status listener …
  bool needs_bearer = false;  // … with a bearer there
};

// The status and admin API without its transport: requests in, answers out.
// docs/reference/admin-openapi.yaml describes every path; a test checks the answers against it.
//
// A HEAD is answered as its GET; the transport leaves the body out.
// Against web pages that make a browser ask: the admin listener takes only hosts that are addresses
// or "localhost" (no DNS rebinding), and changes nothing for a request whose Origin is another
// host. Threads: as AdminSources; keeps nothing between requests.
class AdminApi {
 public:
  explicit AdminApi(AdminSources& sources) : sources_(sources) {}

  [[nodiscard]] AdminResponse handle(Listener listener, const AdminRequest& request);

  [[nodiscard]] static std::span<const AdminRoute> routes();

 private:
  [[nodiscard]] AdminResponse answer(std::string_view path, const AdminRequest& request);
  [[nodiscard]] AdminResponse ready();
  [[nodiscard]] AdminResponse drained(bool patience_over);
  void name_policy(AdminResponse& response);
  [[nodiscard]] AdminResponse recent_requests(const AdminRequest& request);
  [[nodiscard]] AdminResponse clear_cache(const AdminRequest& request);

  AdminSources& sources_;
};

}  // namespace penstock::admin
