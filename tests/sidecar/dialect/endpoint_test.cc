#include "sidecar/dialect/endpoint.h"

#include <gtest/gtest.h>

namespace penstock::dialect {
namespace {

using domain::Dialect;
using domain::Endpoint;
using domain::Operation;

struct Case {
  std::string_view method;
  std::string_view path;
  bool anthropic_header;
  Dialect dialect;
  Operation operation;
};

constexpr Case kCases[] = {
    {"POST", "/v1/chat/completions", false, Dialect::kOpenAi, Operation::kChat},
    {"POST", "/chat/completions", false, Dialect::kOpenAi, Operation::kChat},
    {"POST", "/v1/chat/completions/", false, Dialect::kOpenAi, Operation::kChat},
    {"POST", "/v1/chat/completions?api-version=2", false, Dialect::kOpenAi, Operation::kChat},
    {"POST", "/openai/deployments/x/chat/completions?a=/b", false, Dialect::kOpenAi,
     Operation::kChat},
    {"POST", "/v1beta/openai/chat/completions", false, Dialect::kOpenAi, Operation::kChat},
    {"POST", "/v1/chat/completions", true, Dialect::kOpenAi, Operation::kChat},
    {"GET", "/v1/chat/completions", false, Dialect::kOpenAi, Operation::kOther},
    {"GET", "/v1/chat/completions/chatcmpl-1", false, Dialect::kOpenAi, Operation::kOther},
    {"POST", "/v1/chat/completions/chatcmpl-1", false, Dialect::kOpenAi, Operation::kOther},
    {"POST", "/v1/xchat/completions", false, Dialect::kOpenAi, Operation::kCompletions},
    {"POST", "/v1/mychat/completionsx", false, Dialect::kOpenAi, Operation::kOther},
    {"POST", "/v1/completions", false, Dialect::kOpenAi, Operation::kCompletions},
    {"POST", "completions", false, Dialect::kOpenAi, Operation::kCompletions},
    {"POST", "/v1/xcompletions", false, Dialect::kOpenAi, Operation::kOther},
    {"POST", "/v1/responses", false, Dialect::kOpenAi, Operation::kResponses},
    {"GET", "/v1/responses/resp_1", false, Dialect::kOpenAi, Operation::kOther},
    {"DELETE", "/v1/responses/resp_1", false, Dialect::kOpenAi, Operation::kOther},
    {"POST", "/v1/responses/resp_1/cancel", false, Dialect::kOpenAi, Operation::kOther},
    {"POST", "/v1/embeddings", false, Dialect::kOpenAi, Operation::kEmbeddings},
    {"POST", "/v1/messages", true, Dialect::kAnthropic, Operation::kMessages},
    {"POST", "/v1/messages", false, Dialect::kAnthropic, Operation::kMessages},
    {"POST", "/anthropic/v1/messages?beta=true", true, Dialect::kAnthropic, Operation::kMessages},
    {"POST", "/gateway/messages", true, Dialect::kAnthropic, Operation::kMessages},
    {"POST", "/v1/threads/t_1/messages", false, Dialect::kOpenAi, Operation::kOther},
    {"POST", "/v1/messages/count_tokens", true, Dialect::kAnthropic, Operation::kCountTokens},
    {"POST", "/v1/messages/batches", true, Dialect::kAnthropic, Operation::kOther},
    {"GET", "/v1/messages/batches", true, Dialect::kAnthropic, Operation::kOther},
    {"GET", "/v1/models", false, Dialect::kOpenAi, Operation::kModels},
    {"GET", "/v1/models", true, Dialect::kAnthropic, Operation::kModels},
    {"GET", "/v1/models/org/name", false, Dialect::kOpenAi, Operation::kModels},
    {"GET", "/openai/models", false, Dialect::kOpenAi, Operation::kModels},
    {"DELETE", "/v1/models/ft:x", false, Dialect::kOpenAi, Operation::kOther},
    {"POST", "/v1/moderations", false, Dialect::kOpenAi, Operation::kModerations},
    {"POST", "/v1/audio/speech", false, Dialect::kOpenAi, Operation::kAudio},
    {"POST", "/v1/audio/transcriptions", false, Dialect::kOpenAi, Operation::kAudio},
    {"POST", "/v1/files", false, Dialect::kOpenAi, Operation::kFiles},
    {"GET", "/v1/files/f_1/content", false, Dialect::kOpenAi, Operation::kFiles},
    {"GET", "/v1/files", true, Dialect::kAnthropic, Operation::kFiles},
    {"GET", "/", false, Dialect::kOpenAi, Operation::kOther},
    {"GET", "", false, Dialect::kOpenAi, Operation::kOther},
    {"POST", "///", true, Dialect::kAnthropic, Operation::kOther},
    {"POST", "?/v1/chat/completions", false, Dialect::kOpenAi, Operation::kOther},
    {"post", "/v1/chat/completions", false, Dialect::kOpenAi, Operation::kOther},
};

TEST(EndpointTest, TheLastSegmentsAndTheMethodDecide) {
  for (const Case& each : kCases) {
    const Endpoint found = recognise(each.method, each.path, each.anthropic_header);
    EXPECT_EQ(found.operation, each.operation) << each.method << ' ' << each.path;
    EXPECT_EQ(found.dialect, each.dialect) << each.method << ' ' << each.path;
  }
}

}  // namespace
}  // namespace penstock::dialect
