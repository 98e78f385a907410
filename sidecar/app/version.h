#pragma once

#include <string_view>

namespace penstock::app {

// The release ("0.1.0"), from the project's CMakeLists.txt.
std::string_view version();

}  // namespace penstock::app
