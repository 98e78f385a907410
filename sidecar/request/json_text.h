#pragma once

#include <string>
#include <string_view>

namespace penstock::request {

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, so that
// one odd path or model name never makes a log line or answer unreadable.
void append_json_string(std::string& out, std::string_view text);

}  // namespace penstock::request
