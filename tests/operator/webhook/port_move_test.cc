#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "lib/json/read.h"
#include "operator/webhook/pod_patch.h"
#include "operator/webhook/port_words.h"

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
      .container = {{"name", kSidecarName}, {"ports", Value::array({{{"containerPort", 15020}}})}}};
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

// A port without the protocol that the API fills in.
Value plain(Value ports) {
  for (Value& port : ports) {
    if (port.value("protocol", "TCP") == "TCP") {
      port.erase("protocol");
    }
  }
  return ports;
}

TEST(PortMoveTest, EveryCaseOfTheTable) {
  const Value table = read_cases();
  ASSERT_GT(table["cases"].size(), 60U);
  for (const Value& row : table["cases"]) {
    SCOPED_TRACE(row["name"].get<std::string>());
    const Value pod = pod_of(row["in"]);
    const api::InjectionStatus injection =
        injection_with(table["swaps"][row["swap"].get<std::string>()]);
    const Value made = pod.patch(pod_patch(pod, injection));
    const Value& sidecar = made["spec"]["initContainers"][0];
    if (!row.contains("out")) {
      EXPECT_EQ(made["spec"]["containers"], pod["spec"]["containers"]);
      EXPECT_EQ(sidecar["ports"].size(), 1U) << "by this the validating policy refuses the pod";
      continue;
    }
    Value engine = made["spec"]["containers"][0];
    engine.erase("name");
    Value wanted = row["out"];
    for (Value* container : {&engine, &wanted}) {
      if (container->contains("ports")) {
        (*container)["ports"] = plain((*container)["ports"]);
      }
    }
    EXPECT_EQ(engine, wanted);
    Value gained = sidecar["ports"];
    gained.erase(0);
    EXPECT_EQ(plain(gained), row["sidecarPorts"]);
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

const PortFlag kFlag{.name = "--port", .alias = ""};
const PortFlag kAliased{.name = "--port", .alias = "-p"};

TEST(PortWordsTest, OnlyWholeWordsNameAPort) {
  EXPECT_TRUE(names_port("--port=8000", kFlag, "8000"));
  EXPECT_TRUE(names_port("serve --port 8000\n--x", kFlag, "8000"));
  EXPECT_FALSE(names_port("--port=80001", kFlag, "8000"));
  EXPECT_FALSE(names_port("--http--port=8000", kFlag, "8000"));
  EXPECT_TRUE(names_port("--port=80001 --port=8000", kFlag, "8000")) << "the second one does";
  EXPECT_FALSE(names_port("-p 8000", kFlag, "8000"));
  EXPECT_TRUE(names_port("-p8000", kAliased, "8000"));
  EXPECT_FALSE(names_port("--port8000", kAliased, "8000")) << "only short ones hold their value";
}

TEST(PortWordsTest, LongerWordsNameAnother) {
  EXPECT_TRUE(names_longer_words("--port=80001", kFlag, "8000"));
  EXPECT_TRUE(names_longer_words("--http--port=8000", kFlag, "8000"));
  EXPECT_TRUE(names_longer_words("--http-p 8000", kAliased, "8000"));
  EXPECT_FALSE(names_longer_words("--port=8000 -p 8000", kAliased, "8000"));
}

TEST(PortWordsTest, AFlagIsHeldWithWhateverValue) {
  EXPECT_TRUE(holds_flag("--port", kFlag));
  EXPECT_TRUE(holds_flag("serve --port=$X", kFlag));
  EXPECT_TRUE(holds_flag("serve --port\n1", kFlag));
  EXPECT_FALSE(holds_flag("--port-range", kFlag));
  EXPECT_FALSE(holds_flag("-p9", kFlag));
  EXPECT_TRUE(holds_flag("-p9", kAliased));
  EXPECT_TRUE(holds_flag("serve -p", kAliased));
  EXPECT_FALSE(holds_flag("--http-p", kAliased));
  EXPECT_FALSE(holds_flag("mkdir -p /data && serve", kAliased));
  EXPECT_FALSE(holds_flag("mkdir -p data", kAliased));
  EXPECT_TRUE(holds_flag("serve -p '9'", kAliased));
  EXPECT_TRUE(holds_flag("serve -p $PORT", kAliased));
}

TEST(PortWordsTest, AVariableIsReferredToByItsWholeName) {
  EXPECT_TRUE(refers_to("$(HTTP)", "HTTP"));
  EXPECT_TRUE(refers_to("${HTTP}", "HTTP"));
  EXPECT_TRUE(refers_to("$HTTP", "HTTP"));
  EXPECT_TRUE(refers_to("$HTTP/x", "HTTP"));
  EXPECT_TRUE(refers_to("$HTTPS $HTTP", "HTTP"));
  EXPECT_FALSE(refers_to("$HTTPS $HTTP_PORT HTTP", "HTTP"));
}

TEST(PortWordsTest, Shells) {
  EXPECT_TRUE(runs_script({"sh", "-c", ""}));
  EXPECT_TRUE(runs_script({"/bin/bash", "-lc"}));
  EXPECT_TRUE(runs_script({"tini", "--", "bash", "-o", "pipefail", "-c"}));
  EXPECT_FALSE(runs_script({"fish", "-c"}));
  EXPECT_FALSE(runs_script({"sh", "-x"}));
  EXPECT_FALSE(runs_script({"sh", "script-c"}));
  EXPECT_FALSE(runs_script({}));
}

}  // namespace
}  // namespace penstock::webhook
