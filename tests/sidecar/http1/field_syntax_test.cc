#include "sidecar/http1/field_syntax.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/http1/connection_options.h"
#include "sidecar/http1/header_id.h"

namespace penstock::http1 {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
  }
  return out;
}

TEST(HeaderIds, EveryNameIsFoundInAnyCase) {
  for (std::size_t i = 1; i < kHeaderIdCount; ++i) {
    const auto id = static_cast<HeaderId>(i);
    EXPECT_EQ(header_id(header_name(id)), id) << header_name(id);
    EXPECT_EQ(header_id(upper(header_name(id))), id) << header_name(id);
  }
}

// Every single-byte change of every name is another name, but for the case of a letter.
TEST(HeaderIds, NearMissesAreOther) {
  for (std::size_t i = 1; i < kHeaderIdCount; ++i) {
    const std::string name(header_name(static_cast<HeaderId>(i)));
    for (std::size_t at = 0; at < name.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed = name;
        changed[at] = static_cast<char>(byte);
        if (changed != name && upper(changed) != upper(name) && changed != "x-api-key") {
          ASSERT_EQ(header_id(changed), HeaderId::kOther) << name << " with byte " << byte;
        }
      }
    }
    EXPECT_EQ(header_id(name + "s"), HeaderId::kOther);
  }
  EXPECT_EQ(header_id(""), HeaderId::kOther);
}

// Each scanner stops at the first byte outside its set wherever that byte stands in a vector block.
TEST(Scanners, StopAtEveryForbiddenByteAtEveryPlace) {
  constexpr std::size_t kSize = 40;
  for (int value = 0; value < 256; ++value) {
    const char byte = static_cast<char>(value);
    for (std::size_t at = 0; at < kSize; ++at) {
      std::string text(kSize, 'a');
      text[at] = byte;
      const char* end = text.data() + kSize;
      const char* there = text.data() + at;
      ASSERT_EQ(skip_token(text.data(), end), is_token_byte(byte) ? end : there)
          << value << " " << at;
      ASSERT_EQ(skip_field_value(text.data(), end), is_field_value_byte(byte) ? end : there);
      ASSERT_EQ(skip_target(text.data(), end), is_target_byte(byte) ? end : there);
    }
  }
}

TEST(Lists, MembersAreTrimmedAndEmptyOnesSkipped) {
  std::vector<std::string> members;
  for_each_list_member(" a,b\t ,, c d ,",
                       [&members](std::string_view m) { members.emplace_back(m); });
  EXPECT_EQ(members, (std::vector<std::string>{"a", "b", "c d"}));
}

HeaderField field(std::string_view name) {
  return {name, "v", header_id(name)};
}

TEST(ConnectionOptions, NominatedFieldsEndHere) {
  ConnectionOptions options;
  options.add("close, X-Internal");
  EXPECT_TRUE(options.close());
  EXPECT_FALSE(options.keep_alive());
  EXPECT_TRUE(is_hop_by_hop(field("x-internal"), options));
  EXPECT_FALSE(is_hop_by_hop(field("x-internals"), options));
  EXPECT_FALSE(is_hop_by_hop(field("x-other"), options));
  EXPECT_FALSE(options.malformed() || options.too_many());
  options.add("x y");
  EXPECT_TRUE(options.malformed());
}

TEST(ConnectionOptions, HopByHopFieldsEndHereUnnamed) {
  const ConnectionOptions none;
  for (const char* name :
       {"Connection", "Keep-Alive", "Proxy-Connection", "TE", "Transfer-Encoding", "Upgrade",
        "HTTP2-Settings", "Proxy-Authorization", "Proxy-Authenticate", "Trailer"}) {
    EXPECT_TRUE(is_hop_by_hop(field(name), none)) << name;
  }
  EXPECT_FALSE(is_hop_by_hop(field("Accept"), none));
}

TEST(ConnectionOptions, EndToEndFieldsCannotBeNominatedAway) {
  ConnectionOptions options;
  options.add("host, content-length, authorization, x-api-key, cookie, x-forwarded-for");
  EXPECT_FALSE(options.nominates_any());
  for (const char* name :
       {"Host", "Content-Length", "Authorization", "X-Api-Key", "Cookie", "X-Forwarded-For"}) {
    EXPECT_FALSE(is_hop_by_hop(field(name), options)) << name;
  }
}

}  // namespace
}  // namespace penstock::http1
