#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/dialect/request_facts.h"

// Asking an OpenAI-style upstream for the usage of a stream whose client did not ask, by an edit in
// place: every other byte of the body stays as the client wrote it.
namespace penstock::dialect {

struct Edit {
  std::size_t offset = 0;   // where in the body
  std::size_t remove = 0;   // bytes taken out there
  std::string_view insert;  // static text that goes in
  bool operator==(const Edit&) const = default;
};

// The edit that makes stream_options.include_usage true, or nullopt where there is nothing to do or
// to dare: not a stream, not chat or completions, asked for already, stream_options given twice or
// of a type we do not know. `facts` must come from this very `body`.
std::optional<Edit> ask_for_usage(const RequestFacts& facts, std::string_view body);

// The three parts of the edited body, for a gathered write.
struct EditedBody {
  std::string_view before;
  std::string_view insert;
  std::string_view after;
  [[nodiscard]] std::size_t size() const { return before.size() + insert.size() + after.size(); }
};
EditedBody edited(const Edit& edit, std::string_view body);
std::string apply_edit(const Edit& edit, std::string_view body);

// Whether the body of a 400 complains about the option that we added, so that the call is worth
// repeating without.
bool names_stream_options(std::string_view error_body);

}  // namespace penstock::dialect
