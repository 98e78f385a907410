#include "sidecar/dialect/cacheability.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/dialect/request_keyer.h"

namespace penstock::dialect {
namespace {

using enum domain::BypassReason;
using enum domain::Operation;
using Reason = std::optional<domain::BypassReason>;

struct Case {
  const char* name;
  domain::Operation operation;
  const char* body;
  Reason reason;
};

class CacheabilityTest : public testing::TestWithParam<Case> {};

TEST_P(CacheabilityTest, IsRefusedFor) {
  RequestKeyer keyer;
  const auto keyed = keyer.key(GetParam().operation, GetParam().body);
  EXPECT_EQ(keyed.refused, GetParam().reason);
  EXPECT_EQ(keyed.canonical.empty(), keyed.refused.has_value());
}

constexpr Reason kCacheable = std::nullopt;

INSTANTIATE_TEST_SUITE_P(
    Operations, CacheabilityTest,
    testing::Values(Case{"Chat", kChat, R"({"model":"m","messages":[]})", kCacheable},
                    Case{"Completions", kCompletions, R"({"model":"m","prompt":"x"})", kCacheable},
                    Case{"Messages", kMessages, R"({"model":"m","messages":[]})", kCacheable},
                    Case{"Embeddings", kEmbeddings, R"({"model":"m","input":"x"})", kCacheable},
                    Case{"CountTokens", kCountTokens, R"({"model":"m"})", kUncachedOperation},
                    Case{"Moderations", kModerations, R"({"input":"x"})", kNotModelCall},
                    Case{"Models", kModels, "{}", kNotModelCall},
                    Case{"Array", kChat, "[]", kNotObject}, Case{"Nothing", kChat, "", kUnparsable},
                    Case{"Duplicate", kChat, R"({"model":"m","model":"n"})", kDuplicateKey}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    State, CacheabilityTest,
    testing::Values(
        Case{"ResponsesByDefault", kResponses, R"({"input":"x"})", kStateful},
        Case{"ResponsesStoreNull", kResponses, R"({"input":"x","store":null})", kStateful},
        Case{"ResponsesStoreTrue", kResponses, R"({"input":"x","store":true})", kStateful},
        Case{"ResponsesStoreFalse", kResponses, R"({"input":"x","store":false})", kCacheable},
        Case{"ResponsesStoreZero", kResponses, R"({"input":"x","store":0})", kStateful},
        Case{"ResponsesBackground", kResponses, R"({"store":false,"background":true})", kStateful},
        Case{"ResponsesNoBackground", kResponses, R"({"store":false,"background":false})",
             kCacheable},
        Case{"ResponsesPrevious", kResponses, R"({"store":false,"previous_response_id":"r"})",
             kStateful},
        Case{"ResponsesPreviousNull", kResponses, R"({"store":false,"previous_response_id":null})",
             kCacheable},
        Case{"ResponsesConversation", kResponses, R"({"store":false,"conversation":{"id":"c"}})",
             kStateful},
        Case{"ResponsesPrompt", kResponses, R"({"store":false,"prompt":{"id":"p"}})", kStateful},
        Case{"ResponsesItemReference", kResponses,
             R"({"store":false,"input":[{"type":"item_reference","id":"i"}]})", kStateful},
        Case{"ChatStoreTrue", kChat, R"({"messages":[],"store":true})", kStateful},
        Case{"ChatStoreFalse", kChat, R"({"messages":[],"store":false})", kCacheable},
        Case{"ChatEarlierAudio", kChat, R"({"messages":[{"role":"assistant","audio":{"id":"a"}}]})",
             kStateful}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Tools, CacheabilityTest,
    testing::Values(
        Case{"Function", kChat, R"({"tools":[{"type":"function","function":{"name":"f"}}]})",
             kCacheable},
        Case{"Custom", kChat, R"({"tools":[{"type":"custom"}]})", kCacheable},
        Case{"NoTools", kChat, R"({"tools":[]})", kCacheable},
        Case{"ToolsNull", kChat, R"({"tools":null})", kCacheable},
        Case{"ToolsNoArray", kChat, R"({"tools":{"type":"function"}})", kHostedTool},
        Case{"ToolWithoutType", kChat, R"({"tools":[{"name":"f"}]})", kHostedTool},
        Case{"WebSearch", kResponses,
             R"({"store":false,"tools":[{"type":"function"},{"type":"web_search"}]})", kHostedTool},
        Case{"FileSearch", kResponses, R"({"store":false,"tools":[{"type":"file_search"}]})",
             kHostedTool},
        Case{"CodeInterpreter", kResponses,
             R"({"store":false,"tools":[{"type":"code_interpreter"}]})", kHostedTool},
        Case{"Mcp", kResponses, R"({"store":false,"tools":[{"type":"mcp"}]})", kHostedTool},
        Case{"UnknownTool", kResponses, R"({"store":false,"tools":[{"type":"next_year"}]})",
             kHostedTool},
        Case{"EscapedType", kChat, R"({"tools":[{"type":"web\u005fsearch"}]})", kHostedTool},
        Case{"WebSearchOptions", kChat, R"({"web_search_options":{"user_location":null}})",
             kHostedTool},
        Case{"EmptyWebSearchOptions", kChat, R"({"web_search_options":{}})", kHostedTool},
        Case{"NoWebSearchOptions", kChat, R"({"web_search_options":null})", kCacheable},
        Case{"EmptyPlugins", kChat, R"({"plugins":[]})", kCacheable},
        Case{"SearchModel", kChat, R"({"model":"gpt-4o-search-preview"})", kHostedTool},
        Case{"OnlineModel", kChat, R"({"model":"vendor/model:online"})", kHostedTool},
        Case{"Perplexity", kChat, R"({"model":"sonar"})", kHostedTool},
        Case{"PerplexityByARouter", kChat, R"({"model":"perplexity/sonar-pro"})", kHostedTool},
        Case{"PerplexityAsAVariant", kChat, R"({"model":"perplexity/sonar:nitro"})", kHostedTool},
        Case{"Groq", kChat, R"({"model":"groq/compound-mini"})", kHostedTool},
        Case{"GroqBeta", kChat, R"({"model":"compound-beta"})", kHostedTool},
        Case{"OnlyBeginsAlike", kChat, R"({"model":"vendor/sonarx"})", kCacheable},
        Case{"DataSources", kChat, R"({"data_sources":[{"type":"azure_search"}]})", kHostedTool},
        Case{"NoDataSources", kChat, R"({"data_sources":[]})", kCacheable},
        Case{"AnthropicClient", kMessages,
             R"({"tools":[{"name":"f","input_schema":{}},{"type":"custom","name":"g"}]})",
             kCacheable},
        Case{"AnthropicComputer", kMessages,
             R"({"tools":[{"type":"computer_20250124","name":"computer"}]})", kCacheable},
        Case{"AnthropicBash", kMessages, R"({"tools":[{"type":"bash_20250124"}]})", kCacheable},
        Case{"AnthropicEditor", kMessages, R"({"tools":[{"type":"text_editor_20250728"}]})",
             kCacheable},
        Case{"AnthropicSearch", kMessages, R"({"tools":[{"type":"web_search_20250305"}]})",
             kHostedTool},
        Case{"AnthropicFetch", kMessages, R"({"tools":[{"type":"web_fetch_20250910"}]})",
             kHostedTool},
        Case{"AnthropicCode", kMessages, R"({"tools":[{"type":"code_execution_20250825"}]})",
             kHostedTool},
        Case{"AnthropicToolset", kMessages, R"({"tools":[{"type":"mcp_toolset"}]})", kHostedTool},
        Case{"AnthropicMcp", kMessages, R"({"mcp_servers":[{"type":"url"}]})", kHostedTool},
        Case{"AnthropicNoMcp", kMessages, R"({"mcp_servers":[]})", kCacheable},
        Case{"AnthropicContainer", kMessages, R"({"container":"c"})", kHostedTool},
        Case{"ToolNotAnObject", kMessages, R"({"tools":[1]})", kHostedTool}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Media, CacheabilityTest,
    testing::Values(
        Case{
            "ChatHttps", kChat,
            R"({"messages":[{"content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]})",
            kRemoteMedia},
        Case{
            "ChatData", kChat,
            R"({"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]}]})",
            kCacheable},
        Case{"ChatFileId", kChat,
             R"({"messages":[{"content":[{"type":"file","file":{"file_id":"f"}}]}]})",
             kRemoteMedia},
        Case{
            "ChatFileData", kChat,
            R"({"messages":[{"content":[{"type":"file","file":{"file_data":"data:,x","filename":"f"}}]}]})",
            kCacheable},
        Case{
            "ResponsesImage", kResponses,
            R"({"store":false,"input":[{"content":[{"type":"input_image","image_url":"http://x"}]}]})",
            kRemoteMedia},
        Case{
            "ResponsesImageData", kResponses,
            R"({"store":false,"input":[{"content":[{"type":"input_image","image_url":"data:x","file_id":null}]}]})",
            kCacheable},
        Case{
            "ResponsesFileUrl", kResponses,
            R"({"store":false,"input":[{"content":[{"type":"input_file","file_url":"http://x"}]}]})",
            kRemoteMedia},
        Case{
            "AnthropicUrl", kMessages,
            R"({"messages":[{"content":[{"type":"image","source":{"type":"url","url":"https://x"}}]}]})",
            kRemoteMedia},
        Case{
            "AnthropicFile", kMessages,
            R"({"messages":[{"content":[{"type":"document","source":{"type":"file","file_id":"f"}}]}]})",
            kRemoteMedia},
        Case{
            "AnthropicInToolResult", kMessages,
            R"({"messages":[{"content":[{"type":"tool_result","content":[{"type":"image","source":{"type":"url"}}]}]}]})",
            kRemoteMedia},
        Case{
            "AnthropicBase64", kMessages,
            R"({"messages":[{"content":[{"type":"image","source":{"type":"base64","data":"AA"}}]}]})",
            kCacheable},
        Case{"LinkInText", kChat, R"({"messages":[{"content":"see https://x/y.png"}]})",
             kCacheable}),
    [](const auto& test) { return std::string(test.param.name); });

