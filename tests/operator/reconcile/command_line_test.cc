#include "operator/reconcile/command_line.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::reconcile {
namespace {

std::string describe(const std::vector<std::string>& words) {
  std::string result;
  for (const Program& program : programs_of(words)) {
    result += (result.empty() ? "" : ", ") + program.name + " " + program.next;
  }
  return result;
}

TEST(CommandLineTest, WhatACommandLineStarts) {
  EXPECT_EQ(describe({}), "");
  EXPECT_EQ(describe({"/usr/bin/vllm", "serve", "m"}), "vllm serve");
  EXPECT_EQ(describe({"app"}), "app ");
  EXPECT_EQ(describe({"A=1", "exec", "app", "x"}), "app x");
  EXPECT_EQ(describe({"tini", "-g", "--", "nice", "-n", "5", "app"}), "app ");
  EXPECT_EQ(describe({"/usr/bin/env", "A=b", "app"}), "app ");
  EXPECT_EQ(describe({"python3.12", "-u", "-X", "dev", "-m", "a.b", "c"}), "a.b c");
  EXPECT_EQ(describe({"python", "/opt/a/b.py", "--x"}), ".opt.a.b --x");
  EXPECT_EQ(describe({"python3", "/usr/bin/vllm", "serve"}), "vllm serve");
  EXPECT_EQ(describe({"python3", "-c", "import vllm"}), "python3 -c");
  EXPECT_EQ(describe({"pythonic", "-m", "x"}), "pythonic -m");
  EXPECT_EQ(describe({"bash", "/start.sh", "x"}), "start.sh x");
  EXPECT_EQ(describe({"bash"}), "bash ");
}

TEST(CommandLineTest, EveryCommandOfAScript) {
  EXPECT_EQ(describe({"sh", "-c", "exec vllm serve m --port 1"}), "vllm serve");
  EXPECT_EQ(describe({"bash", "-euo", "pipefail", "-c", "a 1; b"}), "a 1, b ");
  EXPECT_EQ(describe({"sh", "-ec", "a && b || c | d & e\nf (g)"}), "a , b , c , d , e , f , g ");
  EXPECT_EQ(describe({"sh", "-c", "X=1 vllm \\\n  serve m"}), "vllm serve");
  EXPECT_EQ(describe({"sh", "-c", "if a; then b; fi"}), "a , b , fi ");
  EXPECT_EQ(describe({"sh", "-c", "echo '; vllm serve' \"& x\""}), "echo ; vllm serve");
  EXPECT_EQ(describe({"sh", "-c", "# vllm serve\na # b; c"}), "a ");
  EXPECT_EQ(describe({"sh", "-c", "bash -c 'a; b'"}), "a , b ");
  EXPECT_EQ(describe({"sh", "-c", "echo 'open"}), "echo open");
  EXPECT_EQ(describe({"sh", "-c", "a\\"}), "a ");
  EXPECT_EQ(describe({"sh", "-c"}), "");
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += c == ' ' || c == '\\' ? "\\" : "";
    result += c;
  }
  return result;
}

TEST(CommandLineTest, ScriptsWithinScriptsAreReadToADepth) {
  std::string script = "vllm serve";
  std::vector<std::string> found;
  for (int depth = 1; depth <= 6; ++depth) {
    found.push_back(describe({"sh", "-c", script}));
    script = "sh -c " + escaped(script);
  }
  const std::string read = "vllm serve";
  EXPECT_EQ(found, (std::vector<std::string>{read, read, read, read, "", ""}));
}

}  // namespace
}  // namespace penstock::reconcile
