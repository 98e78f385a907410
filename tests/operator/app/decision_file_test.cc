#include "operator/app/decision_file.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/fakes/temporary_folder.h"

namespace penstock::control {
namespace {

// How large files may become, while it lives: a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

class DecisionFileTest : public ::testing::Test {
 protected:
  std::string content() {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const fakes::TemporaryFolder folder_;
  const std::string path_ = folder_.path() / "decisions.jsonl";
  DecisionFile file_;
};

TEST_F(DecisionFileTest, IsAppendedTo) {
  std::ofstream(path_) << "before\n";
  ASSERT_TRUE(file_.open(path_));
  file_.append("one");
  file_.append("two");
  EXPECT_EQ(content(), "before\none\ntwo\n");
}

TEST_F(DecisionFileTest, WhatAKilledProcessLeftOfALineSpoilsNoOther) {
  std::ofstream(path_) << "whole\nto";
  ASSERT_TRUE(file_.open(path_));
  file_.append("one");
  EXPECT_EQ(content(), "whole\nto\none\n");
}

TEST_F(DecisionFileTest, AFullDiskLosesLinesUntilThereIsRoom) {
  const std::string before(4'000, '.');  // what is captured below is a file, too
  ASSERT_TRUE(file_.open(path_));
  file_.append(before);
  testing::internal::CaptureStderr();
  {
    const FullDisk full(before.size() + 3);
    file_.append("second");
    file_.append("third");
  }
  file_.append("fourth");
  file_.append("fifth");
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(content(), before + "\nse\nfourth\nfifth\n");
  EXPECT_EQ(std::ranges::count(said, '\n'), 2) << said;
  EXPECT_TRUE(said.contains("so decisions are lost")) << said;
  EXPECT_TRUE(said.contains("can be written again")) << said;
}

TEST_F(DecisionFileTest, WhatCannotBeWrittenIsRefused) {
  EXPECT_EQ(file_.open(folder_.path() / "none" / "decisions.jsonl").error().code,
            ErrorCode::kInvalidConfig);
}

}  // namespace
}  // namespace penstock::control