Reason refused_if_sampled(domain::Operation operation, std::string_view body) {
  RequestKeyer keyer;
  return keyer.key(operation, body, resolve::SampledRequests::kBypass).refused;
}

TEST(SampledTest, OnlyGreedyGenerationsPass) {
  EXPECT_EQ(refused_if_sampled(kChat, R"({"messages":[]})"), kSampled);
  EXPECT_EQ(refused_if_sampled(kChat, R"({"temperature":1})"), kSampled);
  EXPECT_EQ(refused_if_sampled(kChat, R"({"temperature":0.0001})"), kSampled);
  EXPECT_EQ(refused_if_sampled(kChat, R"({"seed":1})"), kSampled);
  EXPECT_EQ(refused_if_sampled(kChat, R"({"temperature":"0"})"), kSampled);
  EXPECT_EQ(refused_if_sampled(kChat, R"({"temperature":0,"n":3})"), kCacheable);
  EXPECT_EQ(refused_if_sampled(kMessages, R"({"temperature":0.0})"), kCacheable);
  EXPECT_EQ(refused_if_sampled(kMessages, R"({"top_k":1})"), kCacheable);
  EXPECT_EQ(refused_if_sampled(kEmbeddings, R"({"input":"x"})"), kCacheable);
}

std::string key_of(domain::Operation operation, std::string_view body) {
  RequestKeyer keyer;
  return std::string(keyer.key(operation, body).canonical);
}

