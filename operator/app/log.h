#pragma once

#include <string_view>

namespace penstock::control {

// One JSON line on standard error: time, level, message. Never a secret. Threads: any.
void log_line(std::string_view level, std::string_view message);

}  // namespace penstock::control
