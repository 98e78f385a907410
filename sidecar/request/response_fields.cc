#include "sidecar/request/response_fields.h"

#include <algorithm>

#include "sidecar/domain/server_timing.h"
#include "sidecar/http1/head_writer.h"

namespace penstock::request {
namespace {

std::optional<RequestTiming::Micros> measured(RequestTiming::Micros part) {
  return part == RequestTiming::kUnmeasured ? std::nullopt : std::optional(part);
}

}  // namespace

void append_response_fields(std::string& out, const CallerContext& caller) {
  const RequestTiming& timing = caller.timing;
  http1::append_field(out, "x-penstock-policy", caller.policy->hash);
  if (caller.cache_status) {
    out += "cache-status: ";
    caller.cache_status->append_to(out);
    out += http1::kLineEnd;
  }
  if (caller.age) {
    http1::append_field(out, "age",
                        static_cast<std::uint64_t>(std::max<std::int64_t>(caller.age->count(), 0)));
  }
  const std::size_t before = out.size();
  out += "server-timing: ";
  const std::size_t value = out.size();
  domain::append_server_timing(out, {.queue = measured(timing.queue),
                                     .cache = measured(timing.cache),
                                     .connect = measured(timing.connect),
                                     .first_byte = measured(timing.first_byte),
                                     .total = measured(timing.total)});
  if (out.size() == value) {
    out.resize(before);
  } else {
    out += http1::kLineEnd;
  }
}

}  // namespace penstock::request
