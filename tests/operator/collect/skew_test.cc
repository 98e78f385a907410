#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/result/result.h"
#include "lib/signals/report.h"
#include "lib/signals/report_json.h"
#include "operator/collect/answer.h"

// This operator over the sidecars of earlier releases, whose answers tests/contract/skew/record.py
// has kept; test_skew.py has the reverse.
namespace penstock::collect {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> releases() {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(PENSTOCK_RELEASES)) {
    found.push_back(entry.path());
  }
  return found;
}

class SkewTest : public testing::TestWithParam<fs::path> {
 protected:
  static Answer answer(const std::string& name) {
    std::ifstream file(GetParam() / (name + ".http"), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    Answer read;
    EXPECT_EQ(read_answer(bytes, read), AnswerState::kComplete) << name;
    EXPECT_EQ(read.status, 200) << name;
    return read;
  }
};

TEST_P(SkewTest, ASidecarsHealthSaysWhatItRuns) {
  const Answer health = answer("health");
  const std::string release = GetParam().filename();
  EXPECT_EQ(health.version, release.substr(0, release.find('-')))
      << "what comes before one has a suffix";
  EXPECT_EQ(health.hash.size(), 32U);
  EXPECT_EQ(health.problem, "");
}

TEST_P(SkewTest, ItProvesThatItHoldsThePort) {
  EXPECT_EQ(answer("proof").body, "0123456789abcdef");
  EXPECT_EQ(answer("proof").hash, answer("health").hash);
}

// Three requests of two texts, as the record was made.
TEST_P(SkewTest, ItsSignalsAreRead) {
  const Result<signals::Report> report = signals::read_report(answer("signals").body);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->requests.started, 3);
  EXPECT_EQ(report->calls.finished, 2);
  EXPECT_EQ(report->cache.hits, 1);
  EXPECT_GT(report->tokens.decode, 0);
}

// One record alone would be this version's own: no skew at all.
TEST(SkewRecordsTest, ThereAreSeveral) {
  EXPECT_GE(releases().size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Releases, SkewTest, testing::ValuesIn(releases()), [](const auto& info) {
  std::string name = "Release" + info.param.filename().string();
  std::erase_if(name, [](char c) { return c == '.' || c == '-'; });
  return name;
});

}  // namespace
}  // namespace penstock::collect
