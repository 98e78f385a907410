#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/result/result.h"

namespace penstock::request {

// A response that Penstock gives without an upstream call: a cache hit or an error of its own.
struct Answer {
  int status = 200;
  std::string_view fields;  // stored header lines, each with CRLF; lives as long as `owner`
  std::string_view body;    // lives as long as `owner`, or is owned_body
  std::shared_ptr<const void> owner;   // keeps both alive
  std::string owned_body;              // a body made for this caller (folded, unfolded, merged)
  std::string own_fields;              // lines made for this caller: Age, Cache-Status
  std::shared_ptr<const void> replay;  // set where the body must be paced like the original stream

  [[nodiscard]] std::string_view content() const {
    return owned_body.empty() ? body : std::string_view(owned_body);
  }
};

// Why Penstock itself says no. `client_message` is fixed text: it never names hosts, keys or
// prompts.
struct Refusal {
  ErrorCode code = ErrorCode::kInternal;
  std::string client_message;
};

}  // namespace penstock::request
