#include <algorithm>
#include <cctype>
#include <chrono>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sidecar/admin/admin_api.h"
#include "tests/fakes/fake_admin_sources.h"
#include "tests/sidecar/admin/openapi_document.h"

namespace penstock::admin {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

// Everything set that an answer can show.
void fill(fakes::FakeAdminSources& sources) {
  using std::chrono::microseconds;
  sources.process_status = {.version = "0.1.0",
                            .started_at = WallTime(std::chrono::hours(1)),
                            .uptime = std::chrono::seconds(5),
                            .workers = 2,
                            .resident_bytes = 1000};
  sources.policy_status = {.name = "default/chat",
                           .hash = "abc",
                           .mode = "Enforce",
                           .generation = 3,
                           .activated_at = WallTime(),
                           .last_error = "default/chat: spec.caching.ttl: not a duration",
                           .last_error_at = WallTime()};
  sources.tiers = {{.name = "default/memory", .size_bytes = 100, .used_bytes = 10, .entries = 1}};
  sources.backend_list = {{.name = "openai",
                           .url = "https://api.example/v1",
                           .dialect = "openai",
                           .models = {"gpt-4o"},
                           .healthy = true,
                           .has_credentials = true,
                           .open_connections = 2}};
  request::RequestRecord full;
  full.id = "1";
  full.method = "POST";
  full.path = "/v1/messages";
  full.endpoint = {domain::Dialect::kAnthropic, domain::Operation::kMessages};
  full.model = "claude";
  full.response_model = "claude-1";
  full.backend = "anthropic";
  full.tenant = "0123";
  full.trace_id = "0af7651916cd43dd8448eb211c80319c";
  full.policy_hash = "abc";
  full.status = 200;
  full.cache = request::CacheState::kBypass;
  full.bypass_reason = "no_store";
  full.disconnect = request::Disconnect::kDownstream;
  full.error = "upstream_failed";
  full.timing = {.queue = microseconds(1),
                 .cache = microseconds(1),
                 .connect = microseconds(1),
                 .first_byte = microseconds(1),
                 .first_token = microseconds(1),
                 .upstream = microseconds(1),
                 .total = microseconds(1),
                 .overhead = microseconds(1)};
  full.usage_known = true;
  full.cost_known = true;
  full.cost = 1;
  full.saved_cost = 1;
  full.unpriced_reason = "no_price";
  full.price_version = "0123456789abcdef";
  sources.records = {full, request::RequestRecord()};
  sources.metrics = "up 1\n";
  sources.token = "s3cret";
  sources.signals_report.time_to_first_token.add(250'000);
  sources.signals_report.engine = signals::EngineLoad{.name = "vllm",
                                                      .age_ms = 1,
                                                      .kv_usage = 0.5,
                                                      .kv_capacity_tokens = 1,
                                                      .running = 1,
                                                      .waiting = 0,
                                                      .preemptions = 0};
}

class OpenApiTest : public testing::Test {
 protected:
  void check(Listener listener, const AdminRequest& request) {
    const AdminResponse response = api_.handle(listener, request);
    const bool is_json = response.content_type == "application/json";
    const nlohmann::json body =
        is_json ? nlohmann::json::parse(response.body) : nlohmann::json(response.body);
    for (const std::string& finding :
         document_.check(lower(request.method), std::string(request.path), response.status,
                         response.content_type, body)) {
      ADD_FAILURE() << request.method << " " << request.path << ": " << finding;
    }
  }

  fakes::FakeAdminSources sources_;
  AdminApi api_{sources_};
  const OpenApiDocument document_{"docs/reference/admin-openapi.yaml"};
};

TEST_F(OpenApiTest, DescribesExactlyTheRoutesThereAre) {
  std::vector<std::pair<std::string, std::string>> served;
  for (const AdminRoute& route : AdminApi::routes()) {
    const std::string method = lower(route.method);
    const std::string path(route.path);
    served.emplace_back(method, path);
    EXPECT_EQ(document_.has_tag(method, path, "status"), route.on_status) << path;
    EXPECT_EQ(document_.needs_bearer(method, path), route.needs_bearer) << path;
  }
  std::vector<std::pair<std::string, std::string>> described = document_.operations();
  std::ranges::sort(served);
  std::ranges::sort(described);
  EXPECT_EQ(described, served);
}

TEST_F(OpenApiTest, AnswersOfABareProcessFit) {
  for (const Lifecycle state : {Lifecycle::kStarting, Lifecycle::kDrained}) {
    sources_.state = state;
    for (const AdminRoute& route : AdminApi::routes()) {
      if (route.path != "/drained" || state == Lifecycle::kDrained) {
        check(Listener::kAdmin, {.method = route.method, .path = route.path});
      }
    }
  }
}

TEST_F(OpenApiTest, AnswersOfABusyProcessFit) {
  fill(sources_);
  for (const AdminRoute& route : AdminApi::routes()) {
    if (route.path != "/drained") {
      check(Listener::kAdmin, {.method = route.method, .path = route.path});
    }
  }
}

TEST_F(OpenApiTest, RefusalsFit) {
  check(Listener::kStatus, {.method = "GET", .path = "/api/policy"});
  check(Listener::kAdmin, {.method = "GET", .path = "/api/requests", .query = "limit=x"});
  check(Listener::kAdmin, {.method = "POST", .path = "/api/cache/clear", .query = "tenant="});
  check(Listener::kAdmin, {.method = "POST", .path = "/drain", .origin = "http://evil.example"});
  check(Listener::kAdmin,
        {.method = "POST", .path = "/api/cache/clear", .origin = "http://evil.example"});
}

// The checker itself: a check that finds nothing must not be one that cannot.
TEST(OpenApiDocumentTest, FindsEachKindOfDeviation) {
  const OpenApiDocument document(YAML::Load(R"(
paths:
  /x:
    get:
      responses:
        "200": {content: {application/json: {schema: {$ref: "#/components/schemas/X"}}}}
components:
  schemas:
    X:
      type: object
      required: [id]
      properties:
        id: {type: integer}
        word: {type: string, enum: [a, b]}
        list: {type: array, items: {type: number}}
)"));
  const auto findings = [&](const char* json, int status = 200,
                            const char* type = "application/json") {
    return document.check("get", "/x", status, type, nlohmann::json::parse(json)).size();
  };
  EXPECT_EQ(findings(R"({"id": 1, "word": "a", "list": [1, 2.5]})"), 0U);
  EXPECT_EQ(findings(R"({"word": "a"})"), 1U);           // lacks id
  EXPECT_EQ(findings(R"({"id": 1.5})"), 1U);             // not an integer
  EXPECT_EQ(findings(R"({"id": 1, "more": 1})"), 1U);    // not declared
  EXPECT_EQ(findings(R"({"id": 1, "word": "c"})"), 1U);  // not in the enum
  EXPECT_EQ(findings(R"({"id": 1, "list": [1, "2", {}]})"), 2U);
  EXPECT_EQ(findings("[]"), 1U);
  EXPECT_EQ(findings(R"({"id": 1})", 404), 1U);
  EXPECT_EQ(findings(R"({"id": 1})", 200, "text/html"), 1U);
  EXPECT_EQ(document.check("post", "/x", 200, "application/json", nlohmann::json()).size(), 1U);
}

}  // namespace
}  // namespace penstock::admin
