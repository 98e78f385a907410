#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "operator/app/commands.h"
#include "operator/autoscale/decision_record.h"

namespace penstock::control {
namespace {

namespace fs = std::filesystem;

// A folder of its own, empty and gone after.
class SimulateCommandTest : public testing::Test {
 protected:
  SimulateCommandTest() : folder_(fs::path(testing::TempDir()) / "simulate_command_test") {
    fs::create_directories(folder_);
    std::ofstream trace(path("trace.csv"));
    trace << "at_ms,input_tokens,output_tokens\n";
    for (int i = 0; i < 600; ++i) {
      trace << i * 500 << ",800,120\n";
    }
  }
  ~SimulateCommandTest() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

  static int run(std::vector<std::string> arguments) {
    std::vector<const char*> pointers{"penstock-operator"};
    for (const std::string& argument : arguments) {
      pointers.push_back(argument.c_str());
    }
    return run_command(static_cast<int>(pointers.size()), pointers.data());
  }

  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream in(path(name));
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  fs::path folder_;
};

TEST_F(SimulateCommandTest, WhatItDecidedReplays) {
  ASSERT_EQ(run({"simulate", path("trace.csv"), "--decisions", path("d.jsonl"), "--json",
                 path("s.json"), "--csv", path("i.csv"), "--html", path("p.html")}),
            0);
  EXPECT_NE(content("s.json").find("\"requests\": 600"), std::string::npos);
  EXPECT_TRUE(content("i.csv").starts_with("at_s,"));
  EXPECT_NE(content("p.html").find("<svg"), std::string::npos);
  EXPECT_EQ(run({"replay", path("d.jsonl")}), 0);
}

TEST_F(SimulateCommandTest, NodesAreSimulatedWhereTheirStartIsGiven) {
  ASSERT_EQ(run({"simulate", path("trace.csv"), "--json", path("s.json")}), 0);
  EXPECT_EQ(content("s.json").find("nodeHours"), std::string::npos);
  testing::internal::CaptureStdout();
  ASSERT_EQ(run({"simulate", path("trace.csv"), "--autoscaler", "static-peak", "--knob", "0.1",
                 "--replicas", "1", "--node-start", "60s", "--replicas-per-node", "100", "--json",
                 path("s.json")}),
            0);
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_NE(said.find("node-hours         0.08"), std::string::npos) << said;  // 300 s of one
  EXPECT_NE(content("s.json").find("\"nodeHours\": 0.083"), std::string::npos);
  testing::internal::CaptureStderr();
  EXPECT_NE(run({"simulate", path("trace.csv"), "--replicas-per-node", "2"}), 0);
  EXPECT_NE(run({"simulate", path("trace.csv"), "--with-node"}), 0);
  testing::internal::GetCapturedStderr();
}

TEST_F(SimulateCommandTest, AChangedDecisionIsTold) {
  ASSERT_EQ(run({"simulate", path("trace.csv"), "--decisions", path("d.jsonl")}), 0);
  std::string lines = content("d.jsonl");
  const std::size_t at = lines.find("\"desired\":1");
  ASSERT_NE(at, std::string::npos);
  lines.replace(at, 11, "\"desired\":7");
  std::ofstream(path("d.jsonl")) << lines;
  testing::internal::CaptureStdout();
  EXPECT_EQ(run({"replay", path("d.jsonl")}), 1);
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_NE(said.find("desired 7 -> 1"), std::string::npos) << said;
}

// A killed operator leaves half of one.
TEST_F(SimulateCommandTest, ALineThatIsNoneIsLeftOutOfAnExplanation) {
  ASSERT_EQ(run({"simulate", path("trace.csv"), "--decisions", path("d.jsonl")}), 0);
  const std::string lines = content("d.jsonl");
  auto record = autoscale::read_line(lines.substr(0, lines.find('\n')));
  ASSERT_TRUE(record);
  record->target = "ns/chat";
  std::ofstream(path("d.jsonl"), std::ios::app)
      << autoscale::write_line(*record) << "\n{\"target\":\n";
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_EQ(run({"explain", "ns/chat", "--decisions", path("d.jsonl")}), 0);
  EXPECT_TRUE(testing::internal::GetCapturedStdout().starts_with("ns/chat has "));
  EXPECT_TRUE(testing::internal::GetCapturedStderr().contains(" is left out: "));
}

TEST_F(SimulateCommandTest, WrongFilesAreNamed) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(run({"simulate", path("none.csv")}), 1);
  EXPECT_EQ(run({"replay", path("none.jsonl")}), 1);
  std::ofstream(path("policy.yaml")) << "kind: OptimizationPolice\n";
  EXPECT_EQ(run({"simulate", path("trace.csv"), "--policy", path("policy.yaml")}), 1);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("none.csv"), std::string::npos);
  EXPECT_NE(said.find("none.jsonl"), std::string::npos);
  EXPECT_NE(said.find("policy.yaml: "), std::string::npos);
}

}  // namespace
}  // namespace penstock::control
