#include "sidecar/dialect/json_skip.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "sidecar/domain/byte_scan.h"

// The bit tricks (string regions as a running parity of quotes) are those of Langdale and Lemire,
// "Parsing Gigabytes of JSON per Second" (2019).
namespace penstock::dialect {
namespace {

constexpr std::ptrdiff_t kBlock = 64;

// One bit a byte of the block.
struct Masks {
  std::uint64_t quotes = 0;
  std::uint64_t backslashes = 0;
  std::uint64_t opens = 0;
  std::uint64_t closes = 0;
};

#ifdef __SSE2__
std::uint64_t bits_of(__m128i lanes, int shift) {
  return std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(lanes))} << shift;
}

Masks masks_of(const char* block) {
  const __m128i fold = _mm_set1_epi8(0x20);  // '[' becomes '{' and ']' becomes '}'
  Masks masks;
  for (int i = 0; i < 4; ++i) {
    const int shift = 16 * i;
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + shift));
    const __m128i folded = _mm_or_si128(bytes, fold);
    masks.quotes |= bits_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), shift);
    masks.backslashes |= bits_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')), shift);
    masks.opens |= bits_of(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')), shift);
    masks.closes |= bits_of(_mm_cmpeq_epi8(folded, _mm_set1_epi8('}')), shift);
  }
  return masks;
}
#else
Masks masks_of(const char* block) {
  Masks masks;
  for (std::ptrdiff_t i = 0; i < kBlock; ++i) {
    const char c = block[i];
    const int folded = c | 0x20;
    const std::uint64_t bit = std::uint64_t{1} << i;
    masks.quotes |= c == '"' ? bit : 0;
    masks.backslashes |= c == '\\' ? bit : 0;
    masks.opens |= folded == '{' ? bit : 0;
    masks.closes |= folded == '}' ? bit : 0;
  }
  return masks;
}
#endif

// Bit i of the result: the parity of bits 0 … i.
std::uint64_t running_parity(std::uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) {
    bits ^= bits << shift;
  }
  return bits;
}

// The bytes that a backslash before them makes plain; `carry` goes from block to block. Within a
// run of backslashes every second byte is escaped: a subtraction carries through the run and leaves
// the alternation, in the paper's successor form (simdjson, json_escape_scanner).
std::uint64_t escaped_bytes(std::uint64_t backslashes, bool& carry) {
  constexpr std::uint64_t kOddBits = 0xAAAAAAAAAAAAAAAAULL;
  const std::uint64_t carried = carry ? 1 : 0;
  carry = false;
  if (backslashes == 0) {
    return carried;
  }
  const std::uint64_t starts = backslashes & ~carried;
  const std::uint64_t alternating = (((starts << 1) | kOddBits) - starts) ^ kOddBits;
  carry = (alternating & backslashes) >> (kBlock - 1) != 0;
  return alternating ^ (backslashes | carried);
}

Masks load(const char* p, std::ptrdiff_t size) {
  if (size == kBlock) {
    return masks_of(p);
  }
  std::array<char, kBlock> padded{};
  std::copy_n(p, size, padded.begin());
  return masks_of(padded.data());
}

// Where in the block the depth falls to zero, or -1.
int closing_byte(Masks masks, std::size_t depth) {
  for (std::size_t passed = 1; masks.closes != 0; ++passed, masks.closes &= masks.closes - 1) {
    const int at = std::countr_zero(masks.closes);
    const std::uint64_t before = (std::uint64_t{1} << at) - 1;
    if (depth + static_cast<std::size_t>(std::popcount(masks.opens & before)) == passed) {
      return at;
    }
  }
  return -1;
}

// Keys and words end soon, and prompts and answers do not.
const char* find_quote(const char* p, const char* end) {
  constexpr std::ptrdiff_t kSoon = 32;
  const char* const soon = p + std::min(end - p, kSoon);
  const char* const quote = domain::find_byte(p, soon, '"');
  if (quote != soon || soon == end) {
    return quote;
  }
  const void* const later = std::memchr(soon, '"', static_cast<std::size_t>(end - soon));
  return later == nullptr ? end : static_cast<const char*>(later);
}

}  // namespace

const char* ContainerSkip::run(const char* p, const char* end) {
  while (p != end) {
    if (in_string_) {
      // Most bytes of a container stand in long strings: to the quote there is a faster way.
      const char* const after = skip_json_string(p, end, escaped_);
      if (after == nullptr) {
        return end;
      }
      in_string_ = false;
      p = after;
      continue;
    }
    const std::ptrdiff_t size = std::min(end - p, kBlock);
    Masks masks = load(p, size);
    std::uint64_t escaped = escaped_bytes(masks.backslashes, escaped_);
    if (size < kBlock) {
      // An escape at the very end of the piece reaches into the fill: it belongs to the next piece.
      escaped_ = (escaped >> size & 1) != 0;
    }
    const std::uint64_t in_string = running_parity(masks.quotes & ~escaped);
    in_string_ = in_string >> (kBlock - 1) != 0;
    masks.opens &= ~in_string;
    masks.closes &= ~in_string;
    const auto opened = static_cast<std::size_t>(std::popcount(masks.opens));
    const auto closed = static_cast<std::size_t>(std::popcount(masks.closes));
    if (closed >= depth_) {
      if (const int at = closing_byte(masks, depth_); at >= 0) {
        depth_ = 0;
        return p + at + 1;
      }
    }
    depth_ = depth_ + opened - closed;
    p += size;
  }
  return end;
}

const char* skip_json_string(const char* p, const char* end, bool& escaped) {
  const char* const begin = p;
  for (;;) {
    const char* const quote = find_quote(p, end);
    // Only a quote's own backslashes matter: those of "\n" need no stop.
    const char* run = quote;
    while (run != begin && run[-1] == '\\') {
      --run;
    }
    bool odd = (quote - run) % 2 != 0;
    if (run == begin && escaped) {
      odd = !odd;
    }
    if (quote == end) {
      escaped = odd;
      return nullptr;
    }
    if (!odd) {
      escaped = false;
      return quote + 1;
    }
    p = quote + 1;
  }
}

}  // namespace penstock::dialect
