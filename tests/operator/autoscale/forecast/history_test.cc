#include "operator/autoscale/forecast/history.h"

#include <gtest/gtest.h>

namespace penstock::forecast {
namespace {

TEST(HistoryTest, TellsMissingFromZero) {
  History history(4);
  EXPECT_TRUE(history.empty());
  history.append(10, 0.0);
  history.append(11, std::nullopt);
  EXPECT_EQ(history.at(10), 0.0);
  EXPECT_EQ(history.at(11), std::nullopt);
  EXPECT_EQ(history.newest(), 11);
  EXPECT_EQ(history.last_bin(), 10);
}

TEST(HistoryTest, SkippedBinsAreMissing) {
  History history(4);
  history.append(1, 5.0);
  history.append(4, 6.0);
  EXPECT_EQ(history.at(1), 5.0);
  EXPECT_EQ(history.at(2), std::nullopt);
  EXPECT_EQ(history.at(3), std::nullopt);
  EXPECT_EQ(history.at(4), 6.0);
}

TEST(HistoryTest, KeepsTheNewestBinsOnly) {
  History history(3);
  for (BinIndex bin = 0; bin < 5; ++bin) {
    history.append(bin, static_cast<double>(bin));
  }
  EXPECT_EQ(history.at(1), std::nullopt);
  EXPECT_EQ(history.at(2), 2.0);
  EXPECT_EQ(history.at(4), 4.0);
  EXPECT_EQ(history.at(5), std::nullopt);
  EXPECT_EQ(history.largest(), 4.0);
}

TEST(HistoryTest, AGapOfAnyLengthEmptiesIt) {
  History history(3);
  history.append(0, 7.0);
  history.append(BinIndex{1} << 40, 8.0);
  EXPECT_EQ(history.at(0), std::nullopt);
  EXPECT_EQ(history.largest(), 8.0);
}

TEST(HistoryTest, BinsBeforeTheEpochAreBinsToo) {
  History history(3);
  history.append(-2, 1.0);
  history.append(-1, 2.0);
  history.append(0, 3.0);
  EXPECT_EQ(history.at(-2), 1.0);
  EXPECT_EQ(history.at(-1), 2.0);
  EXPECT_TRUE(history.accepts(1));
  EXPECT_FALSE(history.accepts(0));
}

TEST(HistoryTest, MeanAroundLeavesOutWhatIsMissing) {
  History history(8);
  history.append(0, 1.0);
  history.append(1, std::nullopt);
  history.append(2, 3.0);
  history.append(3, 8.0);
  EXPECT_EQ(history.mean_around(1, 1), std::nullopt);
  EXPECT_EQ(history.mean_around(1, 3), 2.0);  // bins 0, 1, 2
  EXPECT_EQ(history.mean_around(2, 4), 4.0);  // bins 0, 1, 2, 3
  EXPECT_EQ(history.mean_around(3, 3), 5.5);  // bins 2, 3; 4 is yet to come
}

}  // namespace
}  // namespace penstock::forecast
