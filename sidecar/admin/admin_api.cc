#include "sidecar/admin/admin_api.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

#include "lib/signals/report_json.h"
#include "sidecar/admin/answers_json.h"
#include "sidecar/admin/request_checks.h"

namespace penstock::admin {
namespace {

constexpr std::size_t kRequestsDefault = 50;
constexpr std::size_t kRequestsMax = 1000;
// The engine's hook, which asks /drained, may come before the one that begins the drain: up to
// 350 ms were seen on a real kubelet. Without a drain an engine is ended for itself, and must not
// wait longer than this.
constexpr std::chrono::seconds kDrainToBegin{2};

constexpr std::array kRoutes = {
    AdminRoute{"GET", "/healthz", /*on_status=*/true, /*needs_bearer=*/false},
    AdminRoute{"GET", "/readyz", true, false},
    AdminRoute{"GET", "/drained", true, false},
    AdminRoute{"GET", "/metrics", true, false},
    AdminRoute{"GET", "/api/policy", true, true},
    AdminRoute{"GET", "/api/signals", true, false},
    AdminRoute{"GET", "/api/backends", false, false},
    AdminRoute{"GET", "/api/requests", false, false},
    AdminRoute{"GET", "/api/cache/stats", false, false},
    AdminRoute{"POST", "/api/cache/clear", false, false},
    AdminRoute{"GET", "/api/dashboard/summary", false, false},
    AdminRoute{"POST", "/drain", false, false},
};

AdminResponse json_answer(std::string body) {
  AdminResponse response;
  response.body = std::move(body);
  return response;
}

AdminResponse error_answer(int status, std::string_view code, std::string_view message) {
  AdminResponse response = json_answer(error_json(code, message));
  response.status = status;
  return response;
}

AdminResponse unauthenticated() {
  AdminResponse response =
      error_answer(401, "unauthenticated", "This path needs a valid bearer token.");
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

bool asks(const AdminRoute& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

// A page of another site can make a browser send a POST, but not hide where it came from.
bool is_foreign(const AdminRequest& request) {
  constexpr std::string_view kScheme = "http://";
  return !request.origin.empty() && !(request.origin.starts_with(kScheme) &&
                                      request.origin.substr(kScheme.size()) == request.host);
}

}  // namespace

std::span<const AdminRoute> AdminApi::routes() {
  return kRoutes;
}

AdminResponse AdminApi::handle(Listener listener, const AdminRequest& request) {
  if (listener == Listener::kAdmin && !is_local_host(request.host)) {
    return error_answer(403, "forbidden", "Ask by address or as localhost.");
  }
  const auto route = std::ranges::find(kRoutes, request.path, &AdminRoute::path);
  if (route == kRoutes.end() || (listener == Listener::kStatus && !route->on_status)) {
    return error_answer(404, "not_found", "No such path on this listener.");
  }
  if (!asks(*route, request.method)) {
    AdminResponse response =
        error_answer(405, "method_not_allowed", "No such method on this path.");
    response.headers.emplace_back("Allow", route->method == "GET" ? "GET, HEAD" : "POST");
    return response;
  }
  if (route->method == "POST" && is_foreign(request)) {
    return error_answer(403, "forbidden", "Requests from other sites change nothing here.");
  }
  if (listener == Listener::kStatus && route->needs_bearer) {
    const std::optional<std::string> token = sources_.status_token();
    if (!token || token->empty() || !equal_in_constant_time(*token, request.bearer)) {
      return unauthenticated();
    }
  }
  return answer(route->path, request);
}

AdminResponse AdminApi::answer(std::string_view path, const AdminRequest& request) {
  if (path == "/healthz") {
    AdminResponse response = json_answer(status_json("ok"));
    name_policy(response);
    return response;
  }
  if (path == "/readyz") {
    return ready();
  }
  if (path == "/drained") {
    return drained(request.patience_over);
  }
  if (path == "/metrics") {
    AdminResponse response = json_answer(sources_.metrics_text());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  }
  if (path == "/api/policy") {
    return json_answer(policy_json(sources_.policy()));
  }
  if (path == "/api/signals") {
    return json_answer(signals::to_json(sources_.signals()));
  }
  if (path == "/api/backends") {
    return json_answer(backends_json(sources_.backends()));
  }
  if (path == "/api/requests") {
    return recent_requests(request);
  }
  if (path == "/api/cache/stats") {
    return json_answer(cache_json(sources_.cache_tiers()));
  }
  if (path == "/api/cache/clear") {
    return clear_cache(request);
  }
  if (path == "/api/dashboard/summary") {
    return json_answer(summary_json(sources_.process(), sources_.lifecycle(), sources_.policy(),
                                    sources_.cache_tiers(), sources_.totals()));
  }
  sources_.start_drain();
  AdminResponse response = json_answer(status_json(label(sources_.lifecycle())));
  response.status = 202;
  return response;
}

AdminResponse AdminApi::ready() {
  const Lifecycle lifecycle = sources_.lifecycle();
  AdminResponse response = json_answer(status_json(label(lifecycle)));
  response.status = lifecycle == Lifecycle::kReady ? 200 : 503;
  name_policy(response);
  return response;
}

// Health is open to all, so that an operator without a token sees which version runs; what is wrong
// with another version is behind the bearer.
void AdminApi::name_policy(AdminResponse& response) {
  const PolicyStatus policy = sources_.policy();
  response.headers.emplace_back("x-penstock-policy", policy.hash);
  response.headers.emplace_back("x-penstock-version", sources_.process().version);
  if (!policy.last_error.empty()) {
    response.headers.emplace_back("x-penstock-policy-problem", "refused");
  }
}

AdminResponse AdminApi::drained(bool patience_over) {
  const Lifecycle lifecycle = sources_.lifecycle();
  const bool draining = lifecycle == Lifecycle::kDraining;
  if (draining || (lifecycle != Lifecycle::kDrained && !patience_over)) {
    AdminResponse later;
    later.wait_for_drained = true;
    later.wait_at_most = draining ? std::chrono::seconds(0) : kDrainToBegin;
    return later;
  }
  return json_answer(status_json(label(lifecycle)));
}

AdminResponse AdminApi::recent_requests(const AdminRequest& request) {
  std::size_t limit = kRequestsDefault;
  if (const std::optional<std::string> text = query_value(request.query, "limit")) {
    const char* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, limit);
    if (text->empty() || read.ec != std::errc() || read.ptr != end || limit < 1 ||
        limit > kRequestsMax) {
      return error_answer(400, "invalid_request", "limit must be a number from 1 to 1000.");
    }
  }
  std::vector<request::RequestRecord> records;
  sources_.recent_requests(limit, records);
  return json_answer(requests_json(records));
}

AdminResponse AdminApi::clear_cache(const AdminRequest& request) {
  const std::optional<std::string> tenant = query_value(request.query, "tenant");
  if (tenant && tenant->empty()) {
    return error_answer(400, "invalid_request",
                        "tenant is empty; leave it out to clear everything.");
  }
  return json_answer(cleared_json(sources_.clear_cache(tenant)));
}

}  // namespace penstock::admin
