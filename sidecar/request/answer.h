#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "lib/result/result.h"
#include "sidecar/domain/cache_entry.h"

namespace penstock::request {

// A response that Penstock gives without an upstream call: a cache hit, as it was stored or made
// over for this caller.
struct Answer {
  static constexpr std::string_view kJsonHead =
      "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
  static constexpr std::string_view kStreamHead =
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n";

  domain::EntryPtr entry;  // keeps `head` and `body` alive
  int status = 200;
  std::string_view head;  // status line and stored header lines
  std::string_view body;
  std::string owned_body;     // in place of `body`: folded, unfolded, stripped, merged
  bool paced = false;         // the stream leaves event by event, as it once arrived …
  bool strips_usage = false;  // … without the usage that this caller did not ask for

  [[nodiscard]] std::string_view content() const {
    return owned_body.empty() ? body : std::string_view(owned_body);
  }
};

// Why Penstock itself says no.
struct Refusal {
  std::string_view client_message;  // static text: never names hosts, keys or prompts
  ErrorCode code = ErrorCode::kInternal;
  // Where the code says that another try is worth it.
  std::chrono::duration<std::uint32_t> retry_after{1};
};

}  // namespace penstock::request
