#pragma once

#include <optional>
#include <string>
#include <string_view>

// Where a client's credential may stand in a request's target.
namespace penstock::dialect {

// `path` without the parameters of its query that hold a credential, the rest byte for byte;
// nothing where it has none.
[[nodiscard]] std::optional<std::string> without_credentials(std::string_view path);

}  // namespace penstock::dialect
