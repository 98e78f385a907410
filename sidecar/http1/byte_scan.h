#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// The inner loops of the codec: how far a run of allowed bytes reaches. Sixteen bytes a step where
// the machine has SSE2 (every x86-64), one by one elsewhere and within sixteen bytes of the end, so
// nothing past `end` is read.
namespace penstock::http1 {

// RFC 9110 §5.6.2: letters, digits and !#$%&'*+-.^_`|~
inline constexpr std::array<bool, 256> kTokenByte = [] {
  std::array<bool, 256> allowed{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    allowed[static_cast<unsigned char>(c)] = true;
  }
  return allowed;
}();

inline bool is_token_byte(char c) {
  return kTokenByte[static_cast<unsigned char>(c)];
}

// Visible bytes, space, tab and 0x80 to 0xFF.
inline bool is_field_value_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 ? byte != 0x7F : byte == '\t';
}

// Visible bytes and 0x80 to 0xFF, but no '#': a fragment never belongs on the wire.
inline bool is_target_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7F && byte != '#';
}

#if defined(__SSE2__)
namespace simd {

inline constexpr std::ptrdiff_t kWidth = 16;

inline __m128i load(const char* p) {
  __m128i block;
  std::memcpy(&block, p, sizeof block);
  return block;
}

inline __m128i equals(__m128i v, char c) {
  return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

inline __m128i at_most(__m128i v, char limit) {  // unsigned
  return _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(limit)), v);
}

inline unsigned mask(__m128i v) {
  return static_cast<unsigned>(_mm_movemask_epi8(v));
}

// Bits of the bytes that are a letter, a digit, '-' or '_': all that common names are made of.
inline unsigned common_token_mask(__m128i v) {
  const __m128i letter =
      at_most(_mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a')), 25);
  const __m128i digit = at_most(_mm_sub_epi8(v, _mm_set1_epi8('0')), 9);
  const __m128i mark = _mm_or_si128(equals(v, '-'), equals(v, '_'));
  return mask(_mm_or_si128(_mm_or_si128(letter, digit), mark));
}

inline unsigned not_field_value_mask(__m128i v) {
  const __m128i control = _mm_andnot_si128(equals(v, '\t'), at_most(v, 0x1F));
  return mask(_mm_or_si128(control, equals(v, 0x7F)));
}

inline unsigned not_target_mask(__m128i v) {
  const __m128i bad = _mm_or_si128(equals(v, 0x7F), equals(v, '#'));
  return mask(_mm_or_si128(at_most(v, 0x20), bad));
}

}  // namespace simd
#endif

// Each returns the first byte at or after `p` that does not belong, or `end`.

inline const char* skip_token(const char* p, const char* end) {
#if defined(__SSE2__)
  while (end - p >= simd::kWidth) {
    const unsigned rest = ~simd::common_token_mask(simd::load(p)) & 0xFFFFU;
    if (rest == 0) {
      p += simd::kWidth;
      continue;
    }
    p += std::countr_zero(rest);
    if (!is_token_byte(*p)) {
      return p;
    }
    ++p;
  }
#endif
  while (p != end && is_token_byte(*p)) {
    ++p;
  }
  return p;
}

inline const char* skip_field_value(const char* p, const char* end) {
#if defined(__SSE2__)
  for (; end - p >= simd::kWidth; p += simd::kWidth) {
    const unsigned stop = simd::not_field_value_mask(simd::load(p));
    if (stop != 0) {
      return p + std::countr_zero(stop);
    }
  }
#endif
  while (p != end && is_field_value_byte(*p)) {
    ++p;
  }
  return p;
}

inline const char* skip_target(const char* p, const char* end) {
#if defined(__SSE2__)
  for (; end - p >= simd::kWidth; p += simd::kWidth) {
    const unsigned stop = simd::not_target_mask(simd::load(p));
    if (stop != 0) {
      return p + std::countr_zero(stop);
    }
  }
#endif
  while (p != end && is_target_byte(*p)) {
    ++p;
  }
  return p;
}

}  // namespace penstock::http1
