#pragma once

#include <cstddef>
#include <string_view>

namespace penstock::dialect {

// Bytes of model output in a delta or content block, as spelled in the JSON: text, reasoning,
// refusals, names and arguments of tools, audio. Ids, roles, types, signatures, citations and
// padding are not output. Zero means that the event carries no content (a role alone, an empty
// string). Looks eight levels deep at most.
std::size_t output_bytes(std::string_view value);

}  // namespace penstock::dialect
