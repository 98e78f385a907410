#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// Finding the next interesting byte, sixteen at a time.
//
// Every function looks at [p, end) only, never beyond, and returns `end` where nothing was found.
// Without SSE2 a byte loop does the same.
namespace penstock::domain {

namespace byte_scan_detail {

template <class Matches>
const char* scan_bytes(const char* p, const char* end, Matches matches) {
  while (p != end && !matches(*p)) {
    ++p;
  }
  return p;
}

#ifdef __SSE2__
// `mask_of` turns sixteen bytes into sixteen 0x00 / 0xff lanes.
template <class MaskOf, class Matches>
const char* scan_blocks(const char* p, const char* end, MaskOf mask_of, Matches matches) {
  constexpr std::ptrdiff_t kBlock = 16;
  while (end - p >= kBlock) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const auto hits = static_cast<std::uint32_t>(_mm_movemask_epi8(mask_of(block)));
    if (hits != 0) {
      return p + __builtin_ctz(hits);
    }
    p += kBlock;
  }
  return scan_bytes(p, end, matches);
}
#endif

}  // namespace byte_scan_detail

inline bool is_json_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// The first byte that is no JSON white space. One comparison tells that most bytes are none.
inline const char* skip_json_space(const char* p, const char* end) {
  while (p != end && static_cast<unsigned char>(*p) <= ' ' && is_json_space(*p)) {
    ++p;
  }
  return p;
}

// The first byte that is `wanted`. For short distances; memchr is faster over long ones.
inline const char* find_byte(const char* p, const char* end, char wanted) {
  const auto matches = [wanted](char c) { return c == wanted; };
#ifdef __SSE2__
  const __m128i lanes = _mm_set1_epi8(wanted);
  const auto mask_of = [lanes](__m128i block) { return _mm_cmpeq_epi8(block, lanes); };
  return byte_scan_detail::scan_blocks(p, end, mask_of, matches);
#else
  return byte_scan_detail::scan_bytes(p, end, matches);
#endif
}

// The first byte that is `a` or `b`.
inline const char* find_either(const char* p, const char* end, char a, char b) {
  const auto matches = [a, b](char c) { return c == a || c == b; };
#ifdef __SSE2__
  const __m128i first = _mm_set1_epi8(a);
  const __m128i second = _mm_set1_epi8(b);
  const auto mask_of = [first, second](__m128i block) {
    return _mm_or_si128(_mm_cmpeq_epi8(block, first), _mm_cmpeq_epi8(block, second));
  };
  return byte_scan_detail::scan_blocks(p, end, mask_of, matches);
#else
  return byte_scan_detail::scan_bytes(p, end, matches);
#endif
}

// The first place where `a` is followed by `b`.
inline const char* find_pair(const char* p, const char* end, char a, char b) {
#ifdef __SSE2__
  const __m128i first = _mm_set1_epi8(a);
  const __m128i second = _mm_set1_epi8(b);
  for (; end - p >= 17; p += 16) {
    const __m128i here = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i next = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 1));
    const __m128i both = _mm_and_si128(_mm_cmpeq_epi8(here, first), _mm_cmpeq_epi8(next, second));
    const auto hits = static_cast<std::uint32_t>(_mm_movemask_epi8(both));
    if (hits != 0) {
      return p + __builtin_ctz(hits);
    }
  }
#endif
  for (; end - p >= 2; ++p) {
    if (p[0] == a && p[1] == b) {
      return p;
    }
  }
  return end;
}

// The first byte that a JSON string cannot hold as it is: `"`, `\\`, or a control byte.
inline const char* find_json_string_stop(const char* p, const char* end) {
  const auto matches = [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  };
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i escape = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const auto mask_of = [=](__m128i block) {
    const __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(block, last_control), last_control);
    const __m128i special =
        _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, escape));
    return _mm_or_si128(control, special);
  };
  return byte_scan_detail::scan_blocks(p, end, mask_of, matches);
#else
  return byte_scan_detail::scan_bytes(p, end, matches);
#endif
}

}  // namespace penstock::domain
