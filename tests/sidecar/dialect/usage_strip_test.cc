#include "sidecar/dialect/usage_strip.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sidecar/dialect/sample_streams.h"

namespace penstock::dialect {
namespace {

std::string stripped(const std::vector<std::string_view>& pieces) {
  domain::SseParser parser;
  UsageStripper stripper;
  std::string out;
  for (const std::string_view piece : pieces) {
    parser.feed(piece, [&](const domain::SseEvent& event) {
      const UsageStripper::Output output = stripper.on_event(event);
      out.append(output.head).append(output.tail);
    });
  }
  return out.append(parser.pending());
}

struct Case {
  const char* name;
  std::string_view input;
  std::string_view output;
};

constexpr Case kCases[] = {
    {"LastMember", "data: {\"choices\":[{}],\"usage\":null}\n\n", "data: {\"choices\":[{}]}\n\n"},
    {"MiddleMember", "data: {\"choices\":[{}],\"usage\":null,\"obfuscation\":\"x\"}\n\n",
     "data: {\"choices\":[{}],\"obfuscation\":\"x\"}\n\n"},
    {"FirstMember", "data: {\"usage\":null, \"choices\":[{}]}\n\n", "data: {\"choices\":[{}]}\n\n"},
    {"OnlyMember", "data: {\"usage\":null}\n\n", "data: {}\n\n"},
    {"Spaces", "data: { \"choices\": [{}] , \"usage\" : null }\n\n",
     "data: { \"choices\": [{}] }\n\n"},
    {"RunningTotals", "data: {\"choices\":[{}],\"usage\":{\"prompt_tokens\":1}}\n\n",
     "data: {\"choices\":[{}]}\n\n"},
    {"UsageOnly", "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n", ""},
    {"UsageOnlyChoicesNull", "data: {\"usage\":{\"prompt_tokens\":1},\"choices\":null}\n\n", ""},
    {"UsageOnlyChoicesAbsent", "data:{\"usage\":{\"prompt_tokens\":1}}\r\n\r\n", ""},
    {"UsageOnlyChoicesBlank", "data: {\"choices\":[ ],\"usage\":{}}\n\n", ""},
    {"NullUsageWithoutChoicesStays",
     "data: {\"choices\":[],\"prompt_filter_results\":[1],\"usage\":null}\n\n",
     "data: {\"choices\":[],\"prompt_filter_results\":[1]}\n\n"},
    {"ErrorStays", "data: {\"error\":{},\"usage\":{}}\n\n", "data: {\"error\":{}}\n\n"},
    {"NestedStays", "data: {\"choices\":[{\"usage\":1}],\"x\":{\"usage\":{}}}\n\n",
     "data: {\"choices\":[{\"usage\":1}],\"x\":{\"usage\":{}}}\n\n"},
    {"AsTextStays", "data: {\"choices\":[{\"delta\":{\"content\":\"usage\"}}]}\n\n",
     "data: {\"choices\":[{\"delta\":{\"content\":\"usage\"}}]}\n\n"},
    {"Repeated", "data: {\"usage\":null,\"a\":1,\"usage\":null}\n\n", "data: {\"a\":1}\n\n"},
    {"BrokenStays", "data: {\"choices\":[{}],\"usage\":nu\n\n",
     "data: {\"choices\":[{}],\"usage\":nu\n\n"},
    {"SeveralDataLines",
     ": c\ndata: {\"choices\":[{}],\ndata: \"usage\":null,\ndata: \"a\":1}\nid: 7\n\n",
     ": c\ndata: {\"choices\":[{}], \"a\":1}\nid: 7\n\n"},
    {"OtherFieldsStay", "id: 1\nevent: x\ndata: {\"choices\":[{}],\"usage\":null}\n\n",
     "id: 1\nevent: x\ndata: {\"choices\":[{}]}\n\n"},
    {"CommentsAndDoneStay", ": \"usage\"\n\ndata: [DONE]\n\n", ": \"usage\"\n\ndata: [DONE]\n\n"},
    {"UnfinishedStays", "data: {\"usage\":null}\n", "data: {\"usage\":null}\n"},
};

TEST(UsageStripTest, TakesOutUsageAndNothingElse) {
  for (const Case& each : kCases) {
    EXPECT_EQ(stripped({each.input}), each.output) << each.name;
  }
}

TEST(UsageStripTest, EveryCutGivesTheSameBytes) {
  std::vector<std::string> inputs;
  for (const Case& each : kCases) {
    inputs.emplace_back(each.input);
  }
  for (const samples::Stream& sample : samples::all()) {
    inputs.push_back(sample.bytes);
    inputs.push_back(samples::with_line_end(sample.bytes, "\r\n"));
    inputs.push_back(samples::without_space(sample.bytes));
  }
  for (const std::string_view input : inputs) {
    const std::string whole = stripped({input});
    for (std::size_t cut = 0; cut <= input.size(); ++cut) {
      ASSERT_EQ(stripped({input.substr(0, cut), input.substr(cut)}), whole) << input << cut;
    }
  }
}

TEST(UsageStripTest, AStreamLooksAsIfNobodyHadAsked) {
  const std::string out = stripped({samples::named("chat").bytes});
  EXPECT_EQ(out.find("usage"), std::string::npos);
  // Role, text, stop and [DONE] are left.
  EXPECT_EQ(out.substr(out.size() - 14), "data: [DONE]\n\n");
  std::size_t events = 0;
  for (std::size_t at = out.find("\n\n"); at != std::string::npos; at = out.find("\n\n", at + 2)) {
    ++events;
  }
  EXPECT_EQ(events, 4U);
}

TEST(UsageStripTest, AnUntouchedEventIsForwardedInPlace) {
  const std::string_view input = "data: {\"choices\":[{}]}\n\n";
  domain::SseParser parser;
  UsageStripper stripper;
  parser.feed(input, [&](const domain::SseEvent& event) {
    const UsageStripper::Output output = stripper.on_event(event);
    EXPECT_EQ(output.head.data(), input.data());
    EXPECT_EQ(output.head.size(), input.size());
  });
}

}  // namespace
}  // namespace penstock::dialect
