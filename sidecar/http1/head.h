#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sidecar/http1/header_id.h"

namespace penstock::http1 {

// One field line. Both views point into the parsed bytes; `value` is without surrounding spaces and
// tabs and, even when empty, points behind the colon.
struct HeaderField {
  std::string_view name, value;
  HeaderId id = HeaderId::kOther;
};

// Where a message's body ends.
enum class Framing : std::uint8_t {
  kNone,        // no body
  kLength,      // content_length bytes, possibly 0
  kChunked,     // a ChunkScanner finds the end
  kUntilClose,  // responses only
};

// The fields of a head in their order, and which known ones there are.
struct HeadFields {
  std::vector<HeaderField> fields;
  HeaderSet present;

  // The first field of that id, or nullptr. REQUIRES: id != kOther.
  [[nodiscard]] const HeaderField* find(HeaderId id) const;
  [[nodiscard]] bool has(HeaderId id) const { return present.contains(id); }
  void add(const HeaderField& field) {
    fields.push_back(field);
    present.add(field.id);
  }
};

// How a request names its resource (RFC 9112 §3.2). CONNECT's authority form is refused by the
// parser.
enum class TargetForm : std::uint8_t { kOrigin, kAbsolute, kAsterisk };

// A parsed request head. It owns no text: every view points into the bytes that were parsed and
// lives as long as they do (see rebase), so keep it beside them. Reuse one per connection: clear()
// keeps the field list's memory.
struct RequestHead : HeadFields {
  std::string_view method;
  std::string_view target;  // as on the request line
  // What goes upstream: the target without scheme and authority; "*" for OPTIONS. Where an absolute
  // target had no path it is empty or begins with '?', and build_upstream_head puts the '/' in.
  std::string_view path;
  // Authority of an absolute target, else the Host field's value; empty only on HTTP/1.0.
  std::string_view host;
  std::string_view upgrade;  // the Upgrade field's value where upgrade_requested
  TargetForm target_form = TargetForm::kOrigin;
  int minor_version = 1;           // HTTP/1.x
  bool keep_alive = true;          // by version and Connection
  bool expect_continue = false;    // Expect: 100-continue; never on HTTP/1.0
  bool expect_unknown = false;     // any other expectation: answer 417
  bool upgrade_requested = false;  // HTTP/1.1, Connection names upgrade, an Upgrade field is there
  bool upgrade_websocket = false;  // … and offers websocket
  bool te_trailers = false;        // TE: trailers, under Connection: te
  bool connection_nominates = false;  // Connection names a field that must not be forwarded
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;  // where framing is kLength

  void clear();

  // Follows the bytes from old_base to new_base after they moved as a block (a growing buffer, a
  // copy out of scratch memory). old_base need not be readable any more.
  void rebase(const char* old_base, const char* new_base);
};

// A parsed response head; same rules.
struct ResponseHead : HeadFields {
  int status = 0;            // 100 to 999
  std::string_view reason;   // may be empty
  std::string_view upgrade;  // the Upgrade field's value of a 101
  int minor_version = 1;
  bool keep_alive = true;  // false also where the connection cannot be trusted with another request
  bool has_content_length = false;  // a HEAD or 304 answer may carry one without a body
  bool connection_nominates = false;
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;

  void clear();
  void rebase(const char* old_base, const char* new_base);
};

// Bounds on what a peer may send before it is refused.
struct HeadLimits {
  std::uint32_t header_lines_max = 100;
  std::uint32_t head_bytes_max = 64 * 1024;  // start line to empty line, both included
  std::uint32_t target_bytes_max = 16 * 1024;
};

}  // namespace penstock::http1