// Adds `member` to a body of `operation` that is cacheable without it.
std::string with(domain::Operation operation, const std::string& member) {
  const std::string base =
      operation == kResponses ? R"({"model":"m","input":"x","store":false)" : R"({"model":"m")";
  return base + (member.empty() ? "" : "," + member) + "}";
}

TEST(KeyFieldsTest, LabelsAndDeliveryDoNotMatter) {
  for (const auto operation : {kChat, kCompletions, kResponses}) {
    for (const char* member : {R"("stream":true)", R"("stream_options":{"include_usage":true})",
                               R"("trace_id":"t")", R"("request_id":"r")"}) {
      EXPECT_EQ(key_of(operation, with(operation, member)), key_of(operation, with(operation, "")))
          << member;
    }
  }
  EXPECT_EQ(key_of(kChat, with(kChat, R"("store":false)")), key_of(kChat, with(kChat, "")));
  EXPECT_EQ(key_of(kMessages, with(kMessages, R"("metadata":{"user_id":"u"},"stream":true)")),
            key_of(kMessages, with(kMessages, "")));
  EXPECT_EQ(key_of(kEmbeddings, with(kEmbeddings, R"("user":"u")")),
            key_of(kEmbeddings, with(kEmbeddings, "")));
}

// A Response does so with all of them, a chat completion with metadata where it is kept.
TEST(KeyFieldsTest, LabelsThatAnAnswerRepeatsDo) {
  for (const char* label : {R"("user":"u")", R"("safety_identifier":"s")",
                            R"("prompt_cache_key":"p")", R"("prompt_cache_retention":"24h")"}) {
    EXPECT_NE(key_of(kResponses, with(kResponses, label)), key_of(kResponses, with(kResponses, "")))
        << label;
    EXPECT_EQ(key_of(kChat, with(kChat, label)), key_of(kChat, with(kChat, ""))) << label;
  }
  for (const auto operation : {kChat, kResponses}) {
    EXPECT_NE(key_of(operation, with(operation, R"("metadata":{"a":"b"})")),
              key_of(operation, with(operation, "")));
  }
}

