#include "sidecar/dialect/unfold_responses.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/dialect/fold.h"
#include "sidecar/domain/json_tree.h"
#include "sidecar/domain/sse_parser.h"

namespace penstock::dialect {
namespace {

std::string response(std::string_view output) {
  return R"({"id":"resp_1","object":"response","created_at":1.0,"status":"completed","error":null,)"
         R"("incomplete_details":null,"model":"m","output":)" +
         std::string(output) + R"(,"temperature":0.70,"usage":{"total_tokens":3}})";
}

struct Event {
  std::string type;
  std::string data;
};

// The events, each found to be JSON of the type that its name says, and numbered in order.
std::vector<Event> events_of(const std::string& object) {
  std::vector<Event> events;
  const auto stream = unfold_responses(object);
  if (!stream) {
    return events;
  }
  domain::SseParser parser;
  parser.feed(*stream, [&events](const domain::SseEvent& event) {
    domain::JsonTree tree;
    ASSERT_FALSE(tree.parse(event.data)) << event.data;
    EXPECT_EQ(tree.root().find("type")->text(), event.name);
    EXPECT_EQ(tree.root().find("sequence_number")->text(), std::to_string(events.size()));
    events.push_back({std::string(event.name), std::string(event.data)});
  });
  EXPECT_TRUE(parser.pending().empty());
  return events;
}

std::vector<std::string> types_of(std::string_view output) {
  std::vector<std::string> types;
  for (const Event& event : events_of(response(output))) {
    types.push_back(event.type.substr(event.type.find('.') + 1));
  }
  return types;
}

using Types = std::vector<std::string>;

TEST(UnfoldResponsesTest, NothingBeginsAndCompletes) {
  const auto events = events_of(response("[]"));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(
      events[0].data,
      R"({"type":"response.created","sequence_number":0,"response":{"id":"resp_1",)"
      R"("object":"response","created_at":1.0,"status":"in_progress","error":null,)"
      R"("incomplete_details":null,"model":"m","output":[],"temperature":0.70,"usage":null}})");
  EXPECT_EQ(events[1].type, "response.in_progress");
  EXPECT_EQ(events[2].data, R"({"type":"response.completed","sequence_number":2,"response":)" +
                                response("[]") + "}");
}

TEST(UnfoldResponsesTest, AMessageTellsItsTextInOnePiece) {
  const auto events = events_of(response(
      R"([{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[)"
      R"({"type":"output_text","text":"Hi \u00e9","annotations":[{"type":"url_citation","url":"u"}],)"
      R"("logprobs":[{"token":"Hi","logprob":-0.5,"top_logprobs":[]}]}]}])"));
  ASSERT_EQ(events.size(), 10U);
  EXPECT_EQ(
      events[2].data,
      R"({"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":)"
      R"({"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}})");
  EXPECT_EQ(events[3].data,
            R"({"type":"response.content_part.added","sequence_number":3,"item_id":"msg_1",)"
            R"("output_index":0,"content_index":0,"part":{"type":"output_text","text":"",)"
            R"("annotations":[],"logprobs":[]}})");
  EXPECT_EQ(events[4].data,
            R"({"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1",)"
            R"("output_index":0,"content_index":0,"delta":"Hi \u00e9",)"
            R"("logprobs":[{"token":"Hi","logprob":-0.5,"top_logprobs":[]}]})");
  EXPECT_EQ(events[5].data,
            R"({"type":"response.output_text.annotation.added","sequence_number":5,)"
            R"("item_id":"msg_1","output_index":0,"content_index":0,"annotation_index":0,)"
            R"("annotation":{"type":"url_citation","url":"u"}})");
  EXPECT_EQ(events[6].type, "response.output_text.done");
  EXPECT_EQ(events[7].type, "response.content_part.done");
  EXPECT_EQ(events[8].type, "response.output_item.done");
  EXPECT_EQ(events[9].type, "response.completed");
}

TEST(UnfoldResponsesTest, EachKindOfItemHasItsEvents) {
  EXPECT_EQ(types_of(R"([{"id":"f","type":"function_call","status":"completed","call_id":"c",)"
                     R"("name":"weather","arguments":"{}"}])"),
            (Types{"created", "in_progress", "output_item.added", "function_call_arguments.delta",
                   "function_call_arguments.done", "output_item.done", "completed"}));
  EXPECT_EQ(types_of(R"([{"id":"t","type":"custom_tool_call","call_id":"c","name":"sh",)"
                     R"("input":"ls"}])"),
            (Types{"created", "in_progress", "output_item.added", "custom_tool_call_input.delta",
                   "custom_tool_call_input.done", "output_item.done", "completed"}));
  EXPECT_EQ(
      types_of(R"([{"id":"m","type":"message","role":"assistant","content":[)"
               R"({"type":"refusal","refusal":"No."}]}])"),
      (Types{"created", "in_progress", "output_item.added", "content_part.added", "refusal.delta",
             "refusal.done", "content_part.done", "output_item.done", "completed"}));
  EXPECT_EQ(
      types_of(R"([{"id":"r","type":"reasoning","summary":[{"type":"summary_text","text":"s"}],)"
               R"("content":[{"type":"reasoning_text","text":"t"}],"encrypted_content":"e"}])"),
      (Types{"created", "in_progress", "output_item.added", "reasoning_summary_part.added",
             "reasoning_summary_text.delta", "reasoning_summary_text.done",
             "reasoning_summary_part.done", "content_part.added", "reasoning_text.delta",
             "reasoning_text.done", "content_part.done", "output_item.done", "completed"}));
}

