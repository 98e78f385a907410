#include "operator/webhook/port_pointers.h"

#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "lib/json/read.h"
#include "operator/webhook/pod_patch.h"

// tests/cases/probe_move.yaml in C++; e2e/test_port_swap.py runs it on a real API server.
namespace penstock::webhook {
namespace {

using json::Value;

TEST(PortPointersTest, EveryCaseOfTheTable) {
  std::ifstream in("tests/cases/probe_move.yaml", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const Value table = json::parse_yaml(text).documents.at(0).value;
  ASSERT_GT(table["cases"].size(), 4U);
  const api::InjectionStatus injection{
      .hash = "1",
      .container = {{"name", kSidecarName}},
      .redirect = {{"name", "penstock-redirect"}},
      .probe_move = api::ProbeMoveStatus{.from = table["move"]["from"], .to = table["move"]["to"]}};
  for (const Value& row : table["cases"]) {
    SCOPED_TRACE(row["name"].get<std::string>());
    const Value pod = {{"metadata", {{"name", "p"}}},
                       {"spec", {{"containers", Value::array({row["in"]})}}}};
    EXPECT_EQ(pod.patch(pod_patch(pod, injection))["spec"]["containers"][0], row["out"]);
  }
}

TEST(PortPointersTest, ThePortIsThatOfTcp) {
  const Value container = {
      {"ports", Value::array({{{"name", "quic"}, {"containerPort", 8000}, {"protocol", "UDP"}},
                              {{"name", "http"}, {"containerPort", 8000}, {"protocol", "TCP"}},
                              {{"containerPort", 8000}},
                              {{"name", "other"}, {"containerPort", 9000}}})}};
  EXPECT_EQ(names_of_port(container, 8000), (std::vector<std::string>{"http", ""}));
}

}  // namespace
}  // namespace penstock::webhook
