#include "sidecar/domain/cache_control.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace penstock::domain {
namespace {

using std::chrono::seconds;

RequestCacheControl request(std::initializer_list<std::string_view> lines) {
  RequestCacheControl control;
  for (const std::string_view line : lines) {
    control.add(line);
  }
  return control;
}

TEST(RequestCacheControlTest, ReadsEveryDirective) {
  const auto control = request({"no-store, NO-CACHE ,only-if-cached,max-age=60"});
  EXPECT_TRUE(control.no_store);
  EXPECT_TRUE(control.no_cache);
  EXPECT_TRUE(control.only_if_cached);
  EXPECT_EQ(control.max_age, seconds(60));
}

TEST(RequestCacheControlTest, IgnoresWhatDoesNotBind) {
  const auto control = request({"", " , ,", "min-fresh=10, max-stale, no-transform",
                                "x=\"no-store, no-cache\"", "no-storex"});
  EXPECT_FALSE(control.no_store);
  EXPECT_FALSE(control.no_cache);
  EXPECT_FALSE(control.max_age);
}

TEST(RequestCacheControlTest, TakesTheStricterAge) {
  EXPECT_EQ(request({"max-age=60", "max-age=\"5\""}).max_age, seconds(5));
  EXPECT_EQ(request({"max-age=0"}).max_age, seconds(0));
}

TEST(RequestCacheControlTest, UnreadableAgesAreTooOld) {
  EXPECT_EQ(request({"max-age"}).max_age, seconds(0));
  EXPECT_EQ(request({"max-age=-1"}).max_age, seconds(0));
  EXPECT_EQ(request({"max-age=5s"}).max_age, seconds(0));
  EXPECT_EQ(request({"max-age=99999999999999999999"}).max_age, seconds(0x7fffffff));
}

TEST(RequestCacheControlTest, SurvivesBrokenQuotes) {
  EXPECT_FALSE(request({"x=\"a\\", "x=\"no-store"}).no_store);
}

TEST(ResponseCacheControlTest, SaysWhetherToStore) {
  const auto forbids = [](std::string_view line, bool stream) {
    ResponseCacheControl control;
    control.add(line);
    return control.forbids_storing(stream);
  };
  EXPECT_FALSE(forbids("public, max-age=10", false));
  EXPECT_TRUE(forbids("no-store", false));
  EXPECT_TRUE(forbids("no-store", true));
  EXPECT_TRUE(forbids("private=\"set-cookie\"", true));
  EXPECT_TRUE(forbids("no-cache", false));
  EXPECT_FALSE(forbids("no-cache", true));
}

TEST(ResponseCacheControlTest, TheSharedAgeCounts) {
  ResponseCacheControl control;
  control.add("max-age=5, s-maxage=60");
  EXPECT_EQ(control.max_age, seconds(60));
}

TEST(CacheStatusTest, IsWrittenAsRfc9211Says) {
  const auto text = [](const CacheStatus& status) {
    std::string out;
    status.append_to(out);
    return out;
  };
  using Outcome = CacheStatus::Outcome;
  EXPECT_EQ(text({.outcome = Outcome::kHit, .ttl = seconds(296)}), "Penstock; hit; ttl=296");
  EXPECT_EQ(text({.outcome = Outcome::kMiss, .collapsed = true}),
            "Penstock; fwd=uri-miss; collapsed");
  EXPECT_EQ(text({.outcome = Outcome::kRequest}), "Penstock; fwd=request");
  EXPECT_EQ(text({.outcome = Outcome::kStale}), "Penstock; fwd=stale");
  EXPECT_EQ(text({.outcome = Outcome::kPartialHit}), "Penstock; fwd=partial");
  EXPECT_EQ(text({.outcome = Outcome::kBypass, .bypass = BypassReason::kHostedTool}),
            "Penstock; fwd=bypass; detail=hosted_tool");
}

}  // namespace
}  // namespace penstock::domain
