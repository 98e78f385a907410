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

// The first byte that opens a string, or opens or closes an object or array: `"`, `{`, `}`, `[`,
// `]`.
inline const char* find_json_structure(const char* p, const char* end) {
  const auto matches = [](char c) {
    const int folded = c | 0x20;  // '[' becomes '{' and ']' becomes '}'
    return c == '"' || folded == '{' || folded == '}';
  };
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i open = _mm_set1_epi8('{');
  const __m128i close = _mm_set1_epi8('}');
  const __m128i fold = _mm_set1_epi8(0x20);
  const auto mask_of = [=](__m128i block) {
    const __m128i folded = _mm_or_si128(block, fold);
    const __m128i brackets =
        _mm_or_si128(_mm_cmpeq_epi8(folded, open), _mm_cmpeq_epi8(folded, close));
    return _mm_or_si128(_mm_cmpeq_epi8(block, quote), brackets);
  };
  return byte_scan_detail::scan_blocks(p, end, mask_of, matches);
#else
  return byte_scan_detail::scan_bytes(p, end, matches);
#endif
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
