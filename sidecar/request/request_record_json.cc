#include "sidecar/request/request_record_json.h"

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstring>
#include <string_view>

#include "sidecar/request/json_text.h"
#include "sidecar/request/request_labels.h"

namespace penstock::request {
namespace {

// Longer than any record: no byte of one shows as more than six (an escape; a number's show as
// less), and keys and words of ours have about 700 together.
constexpr std::size_t kRecordBytesMax = 6 * sizeof(RequestRecord) + 1536;

// Nothing in it needs an escape and nothing is no ASCII: true for nearly all that a record holds.
// No early way out, so that the compiler makes vectors of it.
bool is_plain(std::string_view text) {
  bool plain = true;
  for (const char c : text) {
    plain = plain & (c >= 0x20) & (c < 0x7F) & (c != '"') & (c != '\\');
  }
  return plain;
}

// Writes into room that is known to suffice: a line of the access log is a large part of what a
// cache hit costs, and most of that was asking whether there is room.
class Writer {
 public:
  explicit Writer(char* at) : at_(at) {}
  [[nodiscard]] char* at() const { return at_; }

  // A key with all that stands around it, or other fixed text.
  template <std::size_t kSize>
  Writer& fixed(const char (&text)[kSize]) {
    std::memcpy(at_, text, kSize - 1);
    at_ += kSize - 1;
    return *this;
  }
  // A word of ours: nothing to escape.
  void word(std::string_view text) {
    *at_++ = '"';
    raw(text);
    *at_++ = '"';
  }
  void text(std::string_view text) {
    if (is_plain(text)) {
      word(text);
      return;
    }
    std::string escaped;
    append_json_string(escaped, text);
    raw(escaped);
  }
  void number(std::integral auto value) { at_ = std::to_chars(at_, at_ + 20, value).ptr; }
  void usd(std::int64_t picodollars) {
    std::string amount;
    append_usd(amount, picodollars);
    word(amount);
  }
  void time(std::chrono::system_clock::time_point time) {
    *at_++ = '"';
    at_ = write_time(at_, time);
    *at_++ = '"';
  }

  // Members that are left out where there is nothing to say.
  template <std::size_t kSize>
  void text_if(const char (&key)[kSize], std::string_view value) {
    if (!value.empty()) {
      fixed(key).text(value);
    }
  }
  template <std::size_t kSize>
  void flag_if(const char (&key)[kSize], bool value) {
    if (value) {
      fixed(key).fixed("true");
    }
  }
  template <std::size_t kSize>
  void count_if(const char (&key)[kSize], std::int64_t value) {
    if (value != 0) {
      fixed(key).number(value);
    }
  }
  template <std::size_t kSize>
  void micros_if(const char (&key)[kSize], RequestTiming::Micros value) {
    if (value != RequestTiming::kUnmeasured) {
      fixed(key).number(value.count());
    }
  }
  // Where every member of an object may be missing, each brings its comma, and the first one's is
  // taken back.
  void open_object() { *at_++ = '{'; }
  void close_object(char* opened) {
    if (at_ > opened && *opened == ',') {
      std::memmove(opened, opened + 1, static_cast<std::size_t>(at_ - opened - 1));
      --at_;
    }
    *at_++ = '}';
  }

 private:
  void raw(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

  char* at_;
};

void write_timing(Writer& out, const RequestTiming& timing) {
  out.fixed(",\"timing\":").open_object();
  char* const opened = out.at();
  out.micros_if(",\"queueUs\":", timing.queue);
  out.micros_if(",\"cacheUs\":", timing.cache);
  out.micros_if(",\"connectUs\":", timing.connect);
  out.micros_if(",\"firstByteUs\":", timing.first_byte);
  out.micros_if(",\"firstTokenUs\":", timing.first_token);
  out.micros_if(",\"upstreamUs\":", timing.upstream);
  out.micros_if(",\"totalUs\":", timing.total);
  out.micros_if(",\"overheadUs\":", timing.overhead);
  out.close_object(opened);
}

void write_usage(Writer& out, const domain::TokenUsage& usage) {
  out.fixed(",\"usage\":{\"input\":").number(usage.input_total());
  out.fixed(",\"output\":").number(usage.output);
  out.count_if(",\"cacheRead\":", usage.cache_read);
  out.count_if(",\"cacheWrite5m\":", usage.cache_write_5m);
  out.count_if(",\"cacheWrite1h\":", usage.cache_write_1h);
  out.count_if(",\"inputAudio\":", usage.input_audio);
  out.count_if(",\"reasoning\":", usage.reasoning);
  out.count_if(",\"outputAudio\":", usage.output_audio);
  out.flag_if(",\"estimated\":", usage.estimated);
  out.fixed("}");
}

void write_worth(Writer& out, const RequestRecord& record) {
  if (record.usage_known) {
    write_usage(out, record.usage);
  }
  if (record.cost_known) {
    out.fixed(",\"costUsd\":").usd(record.cost);
  }
  if (record.saved_cost != 0) {
    out.fixed(",\"savedCostUsd\":").usd(record.saved_cost);
  }
  out.count_if(",\"savedTokensEstimated\":", record.saved_tokens);
  out.text_if(",\"priceVersion\":", record.price_version.view());
  out.text_if(",\"unpricedReason\":", record.unpriced_reason.view());
}

char* write_record(char* at, const RequestRecord& record) {
  Writer out(at);
  out.fixed("{\"time\":").time(record.started_at);
  out.text_if(",\"id\":", record.id.view());
  out.text_if(",\"method\":", record.method.view());
  out.text_if(",\"path\":", record.path.view());
  out.fixed(",\"operation\":").word(label(record.endpoint.operation));
  out.fixed(",\"dialect\":").word(label(record.endpoint.dialect));
  out.text_if(",\"model\":", record.model.view());
  out.text_if(",\"responseModel\":", record.response_model.view());
  out.text_if(",\"backend\":", record.backend.view());
  out.text_if(",\"tenant\":", record.tenant.view());
  out.fixed(",\"status\":").number(record.status);
  out.flag_if(",\"stream\":", record.stream);
  if (record.cache != CacheState::kNone) {
    out.fixed(",\"cache\":").word(label(record.cache));
  }
  out.text_if(",\"bypassReason\":", record.bypass_reason.view());
  if (record.disconnect != Disconnect::kNone) {
    out.fixed(",\"disconnect\":").word(label(record.disconnect));
  }
  out.text_if(",\"error\":", record.error.view());
  out.fixed(",\"bytesIn\":").number(record.bytes_in);
  out.fixed(",\"bytesOut\":").number(record.bytes_out);
  out.count_if(",\"upstreamAttempts\":", record.upstream_attempts);
  out.text_if(",\"upstreamFailure\":", record.upstream_failure.view());
  write_timing(out, record.timing);
  write_worth(out, record);
  out.text_if(",\"traceId\":", record.trace_id.view());
  out.text_if(",\"policyHash\":", record.policy_hash.view());
  out.fixed("}");
  return out.at();
}

}  // namespace

void append_json(std::string& out, const RequestRecord& record) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + kRecordBytesMax, [&](char* text, std::size_t /*size*/) {
    return static_cast<std::size_t>(write_record(text + before, record) - text);
  });
}

}  // namespace penstock::request