TEST(UnfoldResponsesTest, AnEmptyTextHasNoDelta) {
  EXPECT_EQ(types_of(R"([{"id":"m","type":"message","role":"assistant","content":[)"
                     R"({"type":"output_text","text":"","annotations":[]}]}])"),
            (Types{"created", "in_progress", "output_item.added", "content_part.added",
                   "output_text.done", "content_part.done", "output_item.done", "completed"}));
}

TEST(UnfoldResponsesTest, ItemsAreNumbered) {
  const auto events = events_of(
      response(R"([{"id":"r","type":"reasoning","summary":[]},)"
               R"({"id":"f","type":"function_call","call_id":"c","name":"n","arguments":""}])"));
  ASSERT_EQ(events.size(), 8U);
  EXPECT_EQ(events[5].data,
            R"({"type":"response.function_call_arguments.done","sequence_number":5,)"
            R"("item_id":"f","output_index":1,"arguments":""})");
}

TEST(UnfoldResponsesTest, TheStreamFoldsIntoTheObjectAgain) {
  for (const std::string_view output :
       {"[]",
        R"([{"id":"r","type":"reasoning","summary":[{"type":"summary_text","text":"\"x\""}]},)"
        R"({"id":"m","type":"message","status":"completed","role":"assistant","content":[)"
        R"({"type":"output_text","text":"a\nb","annotations":[]},)"
        R"({"type":"refusal","refusal":"no"}]}])"}) {
    const std::string object = response(output);
    const auto stream = unfold_responses(object);
    ASSERT_TRUE(stream) << object;
    EXPECT_EQ(fold(domain::Operation::kResponses, *stream), object);
  }
}

TEST(UnfoldResponsesTest, LineEndsBetweenTokensStayOnOneLine) {
  const std::string object = "{\r\n \"id\":\"x\",\n\"status\":\"completed\",\n\"output\":[\n]\n}";
  const auto events = events_of(object);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[2].data, R"({"type":"response.completed","sequence_number":2,)"
                            R"("response":{ "id":"x","status":"completed","output":[]}})");
}

TEST(UnfoldResponsesTest, WhatIsNotKnownOrNotWholeIsRefused) {
  for (
      const std::string_view output :
      {R"([{"id":"w","type":"web_search_call","status":"completed"}])",
       R"([{"id":"m","type":"message","role":"assistant","content":[],"new":1}])",
       R"([{"id":"m","type":"message","role":"assistant","content":[],"role":"user"}])",
       R"([{"id":"m","type":"message","role":"assistant","content":"text"}])",
       R"([{"id":"m","type":"message","role":"assistant"}])",
       R"([{"type":"message","role":"assistant","content":[]}])",
       R"([{"id":"m","type":"message","role":"assistant","content":[{"type":"image"}]}])",
       R"([{"id":"m","type":"message","content":[{"type":"refusal","refusal":null}]}])",
       R"([{"id":"m","type":"message","content":[{"type":"output_text","text":"x","a":1}]}])",
       R"([{"id":"m","type":"message","content":[{"type":"output_text","text":"x","logprobs":{}}]}])",
       R"([{"id":"f","type":"function_call","name":"n","arguments":{}}])",
       R"([{"id":"t","type":"custom_tool_call","name":"n"}])",
       R"([{"id":"r","type":"reasoning","summary":{}}])", R"([7])", R"({})", "null"}) {
    EXPECT_FALSE(unfold_responses(response(output))) << output;
  }
  for (const std::string_view object :
       {"", "[]", "{}", R"({"id":"x","status":"incomplete","output":[]})",
        R"({"status":"completed","output":[]})", R"({"id":"x","status":"completed"})",
        R"({"id":"x","status":"completed","output":[],"error":{"code":"x"}})",
        R"({"id":"x","status":"completed","output":[],"incomplete_details":{"reason":"x"}})"}) {
    EXPECT_FALSE(unfold_responses(object)) << object;
  }
}

}  // namespace
}  // namespace penstock::dialect
