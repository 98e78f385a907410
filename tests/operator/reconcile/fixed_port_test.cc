#include "operator/reconcile/fixed_port.h"

#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "lib/json/text.h"
#include "operator/controllers/readers.h"

// tests/cases/port_swap.yaml once more: what admission would refuse, the operator does not choose.
namespace penstock::reconcile {
namespace {

using json::Value;

Value read_cases() {
  std::ifstream in("tests/cases/port_swap.yaml", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return json::parse_yaml(text).documents.at(0).value;
}

Container read(Value container) {
  container["name"] = "engine";
  const Value object = {{"metadata", {{"name", "p"}}},
                        {"spec", {{"containers", Value::array({std::move(container)})}}}};
  return controllers::read_bare_pod(object).pods.containers.at(0);
}

EngineShape shape_of(const Value& swap) {
  return {.container = "engine",
          .port = swap["from"].get<std::uint16_t>(),
          .flag = swap["flag"],
          .flag_alias = swap.value("flagAlias", ""),
          .env = swap["env"],
          .env_host = swap.value("envHost", "")};
}

TEST(FixedPortTest, AgreesWithAdmissionInEveryCaseOfTheTable) {
  const Value table = read_cases();
  int moved = 0;
  for (const Value& row : table["cases"]) {
    const Value& swap = table["swaps"][row["swap"].get<std::string>()];
    if (swap["from"] == swap["to"]) {
      continue;  // a named port, which stays where it is
    }
    SCOPED_TRACE(row["name"].get<std::string>());
    const Container container = read(row["in"]);
    const EngineShape shape = shape_of(swap);
    const auto fixed = fixed_port(container, shape, read_port(container, shape, shape.port));
    EXPECT_EQ(!fixed, row.contains("out")) << (fixed ? fixed->message : "it would be moved");
    moved += fixed ? 0 : 1;
  }
  EXPECT_GT(moved, 30);
}

}  // namespace
}  // namespace penstock::reconcile
