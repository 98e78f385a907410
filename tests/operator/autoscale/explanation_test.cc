#include "operator/autoscale/explanation.h"

#include <gtest/gtest.h>

#include "tests/operator/autoscale/targets.h"

namespace penstock::autoscale {
namespace {

TEST(ExplanationTest, EveryReasonHasASentence) {
  for (const auto& [reason, name] : enum_names(Reason{})) {
    EXPECT_FALSE(sentence_of(reason).empty()) << name;
  }
  for (const auto& [withheld, name] : enum_names(Withheld{})) {
    EXPECT_EQ(sentence_of(withheld).empty(), withheld == Withheld::kNo) << name;
  }
}

TEST(ExplanationTest, TellsWhatWhyAndOfWhat) {
  Inputs inputs = serving(60, 2, 50);
  inputs.settings.mode = Mode::kAdvise;
  inputs.forecasts = {forecast(20, 25)};
  inputs.observed.missing_pods = 1;
  inputs.accelerator = "NVIDIA-L4";
  inputs.votes = {{"QueueDepth", 3, ""}, {"CPU", std::nullopt, "the cluster serves no metrics"}};
  const State state = settled(2);
  const DecisionRecord record{.target = "team-a/chat",
                              .inputs = inputs,
                              .state = state,
                              .decision = decide(inputs, state).decision};
  EXPECT_EQ(explain(record),
            "team-a/chat has 2 replicas and should have 6: behavior.scaleUp allows no more at "
            "once.\n"
            "It is not applied: the policy only asks for advice.\n"
            "  the load of the moment asks for 7\n"
            "  the largest of the triggers asks for 3\n"
            "  the forecast asks for 4\n"
            "  the forecast within its budget asks for 4\n"
            "  the floor asks for 1\n"
            "  trigger QueueDepth asks for 3\n"
            "  trigger CPU cannot tell: the cluster serves no metrics\n"
            "Load of the last moments: 50 requests/s\n"
            "Load of the last seconds: 50 requests/s\n"
            "A replica (NVIDIA-L4) carries: 10 requests/s\n"
            "Expected in 5m, when a new replica would serve: requests/s 20, at most 50 with a "
            "probability of 0.99\n"
            "2 serve, 2 with those that start in time; 1 said nothing.\n");
}

}  // namespace
}  // namespace penstock::autoscale