TEST(KeyFieldsTest, OneInputHasTheKeyOfThatInputInABatch) {
  for (const auto [one, batch] :
       {std::pair{R"({"input":"x","model":"m"})", R"({"model":"m","input":["x","y"],"user":"u"})"},
        {R"({"input":["x"],"model":"m"})", R"({"model":"m","input":["\u0078","y"]})"},
        {R"({"input":[1,2],"model":"m"})", R"({"model":"m","input":[[1,2],[3]]})"},
        {R"({"input":[[1,2]],"model":"m"})", R"({"model":"m","input":[[1.0,2],[3]]})"}}) {
    EmbeddingsRequest request;
    ASSERT_TRUE(request.read(batch));
    EXPECT_EQ(key_of(kEmbeddings, one), request.key_of(0)) << one;
    EXPECT_NE(key_of(kEmbeddings, batch), request.key_of(0)) << batch;
  }
  EXPECT_NE(key_of(kEmbeddings, R"({"input":[1,2]})"), key_of(kEmbeddings, R"({"input":["1"]})"));
  EXPECT_NE(key_of(kEmbeddings, R"({"input":{"a":1}})"), key_of(kEmbeddings, R"({"input":{}})"));
}

TEST(KeyFieldsTest, EverythingThatCanChangeAnAnswerDoes) {
  for (const auto operation : {kChat, kCompletions, kResponses, kMessages}) {
    std::set<std::string> keys = {key_of(operation, with(operation, ""))};
    const std::vector<const char*> members = {R"("temperature":0.5)",
                                              R"("top_p":0.5)",
                                              R"("seed":7)",
                                              R"("n":2)",
                                              R"("stop":["x"])",
                                              R"("max_tokens":5)",
                                              R"("max_completion_tokens":5)",
                                              R"("frequency_penalty":1)",
                                              R"("presence_penalty":1)",
                                              R"("logit_bias":{"5":1})",
                                              R"("logprobs":true)",
                                              R"("response_format":{"type":"json_object"})",
                                              R"("tool_choice":"none")",
                                              R"("parallel_tool_calls":false)",
                                              R"("reasoning_effort":"low")",
                                              R"("reasoning":{"effort":"low"})",
                                              R"("thinking":{"type":"enabled","budget_tokens":5})",
                                              R"("system":"s")",
                                              R"("instructions":"s")",
                                              R"("service_tier":"flex")",
                                              R"("modalities":["text"])",
                                              R"("verbosity":"low")",
                                              R"("cache_salt":"s")",
                                              R"("top_k":3)",
                                              R"("stop_sequences":["x"])",
                                              R"("suffix":"s")",
                                              R"("echo":true)",
                                              R"("best_of":2)",
                                              R"("truncation":"auto")",
                                              R"("include":["x"])",
                                              R"("nobody_knows_this":1)"};
    for (const char* member : members) {
      EXPECT_TRUE(keys.insert(key_of(operation, with(operation, member))).second) << member;
    }
  }
  EXPECT_NE(key_of(kEmbeddings, with(kEmbeddings, R"("dimensions":5)")),
            key_of(kEmbeddings, with(kEmbeddings, "")));
  EXPECT_NE(key_of(kEmbeddings, with(kEmbeddings, R"("encoding_format":"float")")),
            key_of(kEmbeddings, with(kEmbeddings, "")));
  EXPECT_NE(key_of(kMessages, with(kMessages, R"("user":"u")")),
            key_of(kMessages, with(kMessages, "")));
}

}  // namespace
}  // namespace penstock::dialect
