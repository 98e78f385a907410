#include "lib/api/url.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace penstock::api {
namespace {

TEST(UrlTest, TakesApartWhatBackendsAreCalled) {
  struct Case {
    const char* text;
    Url url;
  };
  for (const Case& test : {
           Case{"http://localhost", {false, "localhost", 80, ""}},
           Case{"https://api.openai.com", {true, "api.openai.com", 443, ""}},
           Case{"HTTPS://API.OpenAI.com:8443/", {true, "api.openai.com", 8443, ""}},
           Case{"http://10.0.0.1:8000/v1/", {false, "10.0.0.1", 8000, "/v1"}},
           Case{"http://[::1]:8000", {false, "::1", 8000, ""}},
           Case{"https://[2001:DB8::1]/a/b", {true, "2001:db8::1", 443, "/a/b"}},
           Case{"http://vllm_engine.svc:65535/x%20y", {false, "vllm_engine.svc", 65'535, "/x%20y"}},
           Case{"http://a//", {false, "a", 80, ""}},
           Case{"http://gw/openai/v1.0/~x", {false, "gw", 80, "/openai/v1.0/~x"}},
       }) {
    const auto url = parse_url(test.text);
    ASSERT_TRUE(url) << test.text << ": " << url.error().detail;
    EXPECT_EQ(*url, test.url) << test.text;
  }
}

TEST(UrlTest, RefusesTheRestAndSaysWhatIsRight) {
  struct Case {
    std::string text;
    const char* says;
  };
  for (const Case& test : {
           Case{"", "http:// or https://"},
           Case{"api.openai.com", "http:// or https://"},
           Case{"ftp://x", "http:// or https://"},
           Case{"unix:///run/x", "http:// or https://"},
           Case{"http://", "must name a host"},
           Case{"http:///v1", "must name a host"},
           Case{"http://:8000", "must name a host"},
           Case{"http://user:canary@host", "no credentials"},
           Case{"http://canary@host/", "no credentials"},
           Case{"http://host:0", "port from 1 to 65535"},
           Case{"http://host:65536", "port from 1 to 65535"},
           Case{"http://host:", "port from 1 to 65535"},
           Case{"http://host:80x", "port from 1 to 65535"},
           Case{"http://host:-1", "port from 1 to 65535"},
           Case{"http://[::1]8000", "port from 1 to 65535"},
           Case{"http://::1:8000", "in brackets"},
           Case{"http://[::1", "IPv6"},
           Case{"http://[fe80::1%25eth0]", "IPv6"},
           Case{"http://[1.2.3.4]", "IPv6"},
           Case{"http://10.0.0.256", "must name a host"},
           Case{"http://10.0.1", "must name a host"},
           Case{"http://a..b", "must name a host"},
           Case{"http://-a", "must name a host"},
           Case{"http://a b", "must name a host"},
           Case{"http://h\xc3\xb6st", "must name a host"},
           Case{"http://" + std::string(64, 'a'), "must name a host"},
           Case{"http://host?x=1", "no query"},
           Case{"http://host/v1#x", "no query"},
           Case{"http://host/a//b", "empty segments"},
           Case{"http://host/a b", "must be escaped"},
           Case{"http://host/a\\b", "must be escaped"},
           Case{"http://host/a/../b", "no . or .."},
           Case{"http://host/./b", "no . or .."},
           Case{"http://host/" + std::string(2'048, 'a'), "at most 2048"},
       }) {
    const auto url = parse_url(test.text);
    ASSERT_FALSE(url) << test.text;
    EXPECT_NE(url.error().detail.find(test.says), std::string::npos)
        << test.text << ": " << url.error().detail;
    EXPECT_EQ(url.error().detail.find("canary"), std::string::npos);
  }
}

TEST(UrlTest, AHostAloneHasNoPort) {
  EXPECT_TRUE(is_host_alone("0.0.0.0"));
  EXPECT_TRUE(is_host_alone("node-1"));
  EXPECT_FALSE(is_host_alone("8000"));
  EXPECT_FALSE(is_host_alone("::"));
  EXPECT_FALSE(is_host_alone("my_host"));
  EXPECT_FALSE(is_host_alone("$(POD_IP)"));
  EXPECT_FALSE(is_host_alone(""));
}

TEST(UrlTest, AnAddressIsNoName) {
  for (const char* host : {"10.0.0.1", "0.0.0.0", "::", "fe80::1"}) {
    EXPECT_TRUE(is_ip_address(host)) << host;
  }
  for (const char* host : {"node-1", "localhost", "10.0.0", "[::]", "::1%eth0", "$(POD_IP)", ""}) {
    EXPECT_FALSE(is_ip_address(host)) << host;
  }
}

TEST(UrlTest, WhatAPortBeginsWith) {
  EXPECT_TRUE(may_begin_port('8'));
  EXPECT_TRUE(may_begin_port('$'));
  EXPECT_TRUE(may_begin_port('"'));
  EXPECT_FALSE(may_begin_port('d'));
  EXPECT_FALSE(may_begin_port('/'));
}

}  // namespace
}  // namespace penstock::api
