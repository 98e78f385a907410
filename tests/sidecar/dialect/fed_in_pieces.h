#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace penstock::dialect {

// What a Reader makes of `text` that comes in pieces of `piece` bytes.
template <class Reader>
Reader fed_in_pieces(std::string_view text, std::size_t piece = std::string_view::npos) {
  Reader reader;
  while (!text.empty()) {
    reader.feed(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
  }
  return reader;
}

}  // namespace penstock::dialect
