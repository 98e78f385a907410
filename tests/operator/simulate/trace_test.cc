#include "operator/simulate/trace.h"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "operator/simulate/random.h"
#include "operator/simulate/servegen.h"
#include "operator/simulate/tar.h"

namespace penstock::simulate {
namespace {

TEST(TraceTest, ReadsAzure) {
  const Result<Arrivals> trace = read_trace(
      "TIMESTAMP,ContextTokens,GeneratedTokens\n"
      "2023-11-16 23:59:59.5000000,374,44\r\n"
      "2023-11-17 00:00:00.2500000,396,0\n");
  ASSERT_TRUE(trace) << trace.error().detail;
  const Arrivals expected{{0, 374, 44}, {750'000, 396, 1}};
  EXPECT_EQ(*trace, expected);
}

TEST(TraceTest, ReadsMooncakeAndOurOwn) {
  const Result<Arrivals> mooncake = read_trace(
      "{\"timestamp\": 3000, \"input_length\": 7, \"output_length\": 2, \"hash_ids\": [1]}\n"
      "{\"timestamp\": 1000, \"input_length\": 5, \"output_length\": 3}\n");
  const Result<Arrivals> own =
      read_trace("at_ms,input_tokens,output_tokens\n0.5,5,3\n2000.5,7,2\n");
  ASSERT_TRUE(mooncake && own);
  EXPECT_EQ(*mooncake, *own);
  EXPECT_EQ(mooncake->back(), (Arrival{2'000'000, 7, 2}));
}

TEST(TraceTest, AnErrorNamesItsLine) {
  for (const char* bad : {"TIMESTAMP,a,b\n2023-11-16 18:15:46,1,1\n2023-13-16 18:15:46,1,1\n",
                          "at_ms,a,b\n1,1,1\n1,-1,1\n", "at_ms,a,b\n1,1,1\n1,1\n",
                          "{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1}\n{}\n"}) {
    const Result<Arrivals> trace = read_trace(bad);
    ASSERT_FALSE(trace);
    EXPECT_TRUE(trace.error().detail.starts_with("line ")) << trace.error().detail;
  }
  EXPECT_FALSE(read_trace("hello\n"));
}

TEST(TraceTest, PacedKeepsOrderAndMean) {
  const Arrivals trace{{0, 1, 1}, {1'000'000, 2, 1}, {4'000'000, 3, 1}};
  const Arrivals fast = paced(trace, 5, 6);  // ten times 0.5 a second; a round of 0.6 s
  EXPECT_EQ(fast.size(), 30U);
  EXPECT_EQ(fast[1], (Arrival{100'000, 2, 1}));
  EXPECT_EQ(fast[3], (Arrival{600'000, 1, 1}));
  EXPECT_EQ(paced(trace, 0, 0), trace);
}

TEST(RandomTest, DrawsHaveTheirMeans) {
  Random random(7);
  double gamma = 0;
  double weibull = 0;
  double square = 0;
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) {
    const double drawn = random.gamma(0.3);
    gamma += drawn;
    square += drawn * drawn;
    weibull += random.weibull(0.5);
  }
  EXPECT_NEAR(gamma / kDraws, 0.3, 0.01);
  EXPECT_NEAR(square / kDraws - 0.09, 0.3, 0.02);  // the variance of Gamma(k, 1) is k
  EXPECT_NEAR(weibull / kDraws, 2, 0.05);          // Gamma(1 + 1 / 0.5)
}

TEST(ServegenTest, ReadsAClient) {
  const Result<Client> client = read_client("0,0,0,,0,0\n600,2.5,1.13,Gamma,0.78,0.5\n");
  ASSERT_TRUE(client) << client.error().detail;
  EXPECT_EQ(client->at(1).requests_per_s, 2.5);
  EXPECT_EQ(client->at(1).spacing, Spacing::kGamma);
  EXPECT_FALSE(read_client("600,2.5,1.13,Pareto,0.78,0.5\n"));
  EXPECT_FALSE(read_client("600,-1,1,,0,0\n"));
}

// Two clients at 30 and 10 requests/s in one of two bins: a mean of 20, asked for as 2.
TEST(ServegenTest, KeepsTheShapeOfDaysExactly) {
  const std::vector<Client> clients{{{0, 30, Spacing::kWeibull, 0.2}, {600, 0}},
                                    {{0, 10, Spacing::kGamma, 0.5}, {600, 0}}};
  const Composition composition{.requests_per_s = 2, .seed = 3};
  const Arrivals load = compose(clients, {{0, 5, 6}}, composition);
  EXPECT_NEAR(static_cast<double>(load.size()), 2 * 1'200, 2);
  EXPECT_LT(load.back().at_us, 600'000'000);
  EXPECT_TRUE(std::ranges::is_sorted(load));
  EXPECT_EQ(load.front().output_tokens, 6);
  EXPECT_EQ(load, compose(clients, {{0, 5, 6}}, composition)) << "the seed decides everything";
}

// Gaps that vary much leave most of a bin empty; clients must not agree on which part that is.
TEST(ServegenTest, ClientsDoNotMeetAtTheBordersOfBins) {
  const std::vector<Client> clients(2'000, {{0, 0.01, Spacing::kWeibull, 0.3}});
  const Arrivals load = compose(clients, {{0, 5, 6}}, {.requests_per_s = 20, .seed = 7});
  std::array<int, 60> counts{};  // by ten seconds of the bin
  for (const Arrival& arrival : load) {
    ++counts[static_cast<std::size_t>(arrival.at_us / 10'000'000)];
  }
  const auto [least, most] = std::ranges::minmax(counts);
  EXPECT_GT(least, 130) << "of 200";
  EXPECT_LT(most, 270);
}

TEST(TarTest, ReadsFilesAndRefusesHalves) {
  std::string archive(1'536, '\0');
  archive.replace(0, 7, "a/b.csv");
  archive.replace(124, 11, "00000000005");
  archive[156] = '0';
  archive.replace(512, 5, "hello");
  const Result<std::vector<TarFile>> files = read_tar(archive);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 1U);
  EXPECT_EQ(files->front().name, "a/b.csv");
  EXPECT_EQ(files->front().content, "hello");
  EXPECT_FALSE(read_tar(std::string_view(archive).substr(0, 514)));
  archive[124] = 'x';
  EXPECT_FALSE(read_tar(archive));
}

}  // namespace
}  // namespace penstock::simulate
