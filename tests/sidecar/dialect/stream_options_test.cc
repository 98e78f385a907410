#include "sidecar/dialect/stream_options.h"

#include <string>

#include <gtest/gtest.h>

#include "sidecar/dialect/request_reader.h"

namespace penstock::dialect {
namespace {

using domain::Operation;

// The body after the edit, or "-" where there is none.
std::string asked(std::string_view text, Operation operation = Operation::kChat) {
  const std::string body(text);
  const RequestFacts facts = read_request(operation, body);
  const auto edit = ask_for_usage(facts, body);
  return edit ? apply_edit(*edit, body) : "-";
}

TEST(StreamOptionsTest, EditsInPlace) {
  struct Case {
    std::string_view body;
    std::string_view edited;
  };
  for (
      const Case& each : {
          Case{R"({"model":"m","stream":true})",
               R"({"stream_options":{"include_usage":true},"model":"m","stream":true})"},
          Case{" \n{ \"stream\" : true }",
               " \n{\"stream_options\":{\"include_usage\":true}, \"stream\" : true }"},
          Case{R"({"stream":true,"stream_options":null})",
               R"({"stream":true,"stream_options":{"include_usage":true}})"},
          Case{R"({"stream_options":{},"stream":true})",
               R"({"stream_options":{"include_usage":true},"stream":true})"},
          Case{R"({"stream_options":{ },"stream":true})",
               R"({"stream_options":{"include_usage":true },"stream":true})"},
          Case{
              R"({"stream_options":{"include_obfuscation":false},"stream":true})",
              R"({"stream_options":{"include_usage":true,"include_obfuscation":false},"stream":true})"},
          Case{R"({"stream_options":{"a":1, "include_usage" : false },"stream":true})",
               R"({"stream_options":{"a":1, "include_usage" : true },"stream":true})"},
          Case{R"({"stream_options":{"include_usage":null},"stream":true})",
               R"({"stream_options":{"include_usage":true},"stream":true})"},
      }) {
    EXPECT_EQ(asked(each.body), each.edited);
    EXPECT_EQ(asked(each.body, Operation::kCompletions), each.edited);
  }
}

TEST(StreamOptionsTest, TheEditedBodyAsksAndNeedsNoFurtherEdit) {
  for (const std::string_view text :
       {R"({"stream":true})",
        R"({"stream":true,"stream_options":{"x":{"include_usage":false}}})"}) {
    const std::string once = asked(text);
    EXPECT_NE(once, "-");
    EXPECT_EQ(asked(once), "-");
  }
}

TEST(StreamOptionsTest, LeavesAloneWhatItShould) {
  EXPECT_EQ(asked(R"({"model":"m"})"), "-");
  EXPECT_EQ(asked(R"({"stream":false})"), "-");
  EXPECT_EQ(asked(R"({"stream":true,"stream_options":{"include_usage":true}})"), "-");
  EXPECT_EQ(asked(R"({"stream":true,"stream_options":{"include_usage":"yes"}})"), "-");
  EXPECT_EQ(asked(R"({"stream":true,"stream_options":[]})"), "-");
  EXPECT_EQ(asked(R"({"stream":true,"stream_options":7})"), "-");
  EXPECT_EQ(asked(R"({"stream":true,"stream_options":null,"stream_options":{}})"), "-");
  EXPECT_EQ(
      asked(R"({"stream":true,"stream_options":{"include_usage":false,"include_usage":false}})"),
      "-");
  EXPECT_EQ(asked(R"({"stream":true)"), "-");
  for (const Operation operation :
       {Operation::kResponses, Operation::kMessages, Operation::kEmbeddings}) {
    EXPECT_EQ(asked(R"({"stream":true})", operation), "-");
  }
}

TEST(StreamOptionsTest, RecognisesTheErrorThatNamesTheOption) {
  EXPECT_TRUE(
      names_stream_options(R"({"error":{"message":"Unknown parameter: 'stream_options'."}})"));
  EXPECT_TRUE(
      names_stream_options(R"({"detail":[{"loc":["body","stream_options","include_usage"]}]})"));
  EXPECT_FALSE(names_stream_options(R"({"error":{"message":"Unknown parameter: 'stream'."}})"));
}

}  // namespace
}  // namespace penstock::dialect
