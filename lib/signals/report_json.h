#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/result/result.h"
#include "lib/signals/report.h"

namespace penstock::signals {

// A report is never longer, whatever is in it.
inline constexpr std::size_t kReportBytesMax = 16 * 1024;

// One line of JSON.
[[nodiscard]] std::string to_json(const Report& report);

// Reads a report of any version; fields that this build does not know are passed over.
// kInvalidRequest: too long, no JSON, a field absent that every version has, or a value that is
// none (a negative count, a bucket that does not exist). The detail names the field, never a value.
[[nodiscard]] Result<Report> read_report(std::string_view json);

}  // namespace penstock::signals
