#pragma once

#include <string_view>

// The environment variables by which HTTP clients are told to take a proxy.
namespace penstock::api {

// HTTP_PROXY, HTTPS_PROXY or ALL_PROXY, in whichever case.
bool names_proxy(std::string_view variable);

// Whether this variable is NO_PROXY, in whichever case, and keeps calls to 127.0.0.1 from the
// proxy: by that address, or by '*'.
bool exempts_loopback(std::string_view variable, std::string_view value);

}  // namespace penstock::api
