#include "operator/app/load_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace penstock::control {
namespace {

namespace fs = std::filesystem;

// Two pools of one client each: the first one sends in the first ten minutes, the other one in the
// next ten.
class LoadFileTest : public testing::Test {
 protected:
  LoadFileTest() : folder_(fs::path(testing::TempDir()) / "load_file_test") {
    write("week/m-one/chunk-0-trace.csv", "0,1,,,,\n600,0,,,,\n");
    write("week/m-two/chunk-0-trace.csv", "0,0,,,,\n600,1,,,,\n");
    write("lengths.csv", "at_ms,input_tokens,output_tokens\n0,800,120\n");
  }
  ~LoadFileTest() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }

  [[nodiscard]] Result<simulate::Arrivals> load(const std::string& pool) const {
    return load_file({.path = (folder_ / "week").string(),
                      .pool = pool,
                      .lengths = (folder_ / "lengths.csv").string(),
                      .requests_per_s = 1});
  }

  fs::path folder_;
};

int within(const simulate::Arrivals& load, int begin_s, int end_s) {
  return static_cast<int>(std::ranges::count_if(load, [&](const simulate::Arrival& arrival) {
    return arrival.at_us >= begin_s * 1'000'000LL && arrival.at_us < end_s * 1'000'000LL;
  }));
}

TEST_F(LoadFileTest, APoolIsItsOwnClientsAndAllAreThoseOfEach) {
  const auto one = load("m-one");
  ASSERT_TRUE(one);
  EXPECT_GT(within(*one, 0, 600), 1'000) << "of 1,200 within two bins";
  EXPECT_EQ(within(*one, 600, 1'200), 0);
  const auto all = load("all");
  ASSERT_TRUE(all);
  EXPECT_NEAR(within(*all, 0, 600), 600, 5);
  EXPECT_NEAR(within(*all, 600, 1'200), 600, 5);
}

TEST_F(LoadFileTest, OfSeveralPoolsOneHasToBeNamed) {
  const auto none = load("");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().detail.find("m-one, m-two, or all"), std::string::npos)
      << none.error().detail;
  EXPECT_FALSE(load("m-three"));
}

}  // namespace
}  // namespace penstock::control
