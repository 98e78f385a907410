#include "operator/kube/label_query.h"

#include <string>

#include <gtest/gtest.h>

#include "lib/api/selects.h"

namespace penstock::kube {
namespace {

bool selects(const std::string& query, const api::Labels& labels) {
  const auto selector = parse_label_query(query);
  EXPECT_TRUE(selector) << query;
  return selector && api::selects(*selector, labels);
}

TEST(LabelQueryTest, EachFormSelectsAsTheApiServerDoes) {
  for (const char* query :
       {"app=llm", "app==llm", "app = llm", "app!=other", "other!=llm", "app", "!other",
        "app in (llm)", "app in (a, llm ,b)", "app notin (a,b)", "other notin (a)",
        "app in(llm),app!=x, app", "x.dev/part-of=a,app=llm"}) {
    EXPECT_TRUE(selects(query, {{"app", "llm"}, {"x.dev/part-of", "a"}})) << query;
  }
  for (const char* query : {"app=x", "app==x", "app!=llm", "other", "!app", "app in (a,b)",
                            "app notin (llm,b)", "app=llm,other=x", "app="}) {
    EXPECT_FALSE(selects(query, {{"app", "llm"}})) << query;
  }
  EXPECT_TRUE(selects("app=", {{"app", ""}}));
}

TEST(LabelQueryTest, WhatIsNotUnderstoodIsNoSelector) {
  for (const char* query :
       {"", "  ", ",", "app=llm,", "=x", "!=x", "!", "app=a=b", "app!x", "app in", "app in a",
        "app in (a", "app on (a)", "app in (a b)", "a b", "app > 3", "(a)", "app in (a))"}) {
    EXPECT_FALSE(parse_label_query(query)) << query;
  }
  EXPECT_TRUE(parse_label_query(std::string(kQueryBytesMax, 'a')));
  EXPECT_FALSE(parse_label_query(std::string(kQueryBytesMax + 1, 'a')));
}

}  // namespace
}  // namespace penstock::kube
