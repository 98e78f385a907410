#include "lib/telemetry/process.h"

#include <cstdio>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace penstock::telemetry {
namespace {

TEST(ProcessGaugesTest, SeeAFileThatIsOpen) {
  const double before = open_descriptors();
  ASSERT_GE(before, 1);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/stat", "r"),
                                                             &std::fclose);
  EXPECT_EQ(open_descriptors(), before + 1);
  EXPECT_GT(resident_memory_bytes(), 100'000);
}

TEST(ProcessGaugesTest, AreShownWhileTheirHandlesLive) {
  Registry registry;
  {
    const auto handles = process_gauges(registry, "1.2.3", 1767225600);
    const std::string text = registry.render();
    EXPECT_NE(text.find("penstock_build_info{version=\"1.2.3\"} 1\n"), std::string::npos);
    EXPECT_NE(text.find("process_start_time_seconds 1767225600\n"), std::string::npos) << text;
    EXPECT_NE(text.find("process_max_fds "), std::string::npos);
  }
  EXPECT_EQ(registry.render().find("process_"), std::string::npos);
}

}  // namespace
}  // namespace penstock::telemetry
