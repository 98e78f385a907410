#include "operator/autoscale/decision_record.h"

#include <chrono>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/operator/autoscale/targets.h"

namespace penstock::autoscale {
namespace {

// Everything set, nothing at its default.
DecisionRecord full_record() {
  DecisionRecord record{.target = "models/llama"};
  Inputs& in = record.inputs;
  in = serving(0, 8, 64.1 + 0.2);  // no short decimal
  in.settings.mode = Mode::kAdvise;
  in.settings.replicas_min = 2;
  in.settings.reactive.burst_capacity = 1.5;
  in.settings.reactive.scale_down_delay = std::chrono::seconds(30);
  in.settings.behavior.up = {.stabilization_window = std::chrono::seconds(60),
                             .select = SelectPolicy::kMin,
                             .policies = {{PolicyType::kPercent, 50, std::chrono::minutes(1)}}};
  in.settings.objectives = {.ttft_ms = 500, .itl_ms = 24};
  in.settings.budget = {3, 10'000'000'000'000, 3'000'000'000'000};
  in.settings.scale_to_zero = {.enabled = true, .idle = std::chrono::minutes(7)};
  in.scheduled_floor = 3;
  in.target.ready = 5;
  in.target.starting = {{kStartMs - 700'000, 2}, {kStartMs - 5'000, 1}};
  in.target.other_scaler = "HorizontalPodAutoscaler web";
  in.observed.missing_pods = 1;
  in.observed.tail_ttft_ms = 1.0 / 3;
  in.observed.tail_itl_ms = 17;
  in.observed.held_requests = 2;
  in.capacity.one.kv = 64'000;
  in.capacity.kv_source = CapacitySource::kKvLimit;
  in.accelerator = "NVIDIA-L4";
  in.service = {{6, 0.05, 2e-5}, {1'154, 211}, {64, 256}};
  in.votes = {{"cpu", 4, ""}, {"queue", std::nullopt, "nobody says"}};
  in.forecasts = {forecast(70, 80)};
  record.state = {.reactive = {kStartMs - 500, kStartMs - 1'000, 9, {{kStartMs - 2'000, 9}}},
                  .behavior = {{{kStartMs - 3'000, 7}},
                               {{kStartMs - 4'000, 9}},
                               {{kStartMs - 9'000, 2}},
                               {{kStartMs - 8'000, 1}}},
                  .seen_replicas = 8,
                  .writes = {{kStartMs - 9'000, 8}},
                  .drift_since_ms = kStartMs - 100};
  record.decision = decide(record.inputs, record.state).decision;
  return record;
}

TEST(DecisionRecordTest, ALineHoldsEverything) {
  const DecisionRecord record = full_record();
  const std::string line = write_line(record);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const Result<DecisionRecord> read = read_line(line);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->inputs, record.inputs);
  EXPECT_EQ(read->state, record.state);
  EXPECT_EQ(read->decision, record.decision);
  EXPECT_EQ(*read, record);
  EXPECT_EQ(write_line(*read), line);
}

TEST(DecisionRecordTest, ALineReplaysToItsDecision) {
  const Result<DecisionRecord> read = read_line(write_line(full_record()));
  ASSERT_TRUE(read);
  EXPECT_EQ(replay(*read), read->decision);
}

// A day of decisions, each written, read and made again.
TEST(DecisionRecordTest, AWholeDayReplays) {
  State state;
  int replicas = 3;
  for (int step = 0; step < 500; ++step) {
    const double load = 40 + 35 * ((step * 13) % 29) / 29.0 + (step % 97 == 0 ? 300 : 0);
    DecisionRecord record{.inputs = serving(step * 15, replicas, load), .state = state};
    record.inputs.settings.behavior.down.stabilization_window = std::chrono::minutes(5);
    record.inputs.forecasts = {forecast(load * 1.1, load * 1.4)};
    if (step % 50 == 7) {
      record.inputs.observed.stable = {};
    }
    Outcome outcome = decide(record.inputs, record.state);
    record.decision = outcome.decision;
    const Result<DecisionRecord> read = read_line(write_line(record));
    ASSERT_TRUE(read);
    ASSERT_EQ(replay(*read), outcome.decision) << step;
    state = std::move(outcome.state);
    replicas = outcome.decision.write.value_or(replicas);
  }
}

TEST(DecisionRecordTest, ALineOfAChangedDecisionDiffers) {
  DecisionRecord record = full_record();
  record.decision.desired += 1;
  const Result<DecisionRecord> read = read_line(write_line(record));
  ASSERT_TRUE(read);
  EXPECT_NE(replay(*read), read->decision);
}

TEST(DecisionRecordTest, BadLinesAreErrorsWithTheirPaths) {
  EXPECT_FALSE(read_line(""));
  EXPECT_FALSE(read_line("{"));
  EXPECT_FALSE(read_line("[]"));
  EXPECT_FALSE(read_line("{}"));
  std::string line = write_line(full_record());
  line.replace(line.find("\"Advise\""), 8, "\"Perhaps\"");
  const Result<DecisionRecord> read = read_line(line);
  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().detail.starts_with("inputs.settings.mode ")) << read.error().detail;
}

TEST(DecisionRecordTest, AnotherVersionIsRefusedAndANewFieldIsNot) {
  std::string line = write_line(full_record());
  const std::string version = "\"version\":1";
  line.replace(line.find(version), version.size(), "\"version\":1,\"mood\":\"good\"");
  EXPECT_TRUE(read_line(line));
  line.replace(line.find(version), version.size(), "\"version\":2");
  EXPECT_FALSE(read_line(line));
}

TEST(DecisionRecordTest, NamesThatAreNoTextDoNotThrow) {
  DecisionRecord record = full_record();
  record.target = "models/\xff";
  EXPECT_FALSE(write_line(record).empty());
}

}  // namespace
}  // namespace penstock::autoscale
