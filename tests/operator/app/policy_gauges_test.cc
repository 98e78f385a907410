#include "operator/app/policy_gauges.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace penstock::control {
namespace {

class PolicyGaugesTest : public ::testing::Test {
 protected:
  void put(const std::string& name, json::Value status) {
    auto policy = std::make_shared<reconcile::Policy>();
    policy->meta.ns = "ns";
    policy->meta.name = name;
    policy->status = std::move(status);
    policies_.put(std::move(policy));
  }

  // The value of a series of policy ns/`name`; empty: it is not shown.
  [[nodiscard]] std::string shown(const std::string& name, const std::string& metric,
                                  const std::string& label) const {
    const std::string text = registry_.render();
    const std::string line =
        "\npenstock_policy_" + metric + "{namespace=\"ns\",policy=\"" + name + "\"," + label + "} ";
    const std::size_t at = text.find(line);
    return at == std::string::npos
               ? ""
               : text.substr(at + line.size(), text.find('\n', at + 1) - at - line.size());
  }
  [[nodiscard]] std::string condition(const std::string& type,
                                      const std::string& name = "chat") const {
    return shown(name, "condition", "type=\"" + type + "\"");
  }
  [[nodiscard]] std::string pods(const std::string& state) const {
    return shown("chat", "pods", "state=\"" + state + "\"");
  }

  static json::Value status(const char* degraded) {
    return {{"conditions", json::Value::array({{{"type", "Accepted"}, {"status", "True"}},
                                               {{"type", "Programmed"}, {"status", "Unknown"}},
                                               {{"type", "ScalingActive"}, {"status", "True"}},
                                               {{"type", "Degraded"}, {"status", degraded}}})},
            {"pods", {{"selected", 3}, {"injected", 2}, {"programmed", 1}, {"proven", 0}}}};
  }

  bool leads_ = true;
  telemetry::Registry registry_;
  kube::ObjectStore<reconcile::Policy> policies_;
  const std::vector<telemetry::GaugeHandle> gauges_ =
      policy_gauges(registry_, policies_, [this] { return leads_; });
};

TEST_F(PolicyGaugesTest, ConditionsAreOneOrZeroAndWhatIsNotKnownIsNotThere) {
  put("chat", status("False"));
  EXPECT_EQ(condition("Accepted"), "1");
  EXPECT_EQ(condition("Degraded"), "0");
  EXPECT_EQ(condition("Programmed"), "") << "nobody knows";
  EXPECT_EQ(condition("ResolvedRefs"), "") << "nobody has said";
  EXPECT_EQ(condition("ScalingActive"), "") << "the autoscaler has metrics of its own";
  put("chat", status("True"));
  EXPECT_EQ(condition("Degraded"), "1");
}

TEST_F(PolicyGaugesTest, PodsAreCountedAsTheStatusHasThem) {
  put("chat", status("False"));
  EXPECT_EQ(pods("selected"), "3");
  EXPECT_EQ(pods("injected"), "2");
  EXPECT_EQ(pods("programmed"), "1");
  EXPECT_EQ(pods("proven"), "0");
}

TEST_F(PolicyGaugesTest, NothingIsShownOfAPolicyThatIsGoneOrHasNoStatus) {
  put("chat", status("False"));
  put("new", nullptr);
  put("odd", {{"conditions", "what"}, {"pods", json::Value::array()}});
  EXPECT_EQ(condition("Accepted"), "1");
  EXPECT_EQ(condition("Accepted", "new"), "");
  EXPECT_EQ(condition("Accepted", "odd"), "");
  policies_.remove("ns", "chat");
  EXPECT_FALSE(registry_.render().contains("penstock_policy_"));
}

TEST_F(PolicyGaugesTest, TheLeaderAloneShowsThem) {
  put("chat", status("False"));
  leads_ = false;
  EXPECT_FALSE(registry_.render().contains("penstock_policy_"));
  leads_ = true;
  EXPECT_EQ(condition("Accepted"), "1");
}

}  // namespace
}  // namespace penstock::control
