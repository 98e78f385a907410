#include "sidecar/dialect/content_decoder.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace penstock::dialect {
namespace {

using Status = ContentDecoder::Status;

constexpr int kGzipBits = 15 + 16;
constexpr int kZlibBits = 15;
constexpr int kRawBits = -15;

// Deflates `parts`, each flushed so that it can be read before the next one is there.
std::vector<std::string> deflated(const std::vector<std::string>& parts, int bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string in = parts[i];
    std::string out(in.size() + 200, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<unsigned>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<unsigned>(out.size());
    deflate(&stream, i + 1 == parts.size() ? Z_FINISH : Z_SYNC_FLUSH);
    out.resize(out.size() - stream.avail_out);
    pieces.push_back(out);
  }
  deflateEnd(&stream);
  return pieces;
}

std::string brotli(const std::string& text) {
  std::size_t size = BrotliEncoderMaxCompressedSize(text.size());
  std::string out(size, '\0');
  EXPECT_EQ(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, text.size(),
                                  reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                                  reinterpret_cast<std::uint8_t*>(out.data())),
            BROTLI_TRUE);
  out.resize(size);
  return out;
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string all;
  for (const std::string& piece : pieces) {
    all += piece;
  }
  return all;
}

std::pair<std::string, Status> decoded(ContentCoding coding,
                                       const std::vector<std::string_view>& pieces) {
  ContentDecoder decoder(coding);
  std::array<char, 7> scratch{};  // small, so that output always needs several steps
  std::string out;
  Status status = Status::kNeedsInput;
  for (const std::string_view piece : pieces) {
    status = decoder.decode(piece, scratch, [&out](std::string_view part) { out.append(part); });
  }
  return {out, status};
}

const std::string kText =
    "data: {\"choices\":[{\"delta\":{\"content\":\"Hello, hello, hello\"}}]}\n\n";

TEST(ContentDecoderTest, NamesOfCodings) {
  EXPECT_EQ(content_coding(""), ContentCoding::kIdentity);
  EXPECT_EQ(content_coding("identity"), ContentCoding::kIdentity);
  EXPECT_EQ(content_coding(" GZip "), ContentCoding::kGzip);
  EXPECT_EQ(content_coding("x-gzip"), ContentCoding::kGzip);
  EXPECT_EQ(content_coding("deflate"), ContentCoding::kDeflate);
  EXPECT_EQ(content_coding("br"), ContentCoding::kBrotli);
  EXPECT_EQ(content_coding("zstd"), std::nullopt);
  EXPECT_EQ(content_coding("gzip, br"), std::nullopt);
}

TEST(ContentDecoderTest, EveryCodingAtEveryCut) {
  const std::vector<std::pair<ContentCoding, std::string>> encoded = {
      {ContentCoding::kGzip, joined(deflated({kText}, kGzipBits))},
      {ContentCoding::kDeflate, joined(deflated({kText}, kZlibBits))},
      {ContentCoding::kDeflate, joined(deflated({kText}, kRawBits))},
      {ContentCoding::kBrotli, brotli(kText)},
  };
  for (const auto& [coding, bytes] : encoded) {
    const std::string_view all = bytes;
    for (std::size_t cut = 0; cut <= all.size(); ++cut) {
      const auto [text, status] = decoded(coding, {all.substr(0, cut), all.substr(cut)});
      EXPECT_EQ(text, kText);
      EXPECT_EQ(status, Status::kEnd);
      EXPECT_NE(decoded(coding, {all.substr(0, cut)}).second,
                cut == all.size() ? Status::kNeedsInput : Status::kEnd);
    }
  }
}

TEST(ContentDecoderTest, IdentityPassesThrough) {
  EXPECT_EQ(decoded(ContentCoding::kIdentity, {"hello, ", "world and more"}).first,
            "hello, world and more");
}

TEST(ContentDecoderTest, WhatWasFlushedIsReadAtOnce) {
  const auto pieces = deflated({"data: a\n\n", "data: b\n\n", ""}, kGzipBits);
  ContentDecoder decoder(ContentCoding::kGzip);
  std::array<char, 64> scratch{};
  std::string out;
  const auto sink = [&out](std::string_view part) { out.append(part); };
  EXPECT_EQ(decoder.decode(pieces[0], scratch, sink), Status::kNeedsInput);
  EXPECT_EQ(out, "data: a\n\n");
  EXPECT_EQ(decoder.decode(pieces[1], scratch, sink), Status::kNeedsInput);
  EXPECT_EQ(out, "data: a\n\ndata: b\n\n");
  EXPECT_EQ(decoder.decode(pieces[2], scratch, sink), Status::kEnd);
}

TEST(ContentDecoderTest, GzipMembersMayFollowEachOther) {
  const std::string twice =
      joined(deflated({kText}, kGzipBits)) + joined(deflated({"more"}, kGzipBits));
  EXPECT_EQ(decoded(ContentCoding::kGzip, {twice}).first, kText + "more");
  EXPECT_EQ(decoded(ContentCoding::kGzip, {joined(deflated({kText}, kGzipBits)) + "padding"}),
            std::pair(kText, Status::kEnd));
}

TEST(ContentDecoderTest, BrokenInputIsBrokenForGood) {
  for (const ContentCoding coding :
       {ContentCoding::kGzip, ContentCoding::kDeflate, ContentCoding::kBrotli}) {
    EXPECT_EQ(decoded(coding, {"\xFF\xFF\xFF\xFFnot compressed at all"}).second, Status::kBroken);
    EXPECT_EQ(decoded(coding, {"\xFF\xFF\xFF\xFFnot compressed at all", "x"}).second,
              Status::kBroken);
  }
}

TEST(ContentDecoderTest, ABombIsPaidForStepByStep) {
  const std::string bomb = joined(deflated({std::string(10 << 20, 'a')}, kGzipBits));
  ContentDecoder decoder(ContentCoding::kGzip);
  std::array<char, 1024> scratch{};
  std::string_view rest = bomb;
  const ContentDecoder::Step step = decoder.step(rest, scratch);
  EXPECT_EQ(step.status, Status::kNeedsRoom);
  EXPECT_EQ(step.written, scratch.size());
}

}  // namespace
}  // namespace penstock::dialect
