#include "sidecar/redirect/ruleset.h"

#include <gtest/gtest.h>

namespace penstock::redirect {
namespace {

TEST(RulesetTest, LeadsTwoPortsOfBothFamiliesAndReplacesWhatWasThere) {
  EXPECT_EQ(ruleset(8000, 15801, 18000),
            "add table inet penstock\n"
            "flush table inet penstock\n"
            "table inet penstock {\n"
            "  chain prerouting {\n"
            "    type nat hook prerouting priority dstnat; policy accept;\n"
            "    tcp dport 8000 redirect to :15801\n"
            "    tcp dport 18000 redirect to :8000\n"
            "  }\n"
            "}\n");
}

}  // namespace
}  // namespace penstock::redirect
