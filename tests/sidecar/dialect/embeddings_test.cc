#include "sidecar/dialect/embeddings.h"

#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::dialect {
namespace {

using Indexes = std::vector<std::size_t>;
using Views = std::vector<std::string_view>;

Views elements_of(std::string_view body) {
  EmbeddingsRequest request;
  Views elements;
  const bool read = request.read(body);
  for (std::size_t i = 0; i < request.size(); ++i) {
    elements.push_back(request.element(i));
  }
  EXPECT_EQ(read, !elements.empty());
  return elements;
}

TEST(EmbeddingsRequestTest, TellsTheInputsApart) {
  EXPECT_EQ(elements_of(R"({"input":"x"})"), (Views{R"("x")"}));
  EXPECT_EQ(elements_of(R"({"input":["x", "\u0079"]})"), (Views{R"("x")", R"("\u0079")"}));
  EXPECT_EQ(elements_of(R"({"input":[1, 2]})"), (Views{"[1, 2]"}));
  EXPECT_EQ(elements_of(R"({"input":[[1, 2],[3]]})"), (Views{"[1, 2]", "[3]"}));
}

TEST(EmbeddingsRequestTest, LeavesAloneWhatItCannotTellApart) {
  for (const char* body : {"{}", R"({"input":null})", R"({"input":[]})", R"({"input":["x",1]})",
                           R"({"input":["x",[1]]})", R"({"input":[[1],[]]})",
                           R"({"input":[["x"]]})", R"({"input":{"a":1}})", R"({"input":[{"a":1}]})",
                           R"({"input":"x","a":1,"a":2})", R"(["x"])", ""}) {
    EXPECT_TRUE(elements_of(body).empty()) << body;
  }
  std::string many = R"({"input":["x")";
  for (std::size_t i = 1; i < EmbeddingsRequest::kElementsMax; ++i) {
    many += R"(,"x")";
  }
  EXPECT_EQ(elements_of(many + "]}").size(), EmbeddingsRequest::kElementsMax);
  EXPECT_TRUE(elements_of(many + R"(,"x"]})").empty());
}

std::string key(std::string_view body, std::size_t i = 0) {
  EmbeddingsRequest request;
  EXPECT_TRUE(request.read(body)) << body;
  return std::string(request.key_of(i).value_or("none"));
}

TEST(EmbeddingsRequestTest, AnElementHasOneKeyWhereverItStands) {
  const std::string alone = key(R"({"model":"m","input":"x"})");
  EXPECT_EQ(key(R"({"model":"m","input":["x"]})"), alone);
  EXPECT_EQ(key(R"({"input":["y","\u0078"],"model":"m","user":"u"})", 1), alone);
  EXPECT_NE(key(R"({"model":"m","input":"y"})"), alone);
  EXPECT_NE(key(R"({"model":"n","input":"x"})"), alone);
  EXPECT_NE(key(R"({"model":"m","input":"x","dimensions":2})"), alone);
  EXPECT_NE(key(R"({"model":"m","input":[1,2]})"), key(R"({"model":"m","input":[[1],[2]]})"));
  EXPECT_EQ(key(R"({"model":"m","input":[1,2]})"),
            key(R"({"model":"m","input":[[3],[1.0,2]]})", 1));
}

TEST(EmbeddingsRequestTest, KeysCanBeAskedForInAnyOrder) {
  EmbeddingsRequest request;
  ASSERT_TRUE(request.read(R"({"input":["aaaa","b"]})"));
  const std::string first(*request.key_of(0));
  const std::string second(*request.key_of(1));
  EXPECT_EQ(*request.key_of(0), first);
  EXPECT_EQ(*request.key_of(1), second);
}

TEST(EmbeddingsRequestTest, EditsTheListAndNothingElse) {
  EmbeddingsRequest request;
  ASSERT_TRUE(request.read("{ \"user\":1, \"input\" : [ \"a\" ,\"b\\n\", \"c\" ]\n, \"z\":[ ] }"));
  EXPECT_EQ(request.body_with(Indexes{1, 2}),
            "{ \"user\":1, \"input\" : [\"b\\n\",\"c\"]\n, \"z\":[ ] }");
  ASSERT_TRUE(request.read(R"({"input":[[1], [2, 3]]})"));
  EXPECT_EQ(request.body_with(Indexes{1}), R"({"input":[[2, 3]]})");
}

TEST(EmbeddingsRequestTest, ARequestOfOneStaysAsItIs) {
  for (const char* body : {R"({"input" : "x" })", R"({"input" : [1, 2] })", R"({"input":["x"]})"}) {
    EmbeddingsRequest request;
    ASSERT_TRUE(request.read(body));
    EXPECT_EQ(request.body_with(Indexes{0}), body);
  }
}

TEST(EmbeddingsRequestTest, SharesFollowTokensAndAddUp) {
  EmbeddingsRequest request;
  ASSERT_TRUE(request.read(R"({"input":[[1],[1,2,3],[1,2,3,4]]})"));
  EXPECT_EQ(request.shares(8, Indexes{0, 1, 2}), (std::vector<std::int64_t>{1, 3, 4}));
  EXPECT_EQ(request.shares(8, Indexes{0, 1}), (std::vector<std::int64_t>{2, 6}));
  EXPECT_EQ(request.shares(0, Indexes{0, 1}), (std::vector<std::int64_t>{0, 0}));
  EXPECT_EQ(request.shares(-4, Indexes{2}), (std::vector<std::int64_t>{0}));
  for (const std::int64_t tokens : {1LL, 7LL, 1000003LL, 9007199254740993LL}) {
    const auto shares = request.shares(tokens, Indexes{2, 0, 1});
    EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), std::int64_t{0}), tokens);
  }
  ASSERT_TRUE(request.read(R"({"input":["","aaaaaaaa"]})"));
  EXPECT_EQ(request.shares(9, Indexes{0, 1}), (std::vector<std::int64_t>{3, 6}));  // 1 : 2
}

