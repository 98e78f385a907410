#include "sidecar/dialect/content_decoder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include <brotli/decode.h>
#include <zlib.h>

namespace penstock::dialect {
namespace {

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b;
  });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// zlib counts in unsigned int; what does not fit waits for the next step.
unsigned clamped(std::size_t size) {
  return static_cast<unsigned>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

std::optional<ContentCoding> content_coding(std::string_view header_value) {
  struct Row {
    std::string_view name;
    ContentCoding coding;
  };
  constexpr std::array kRows = {
      Row{"", ContentCoding::kIdentity},       Row{"identity", ContentCoding::kIdentity},
      Row{"gzip", ContentCoding::kGzip},       Row{"x-gzip", ContentCoding::kGzip},
      Row{"deflate", ContentCoding::kDeflate}, Row{"br", ContentCoding::kBrotli},
  };
  const std::string_view name = trimmed(header_value);
  for (const Row& row : kRows) {
    if (equal_ignoring_case(name, row.name)) {
      return row.coding;
    }
  }
  return std::nullopt;
}

class ContentDecoder::Codec {
 public:
  virtual ~Codec() = default;
  virtual Step step(std::string_view& input, std::span<char> out) = 0;
};

class ContentDecoder::Identity final : public Codec {
 public:
  Step step(std::string_view& input, std::span<char> out) override {
    const std::size_t size = std::min(input.size(), out.size());
    std::copy_n(input.begin(), size, out.begin());
    input.remove_prefix(size);
    return {input.empty() ? Status::kNeedsInput : Status::kNeedsRoom, size};
  }
};

class ContentDecoder::Zlib final : public Codec {
 public:
  explicit Zlib(ContentCoding coding) : coding_(coding) {}
  ~Zlib() override {
    if (open_) {
      inflateEnd(&stream_);
    }
  }
  Zlib(const Zlib&) = delete;
  Zlib& operator=(const Zlib&) = delete;
  Zlib(Zlib&&) = delete;
  Zlib& operator=(Zlib&&) = delete;

  Step step(std::string_view& input, std::span<char> out) override {
    if (status_ == Status::kBroken) {
      return {status_, 0};
    }
    std::size_t written = 0;
    for (;;) {
      if (status_ == Status::kEnd && !reopen(input)) {
        return {status_, written};
      }
      if (!open_ && (input.empty() || !open(input.front()))) {
        return {status_, written};
      }
      written += run(input, out.subspan(written));
      if (status_ != Status::kEnd) {
        return {status_, written};
      }
      if (written == out.size()) {
        return {input.empty() ? Status::kEnd : Status::kNeedsRoom, written};
      }
    }
  }

 private:
  // "deflate" is zlib's format by the standard and bare deflate by some senders; the first byte
  // tells them apart.
  bool open(char first) {
    constexpr int kWindowBits = 15;
    constexpr int kGzipFormat = 16;
    int bits = kWindowBits + kGzipFormat;
    if (coding_ == ContentCoding::kDeflate) {
      const bool zlib_format = (static_cast<unsigned char>(first) & 0x0F) == Z_DEFLATED;
      bits = zlib_format ? kWindowBits : -kWindowBits;
    }
    open_ = inflateInit2(&stream_, bits) == Z_OK;
    status_ = open_ ? Status::kNeedsInput : Status::kBroken;
    return open_;
  }

  // gzip files may be concatenated; other bytes behind the end are padding.
  bool reopen(std::string_view input) {
    constexpr char kGzipMagic = '\x1f';
    const bool again = coding_ == ContentCoding::kGzip && input.starts_with(kGzipMagic) &&
                       inflateReset(&stream_) == Z_OK;
    if (again) {
      status_ = Status::kNeedsInput;
    }
    return again;
  }

  std::size_t run(std::string_view& input, std::span<char> out) {
    const unsigned in_size = clamped(input.size());
    const unsigned out_size = clamped(out.size());
    // zlib's interface is not const-correct; it does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = in_size;
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = out_size;
    const int result = inflate(&stream_, Z_SYNC_FLUSH);
    input.remove_prefix(in_size - stream_.avail_in);
    if (result == Z_STREAM_END) {
      status_ = Status::kEnd;
    } else if (result == Z_OK || result == Z_BUF_ERROR) {
      const bool more = stream_.avail_out == 0 || !input.empty();
      status_ = more ? Status::kNeedsRoom : Status::kNeedsInput;
    } else {
      status_ = Status::kBroken;
    }
    return out_size - stream_.avail_out;
  }

  ContentCoding coding_;
  Status status_ = Status::kNeedsInput;
  bool open_ = false;
  z_stream stream_{};
};

class ContentDecoder::Brotli final : public Codec {
 public:
  Step step(std::string_view& input, std::span<char> out) override {
    if (!state_) {
      state_.reset(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr));
    }
    if (!state_ || status_ == Status::kBroken || status_ == Status::kEnd) {
      return {state_ ? status_ : Status::kBroken, 0};
    }
    std::size_t in_size = input.size();
    std::size_t out_size = out.size();
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(input.data());
    auto* next_out = reinterpret_cast<std::uint8_t*>(out.data());
    const auto result = BrotliDecoderDecompressStream(state_.get(), &in_size, &next_in, &out_size,
                                                      &next_out, nullptr);
    input.remove_prefix(input.size() - in_size);
    switch (result) {
      case BROTLI_DECODER_RESULT_ERROR: status_ = Status::kBroken; break;
      case BROTLI_DECODER_RESULT_SUCCESS: status_ = Status::kEnd; break;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: status_ = Status::kNeedsInput; break;
      case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: status_ = Status::kNeedsRoom; break;
    }
    return {status_, out.size() - out_size};
  }

 private:
  struct Destroy {
    void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
  };
  std::unique_ptr<BrotliDecoderState, Destroy> state_;
  Status status_ = Status::kNeedsInput;
};

ContentDecoder::ContentDecoder(ContentCoding coding) {
  if (coding == ContentCoding::kIdentity) {
    codec_ = std::make_unique<Identity>();
  } else if (coding == ContentCoding::kBrotli) {
    codec_ = std::make_unique<Brotli>();
  } else {
    codec_ = std::make_unique<Zlib>(coding);
  }
}

ContentDecoder::~ContentDecoder() = default;
ContentDecoder::ContentDecoder(ContentDecoder&&) noexcept = default;
ContentDecoder& ContentDecoder::operator=(ContentDecoder&&) noexcept = default;

ContentDecoder::Step ContentDecoder::step(std::string_view& input, std::span<char> out) {
  return codec_->step(input, out);
}

}  // namespace penstock::dialect
