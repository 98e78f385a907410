#include "sidecar/admin/admin_api.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sidecar/admin/answers_json.h"
#include "tests/fakes/fake_admin_sources.h"

namespace penstock::admin {
namespace {

class AdminApiTest : public testing::Test {
 protected:
  AdminResponse ask(Listener listener, std::string_view method, std::string_view path,
                    std::string_view query = "", std::string_view bearer = "") {
    return api_.handle(listener, AdminRequest{.method = method,
                                              .path = path,
                                              .query = query,
                                              .body = "",
                                              .bearer = bearer,
                                              .host = "127.0.0.1:9901",
                                              .origin = ""});
  }
  AdminResponse admin(std::string_view method, std::string_view path, std::string_view query = "") {
    return ask(Listener::kAdmin, method, path, query);
  }
  static nlohmann::json body(const AdminResponse& response) {
    return nlohmann::json::parse(response.body);
  }
  static std::string header(const AdminResponse& response, std::string_view name) {
    for (const auto& [own, value] : response.headers) {
      if (own == name) {
        return value;
      }
    }
    return "";
  }

  fakes::FakeAdminSources sources_;
  AdminApi api_{sources_};
};

TEST_F(AdminApiTest, HealthDoesNotDependOnReadiness) {
  for (const Lifecycle state : {Lifecycle::kStarting, Lifecycle::kReady, Lifecycle::kDraining}) {
    sources_.state = state;
    EXPECT_EQ(admin("GET", "/healthz").status, 200);
    const AdminResponse ready = admin("GET", "/readyz");
    EXPECT_EQ(ready.status, state == Lifecycle::kReady ? 200 : 503);
    EXPECT_EQ(body(ready)["status"], label(state));
  }
}

TEST_F(AdminApiTest, DrainedWaitsForTheDrainToBeginAndToEnd) {
  EXPECT_TRUE(ask(Listener::kStatus, "GET", "/drained").wait_for_drained);
  EXPECT_EQ(admin("POST", "/drain").status, 202);
  EXPECT_EQ(sources_.state, Lifecycle::kDraining);
  EXPECT_TRUE(ask(Listener::kStatus, "GET", "/drained").wait_for_drained);
  sources_.state = Lifecycle::kDrained;
  const AdminResponse drained = ask(Listener::kStatus, "GET", "/drained");
  EXPECT_FALSE(drained.wait_for_drained);
  EXPECT_EQ(drained.status, 200);
  EXPECT_EQ(body(admin("POST", "/drain"))["status"], "drained");
}

TEST_F(AdminApiTest, MetricsAreText) {
  sources_.metrics = "up 1\n";
  const AdminResponse response = ask(Listener::kStatus, "GET", "/metrics");
  EXPECT_EQ(response.body, "up 1\n");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
}

TEST_F(AdminApiTest, TheStatusListenerServesOnlyItsPart) {
  for (const AdminRoute& route : AdminApi::routes()) {
    const int status = ask(Listener::kStatus, route.method, route.path).status;
    if (!route.on_status) {
      EXPECT_EQ(status, 404) << route.path;
    } else if (route.needs_bearer) {
      EXPECT_EQ(status, 401) << route.path;
    } else {
      EXPECT_EQ(status, 200) << route.path;
    }
  }
  EXPECT_EQ(ask(Listener::kStatus, "POST", "/drain").status, 404);
  EXPECT_TRUE(sources_.cleared.empty());
  EXPECT_EQ(sources_.state, Lifecycle::kReady);
}

TEST_F(AdminApiTest, TheBearerOpensTheStatusListenerOnly) {
  EXPECT_EQ(ask(Listener::kStatus, "GET", "/api/policy", "", "anything").status, 401);
  sources_.token = "";  // an empty secret is no secret
  EXPECT_EQ(ask(Listener::kStatus, "GET", "/api/policy").status, 401);
  sources_.token = "s3cret";
  EXPECT_EQ(ask(Listener::kStatus, "GET", "/api/policy", "", "s3cret").status, 200);
  const AdminResponse refused = ask(Listener::kStatus, "GET", "/api/policy", "", "s3cre");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(header(refused, "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(refused.body.find("s3c"), std::string::npos);
  EXPECT_EQ(admin("GET", "/api/policy").status, 200);
  EXPECT_EQ(ask(Listener::kStatus, "GET", "/api/requests", "", "s3cret").status, 404);
}

TEST_F(AdminApiTest, UnknownPathsAndMethodsAreJsonErrors) {
  const AdminResponse unknown = admin("GET", "/api/nothing");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(body(unknown)["error"]["code"], "not_found");
  EXPECT_EQ(admin("GET", "/healthz/").status, 404);

  const AdminResponse read_only = admin("DELETE", "/healthz");
  EXPECT_EQ(read_only.status, 405);
  EXPECT_EQ(header(read_only, "Allow"), "GET, HEAD");
  const AdminResponse write_only = admin("GET", "/drain");
  EXPECT_EQ(write_only.status, 405);
  EXPECT_EQ(header(write_only, "Allow"), "POST");
  EXPECT_EQ(sources_.state, Lifecycle::kReady);
  EXPECT_EQ(admin("HEAD", "/healthz").status, 200);
  EXPECT_EQ(admin("HEAD", "/drain").status, 405);
}

TEST_F(AdminApiTest, ClearsOneTenantOrAll) {
  EXPECT_EQ(body(admin("POST", "/api/cache/clear"))["clearedEntries"], 7);
  EXPECT_EQ(admin("POST", "/api/cache/clear", "tenant=ab%2Fc").status, 200);
  EXPECT_EQ(admin("POST", "/api/cache/clear", "tenant=").status, 400);  // a script's unset variable
  EXPECT_EQ(sources_.cleared, (std::vector<std::string>{"<all>", "ab/c"}));
}

TEST_F(AdminApiTest, GivesTheLastRequestsUpToALimit) {
  sources_.records.resize(60);
  sources_.records.front().id = "newest";
  const auto all = body(admin("GET", "/api/requests"));
  EXPECT_EQ(all["requests"].size(), 50U);
  EXPECT_EQ(all["requests"][0]["id"], "newest");
  EXPECT_EQ(body(admin("GET", "/api/requests", "limit=2"))["requests"].size(), 2U);
  EXPECT_EQ(body(admin("GET", "/api/requests", "limit=1000"))["requests"].size(), 60U);
  for (const char* bad : {"limit=0", "limit=1001", "limit=-1", "limit=x", "limit=1x",
                          "limit=", "limit", "limit=99999999999999999999999"}) {
    EXPECT_EQ(admin("GET", "/api/requests", bad).status, 400) << bad;
  }
}

TEST_F(AdminApiTest, NoRequestsAreAnEmptyList) {
  EXPECT_EQ(body(admin("GET", "/api/requests"))["requests"], nlohmann::json::array());
}

TEST_F(AdminApiTest, SummarisesShares) {
  sources_.metric_totals = {
      .cache_hits = 3, .cache_misses = 5, .coalesced = 2, .cost = 1'500'000'000'000};
  const auto summary = body(admin("GET", "/api/dashboard/summary"));
  EXPECT_EQ(summary["cache"]["savedShare"], 0.5);  // (3 + 2) of (3 + 2 + 5)
  EXPECT_EQ(summary["cost"]["usedUsd"], "1.5");
  EXPECT_EQ(summary["latency"]["requestSeconds"]["p99"], 0);
}

TEST_F(AdminApiTest, WithoutTrafficNothingIsDividedByZero) {
  EXPECT_EQ(body(admin("GET", "/api/dashboard/summary"))["cache"]["savedShare"], 0);
}

TEST_F(AdminApiTest, TextThatIsNotUtf8DoesNotBreakAnAnswer) {
  sources_.policy_status.last_error = "bad byte \xFF";
  EXPECT_EQ(body(admin("GET", "/api/policy"))["lastError"]["message"], "bad byte \xEF\xBF\xBD");
}

TEST_F(AdminApiTest, PagesOfOtherSitesChangeNothing) {
  AdminRequest request{.method = "POST",
                       .path = "/drain",
                       .query = "",
                       .body = "",
                       .bearer = "",
                       .host = "127.0.0.1:9901",
                       .origin = "http://evil.example"};
  EXPECT_EQ(api_.handle(Listener::kAdmin, request).status, 403);
  request.origin = "null";
  EXPECT_EQ(api_.handle(Listener::kAdmin, request).status, 403);
  // Rebinding: the page's own name resolves to loopback, so host and origin agree.
  request.host = "evil.example:9901";
  request.origin = "http://evil.example:9901";
  EXPECT_EQ(api_.handle(Listener::kAdmin, request).status, 403);
  request.method = "GET";
  request.path = "/api/requests";
  EXPECT_EQ(api_.handle(Listener::kAdmin, request).status, 403);
  EXPECT_EQ(sources_.state, Lifecycle::kReady);

  request = {.method = "POST",
             .path = "/drain",
             .host = "localhost:9901",
             .origin = "http://localhost:9901"};
  EXPECT_EQ(api_.handle(Listener::kAdmin, request).status, 202);
}

TEST_F(AdminApiTest, ProbesByNameReachTheStatusListener) {
  const AdminRequest probe{.method = "GET", .path = "/readyz", .host = "pod.example"};
  EXPECT_EQ(api_.handle(Listener::kStatus, probe).status, 200);
}

}  // namespace
}  // namespace penstock::admin