constexpr std::string_view kAnswer =
    R"({"object":"list", "data": [{"object":"embedding","index":1,"embedding":[0.5,-1e-3]},)"
    R"({"index" : 0 ,"embedding":"AACAPw==","x":{"index":9}} ],"model":"m\u002d1",)"
    R"("usage":{"prompt_tokens":7,"total_tokens":8},"extra":null})";

TEST(EmbeddingsAnswerTest, IsTakenApartByIndex) {
  const auto answer = read_embeddings_answer(kAnswer, 2);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->elements[0], R"({"index" : 0 ,"embedding":"AACAPw==","x":{"index":9}})");
  EXPECT_EQ(answer->elements[1], R"({"object":"embedding","index":1,"embedding":[0.5,-1e-3]})");
  EXPECT_EQ(answer->model, "m-1");
  EXPECT_EQ(answer->tokens, 8);
}

TEST(EmbeddingsAnswerTest, MergesIntoTheOrderAsked) {
  const auto answer = read_embeddings_answer(kAnswer, 2);
  ASSERT_TRUE(answer);
  const std::string cached = R"({"embedding":[3],"index":17})";
  const Views order = {answer->elements[1], cached, answer->elements[0]};
  EXPECT_EQ(
      merge_embeddings(*answer, order),
      R"({"object":"list", "data": [{"object":"embedding","index":0,"embedding":[0.5,-1e-3]},)"
      R"({"embedding":[3],"index":1},{"index" : 2 ,"embedding":"AACAPw==","x":{"index":9}}],)"
      R"("model":"m\u002d1","usage":{"prompt_tokens":7,"total_tokens":8},"extra":null})");
}

TEST(EmbeddingsAnswerTest, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(read_embeddings_answer(kAnswer, 1));
  EXPECT_FALSE(read_embeddings_answer(kAnswer, 3));
  EXPECT_FALSE(read_embeddings_answer(kAnswer.substr(0, kAnswer.size() - 1), 2));
  for (const char* body :
       {"", "[]", "{}", R"({"data":{}})", R"({"data":[1]})", R"({"data":[{"index":0}]})",
        R"({"data":[{"embedding":[]}]})", R"({"data":[{"index":1,"embedding":[]}]})",
        R"({"data":[{"index":-1,"embedding":[]}]})", R"({"data":[{"index":"0","embedding":[]}]})",
        R"({"data":[{"index":0,"embedding":[]}],"data":[]})", R"({"error":{"message":"x"}})"}) {
    EXPECT_FALSE(read_embeddings_answer(body, 1)) << body;
  }
  EXPECT_FALSE(read_embeddings_answer(
      R"({"data":[{"index":0,"embedding":1},{"index":0,"embedding":2}]})", 2));
}

TEST(EmbeddingsAnswerTest, OfTheCacheAloneReportsNothingPaid) {
  const Views elements = {R"({"index":5,"embedding":[1]})", R"({"index":0,"embedding":[2]})"};
  const std::string body = embeddings_from_cache("a\"b\n", elements);
  EXPECT_EQ(body,
            R"({"object":"list","data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]}],)"
            R"("model":"a\"b\u000a","usage":{"prompt_tokens":0,"total_tokens":0}})");
  EXPECT_TRUE(read_embeddings_answer(body, 2));
}

}  // namespace
}  // namespace penstock::dialect
