#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "sidecar/domain/usd_text.h"

namespace penstock::request {

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, so that
// one odd path or model name never makes a log line or answer unreadable.
void append_json_string(std::string& out, std::string_view text);

// Appends "2026-11-21T04:31:00.123456Z", without quotes. REQUIRES: a year from 0 to 9999.
void append_time(std::string& out, std::chrono::system_clock::time_point time);
// The same into room for kTimeBytes; returns where it ends.
inline constexpr std::size_t kTimeBytes = 27;
char* write_time(char* at, std::chrono::system_clock::time_point time);

// Appends an amount in USD, without quotes: for those who show records and may not know the domain.
using domain::append_usd;

}  // namespace penstock::request
