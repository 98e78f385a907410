#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Where a client's credential may stand in a request's target.
namespace penstock::dialect {

enum class GatewayKeys : std::uint8_t { kStay, kGo };  // those that stand beside a model's key

// `path` without the parameters of its query that hold a credential, the rest byte for byte;
// nothing, and no cost, where it has none.
[[nodiscard]] std::optional<std::string> without_credentials(std::string_view path,
                                                             GatewayKeys gateway_keys);

}  // namespace penstock::dialect
