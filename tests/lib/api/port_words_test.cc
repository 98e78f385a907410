#include "lib/api/port_words.h"

#include <gtest/gtest.h>

namespace penstock::api {
namespace {

const PortFlag kFlag{.name = "--port", .alias = ""};
const PortFlag kAliased{.name = "--port", .alias = "-p"};

TEST(PortWordsTest, OnlyWholeWordsNameAPort) {
  EXPECT_TRUE(names_port("--port=8000", kFlag, "8000"));
  EXPECT_TRUE(names_port("serve --port 8000\n--x", kFlag, "8000"));
  EXPECT_FALSE(names_port("--port=80001", kFlag, "8000"));
  EXPECT_FALSE(names_port("--http--port=8000", kFlag, "8000"));
  EXPECT_TRUE(names_port("--port=80001 --port=8000", kFlag, "8000")) << "the second one does";
  EXPECT_FALSE(names_port("-p 8000", kFlag, "8000"));
  EXPECT_TRUE(names_port("-p8000", kAliased, "8000"));
  EXPECT_FALSE(names_port("--port8000", kAliased, "8000")) << "only short ones hold their value";
}

TEST(PortWordsTest, LongerWordsNameAnother) {
  EXPECT_TRUE(names_longer_words("--port=80001", kFlag, "8000"));
  EXPECT_TRUE(names_longer_words("--http--port=8000", kFlag, "8000"));
  EXPECT_TRUE(names_longer_words("--http-p 8000", kAliased, "8000"));
  EXPECT_FALSE(names_longer_words("--port=8000 -p 8000", kAliased, "8000"));
}

TEST(PortWordsTest, AFlagIsHeldWithWhateverValue) {
  EXPECT_TRUE(holds_flag("--port", kFlag));
  EXPECT_TRUE(holds_flag("serve --port=$X", kFlag));
  EXPECT_TRUE(holds_flag("serve --port\n1", kFlag));
  EXPECT_FALSE(holds_flag("--port-range", kFlag));
  EXPECT_FALSE(holds_flag("-p9", kFlag));
  EXPECT_TRUE(holds_flag("-p9", kAliased));
  EXPECT_TRUE(holds_flag("serve -p", kAliased));
  EXPECT_FALSE(holds_flag("--http-p", kAliased));
  EXPECT_FALSE(holds_flag("mkdir -p /data && serve", kAliased));
  EXPECT_FALSE(holds_flag("mkdir -p data", kAliased));
  EXPECT_TRUE(holds_flag("serve -p '9'", kAliased));
  EXPECT_TRUE(holds_flag("serve -p $PORT", kAliased));
}

TEST(PortWordsTest, AVariableIsReferredToInThreeWays) {
  EXPECT_EQ(references_to("HTTP"), (std::vector<std::string>{"$(HTTP)", "${HTTP}", "$HTTP"}));
  for (const char* odd : {"A.B", "1A", "A(B", ""}) {
    EXPECT_EQ(references_to(odd).size(), 2U) << odd << ", which no shell takes";
  }
}

TEST(PortWordsTest, AVariableIsReferredToByItsWholeName) {
  EXPECT_TRUE(refers_to("$(HTTP)", "HTTP"));
  EXPECT_TRUE(refers_to("${HTTP}", "HTTP"));
  EXPECT_TRUE(refers_to("$HTTP", "HTTP"));
  EXPECT_TRUE(refers_to("$HTTP/x", "HTTP"));
  EXPECT_TRUE(refers_to("$HTTPS $HTTP", "HTTP"));
  EXPECT_FALSE(refers_to("$HTTPS $HTTP_PORT HTTP", "HTTP"));
}

TEST(PortWordsTest, ANumberOfItsOwnIsNoPartOfAWord) {
  for (const char* text : {"8000", ":8000", "http://127.0.0.1:8000/health",
                           "nc localhost 8000; true", "--port=8000", "80001 8000"}) {
    EXPECT_TRUE(holds_number(text, "8000")) << text;
  }
  for (const char* text : {"", "80001", "18000", "m8000", "8000m", "_8000"}) {
    EXPECT_FALSE(holds_number(text, "8000")) << text;
  }
}

TEST(PortWordsTest, Shells) {
  EXPECT_TRUE(runs_script({"sh", "-c", ""}));
  EXPECT_TRUE(runs_script({"/bin/bash", "-lc"}));
  EXPECT_TRUE(runs_script({"tini", "--", "bash", "-o", "pipefail", "-c"}));
  EXPECT_FALSE(runs_script({"fish", "-c"}));
  EXPECT_FALSE(runs_script({"sh", "-x"}));
  EXPECT_FALSE(runs_script({"sh", "script-c"}));
  EXPECT_FALSE(runs_script({}));
}

}  // namespace
}  // namespace penstock::api
