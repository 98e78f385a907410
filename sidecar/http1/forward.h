#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sidecar/http1/head.h"

// Builds the head that goes on to the next hop from the one that came in: end-to-end fields byte
// for byte, in their order and spelling; hop-by-hop and nominated ones dropped
// (connection_options.h); framing stated anew.
namespace penstock::http1 {

// What to do with one field. With a value: the first field of that id is overwritten in its place,
// further ones are dropped, and where there is none one is appended under `name`. Without: every
// one is dropped. A field without an id (kOther) is found by `name`, ignoring case. Host,
// Content-Length, Transfer-Encoding and the hop-by-hop fields are not edited this way.
struct FieldEdit {
  HeaderId id = HeaderId::kOther;
  std::string_view name;
  std::optional<std::string_view> value;
};

struct AddedField {
  std::string_view name, value;
};

struct UpstreamHeadEdits {
  std::string_view
      path_prefix;  // base path of the backend ("/openai"): no slash at its end, often empty
  std::optional<std::string_view> path;  // in place of the request's
  std::string_view host;                 // the backend's authority; empty: as the client said
  Framing framing = Framing::kNone;      // of the body as it will be sent; not kUntilClose
  std::uint64_t content_length = 0;
  bool close = false;                // Connection: close
  bool drop_expect = true;           // we answered 100 ourselves
  bool te_trailers = false;          // say TE: trailers
  std::string_view upgrade;          // "websocket": pass the upgrade on; else none is passed
  std::span<const FieldEdit> edits;  // at most 64
  std::span<const AddedField> added;
};

struct DownstreamHeadEdits {
  Framing framing = Framing::kNone;  // kUntilClose implies `close`
  std::uint64_t content_length = 0;
  bool close = false;
  bool keep_alive = false;   // say so: for HTTP/1.0 clients
  std::string_view upgrade;  // of a 101
  std::span<const FieldEdit> edits;
  std::span<const AddedField> added;
};

// Both append to `out`, up to and including the empty line. REQUIRES: a head as parsed (perhaps
// rebased); fields may have been taken out of it.
//
// REQUIRES: edits.host or head.host is not empty (only HTTP/1.0 clients may leave it out): it
// becomes Host.
void build_upstream_head(std::string& out, const RequestHead& head, const UpstreamHeadEdits& edits);

// The status line says HTTP/1.1 whatever the upstream's version, with the upstream's reason phrase.
// With kNone the answer to HEAD and a 304 keep the Content-Length the upstream gave.
void build_downstream_head(std::string& out, const ResponseHead& head,
                           const DownstreamHeadEdits& edits);

}  // namespace penstock::http1
