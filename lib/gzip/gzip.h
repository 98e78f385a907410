#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::gzip {

// RFC 1952, without a time: the same text always gives the same bytes.
std::string compress(std::string_view text);

// Nothing where `bytes` is no whole gzip member, or holds a text of more than `most` bytes.
std::optional<std::string> decompress(std::string_view bytes, std::size_t most);

}  // namespace penstock::gzip
