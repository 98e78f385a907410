#include "operator/kube/watch_decoder.h"

#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace penstock::kube {
namespace {

const std::string kStream =
    R"({"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"}}})"
    "\n"
    R"({"type":"MODIFIED","object":{"metadata":{"name":"a","resourceVersion":"2","annotations":{"x":"1\n2"}}}})"
    "\n\n"
    R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"3"}}})"
    "\n"
    R"({"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"4"}}})"
    "\n";

std::string describe(const WatchEvent& event) {
  return std::to_string(static_cast<int>(event.type)) +
         event.object["metadata"]["resourceVersion"].get<std::string>();
}

// Everything that can be taken now; an error as its status.
void drain(WatchDecoder& decoder, std::vector<std::string>& into) {
  for (;;) {
    const auto event = decoder.next();
    if (!event) {
      into.push_back("error " + std::to_string(event.error().status) + event.error().reason);
      return;
    }
    if (!*event) {
      return;
    }
    into.push_back(describe(**event));
  }
}

TEST(WatchDecoderTest, GivesTheSameEventsWhereverTheBodyIsCut) {
  const std::vector<std::string> expected = {"01", "12", "33", "24"};
  for (std::size_t cut = 0; cut <= kStream.size(); ++cut) {
    WatchDecoder decoder;
    std::vector<std::string> events;
    decoder.feed(kStream.substr(0, cut));
    drain(decoder, events);
    decoder.feed(kStream.substr(cut));
    drain(decoder, events);
    EXPECT_EQ(events, expected) << "cut at " << cut;
  }
  WatchDecoder decoder;
  std::vector<std::string> events;
  for (const char c : kStream) {
    decoder.feed({&c, 1});
    drain(decoder, events);
  }
  EXPECT_EQ(events, expected);
}

TEST(WatchDecoderTest, AnErrorEventIsTheServersError) {
  WatchDecoder decoder;
  decoder.feed(
      R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}})"
      "\n");
  std::vector<std::string> events;
  drain(decoder, events);
  EXPECT_EQ(events, std::vector<std::string>{"error 410Expired"});
}

TEST(WatchDecoderTest, WhatIsNoEventEndsTheWatchWithoutAStatus) {
  for (const char* line :
       {"{", "[]", "{}", "null", R"({"type":"ADDED"})", R"({"type":"ADDED","object":[]})",
        R"({"type":"RENAMED","object":{}})", R"({"type":1,"object":{}})", "\xff\xfe"}) {
    WatchDecoder decoder;
    decoder.feed(std::string(line) + "\n");
    std::vector<std::string> events;
    drain(decoder, events);
    EXPECT_EQ(events, std::vector<std::string>{"error 0"}) << line;
  }
}

TEST(WatchDecoderTest, ALineWithoutEndIsRefused) {
  WatchDecoder decoder;
  decoder.feed(std::string(WatchDecoder::kLineBytesMax + 1, 'x'));
  EXPECT_FALSE(decoder.next());
}

}  // namespace
}  // namespace penstock::kube
