#include "sidecar/request/request_record_json.h"

#include <array>
#include <charconv>
#include <concepts>
#include <string_view>

#include "sidecar/request/json_text.h"
#include "sidecar/request/request_labels.h"

namespace penstock::request {
namespace {

// Writes the members of one object; keys are literals that need no escaping.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  void close() { out_ += '}'; }

  // Starts a member whose value the caller appends.
  std::string& key(std::string_view name) {
    out_ += first_ ? "\"" : ",\"";
    out_ += name;
    out_ += "\":";
    first_ = false;
    return out_;
  }

  void word(std::string_view name, std::string_view value) {
    std::string& out = key(name);
    out += '"';
    out += value;
    out += '"';
  }
  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) {
      append_json_string(key(name), value);
    }
  }
  void number(std::string_view name, std::integral auto value) {
    std::array<char, 24> digits{};
    const auto written = std::to_chars(digits.begin(), digits.end(), value);
    key(name).append(digits.begin(), written.ptr);
  }
  void flag(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }
  void micros(std::string_view name, RequestTiming::Micros value) {
    if (value != RequestTiming::kUnmeasured) {
      number(name, value.count());
    }
  }
  void usd(std::string_view name, std::int64_t picodollars) {
    std::string& out = key(name);
    out += '"';
    append_usd(out, picodollars);
    out += '"';
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void append_timing(std::string& out, const RequestTiming& timing) {
  Members members(out);
  members.micros("queueUs", timing.queue);
  members.micros("cacheUs", timing.cache);
  members.micros("connectUs", timing.connect);
  members.micros("firstByteUs", timing.first_byte);
  members.micros("firstTokenUs", timing.first_token);
  members.micros("upstreamUs", timing.upstream);
  members.micros("totalUs", timing.total);
  members.micros("overheadUs", timing.overhead);
  members.close();
}

void append_usage(std::string& out, const domain::TokenUsage& usage) {
  Members members(out);
  members.number("input", usage.input_total());
  members.number("output", usage.output);
  members.number("cacheRead", usage.cache_read);
  members.number("cacheWrite5m", usage.cache_write_5m);
  members.number("cacheWrite1h", usage.cache_write_1h);
  members.number("inputAudio", usage.input_audio);
  members.number("reasoning", usage.reasoning);
  members.number("outputAudio", usage.output_audio);
  members.flag("estimated", usage.estimated);
  members.close();
}

}  // namespace

void append_json(std::string& out, const RequestRecord& record) {
  Members members(out);
  std::string& time = members.key("time");
  time += '"';
  append_time(time, record.started_at);
  time += '"';
  members.text("id", record.id.view());
  members.text("method", record.method.view());
  members.text("path", record.path.view());
  members.word("operation", label(record.endpoint.operation));
  members.word("dialect", label(record.endpoint.dialect));
  members.text("model", record.model.view());
  members.text("responseModel", record.response_model.view());
  members.text("backend", record.backend.view());
  members.text("tenant", record.tenant.view());
  members.number("status", record.status);
  members.flag("stream", record.stream);
  members.word("cache", label(record.cache));
  members.text("bypassReason", record.bypass_reason.view());
  members.word("disconnect", label(record.disconnect));
  members.text("error", record.error.view());
  members.number("bytesIn", record.bytes_in);
  members.number("bytesOut", record.bytes_out);
  members.number("upstreamAttempts", record.upstream_attempts);
  append_timing(members.key("timing"), record.timing);
  if (record.usage_known) {
    append_usage(members.key("usage"), record.usage);
  }
  if (record.cost_known) {
    members.usd("costUsd", record.cost);
  }
  if (record.saved_cost != 0) {
    members.usd("savedCostUsd", record.saved_cost);
  }
  if (record.saved_tokens != 0) {
    members.number("savedTokensEstimated", record.saved_tokens);
  }
  members.text("priceVersion", record.price_version.view());
  members.text("unpricedReason", record.unpriced_reason.view());
  members.text("traceId", record.trace_id.view());
  members.text("policyHash", record.policy_hash.view());
  members.close();
}

}  // namespace penstock::request
