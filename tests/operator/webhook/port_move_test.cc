#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "lib/json/read.h"
#include "operator/webhook/pod_patch.h"

// tests/cases/port_swap.yaml in C++; e2e/test_port_swap.py runs it on a real API server.
namespace penstock::webhook {
namespace {

using json::Value;

Value read_cases() {
  std::ifstream in("tests/cases/port_swap.yaml", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return json::parse_yaml(text).documents.at(0).value;
}

api::InjectionStatus injection_with(const Value& swap) {
  api::InjectionStatus injection{
      .hash = "1",
      .container = {{"name", kSidecarName}, {"ports", Value::array({{{"containerPort", 15820}}})}}};
  if (!swap.is_null()) {
    injection.port_swap.emplace();
    json::Reader reader(json::Strictness::kStrict);
    json::read(reader, swap, *injection.port_swap);
    EXPECT_TRUE(reader.errors().empty());
  }
  return injection;
}

Value pod_of(Value container) {
  container["name"] = "engine";
  return {{"metadata", {{"name", "p"}}}, {"spec", {{"containers", Value::array({container})}}}};
}

TEST(PortMoveTest, EveryCaseOfTheTable) {
  const Value table = read_cases();
  ASSERT_GT(table["cases"].size(), 60U);
  for (const Value& row : table["cases"]) {
    SCOPED_TRACE(row["name"].get<std::string>());
    const Value pod = pod_of(row["in"]);
    const Value& swap = table["swaps"][row["swap"].get<std::string>()];
    const api::InjectionStatus injection = injection_with(swap);
    const Value made = pod.patch(pod_patch(pod, injection));
    if (!row.contains("out")) {
      EXPECT_EQ(made, pod) << "without a sidecar, by which the validating policy refuses the pod";
      continue;
    }
    const Value& sidecar = made["spec"]["initContainers"][0];
    Value engine = made["spec"]["containers"][0];
    engine.erase("name");
    EXPECT_EQ(engine, row["out"]);
    EXPECT_EQ(sidecar["ports"][1], Value({{"containerPort", swap["bind"]}}));
    const Value security = made["spec"].value("securityContext", Value::object());
    EXPECT_EQ(security.value("sysctls", Value()), row.value("sysctls", Value()));
  }
}

TEST(PortMoveTest, TheEngineIsTheNamedContainerOrTheOneThatDeclaresThePort) {
  const Value two = {
      {"spec",
       {{"containers", Value::array({{{"name", "proxy"}},
                                     {{"name", "engine"},
                                      {"args", Value::array({"--port=8000"})},
                                      {"ports", Value::array({{{"containerPort", 8000}}})}}})}}},
      {"metadata", {{"name", "p"}}}};
  Value swap = {{"container", ""}, {"from", 8000},     {"to", 18000},
                {"bind", 8000},    {"flag", "--port"}, {"env", ""}};
  const auto args = [&two](const Value& swap) {
    return two.patch(pod_patch(two, injection_with(swap)))["spec"]["containers"][1]["args"][0];
  };
  EXPECT_EQ(args(swap), "--port=18000");
  swap["container"] = "engine";
  EXPECT_EQ(args(swap), "--port=18000");
  swap["container"] = "none";
  EXPECT_EQ(args(swap), "--port=8000") << "not the engine";
}

}  // namespace
}  // namespace penstock::webhook
