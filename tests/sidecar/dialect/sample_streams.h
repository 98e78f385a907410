#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sidecar/dialect/ending.h"
#include "sidecar/domain/endpoint.h"
#include "sidecar/domain/token_usage.h"

// Streams as the providers send them, each with what a person reads off it by hand.
namespace penstock::dialect::samples {

struct Stream {
  const char* name;
  domain::Operation operation;
  std::string bytes;  // LF line ends, a space after each colon
  Ending ending;
  bool has_usage;
  domain::TokenUsage usage;
  std::string_view model;
  std::uint64_t content_events;
  std::uint64_t output_bytes;
};

const std::vector<Stream>& all();
const Stream& named(std::string_view name);

// The same stream written in another of the permitted ways.
std::string with_line_end(std::string_view bytes, std::string_view line_end);
std::string without_space(std::string_view bytes);

}  // namespace penstock::dialect::samples
