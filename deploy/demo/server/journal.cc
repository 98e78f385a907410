#include "deploy/demo/server/journal.h"

#include <array>

#include <openssl/evp.h>
#include <simdjson.h>

#include "deploy/demo/model/text.h"
#include "deploy/demo/wire/message.h"

namespace penstock::demo::server {
namespace {

constexpr std::size_t kKeysMax = 10'000;

void append_unsigned(std::uint64_t number, std::string& out) {
  out += std::to_string(number);
}

void append_text(std::string_view bytes, std::string_view name, std::string& out) {
  out += ",\"";
  out += name;
  if (simdjson::validate_utf8(bytes.data(), bytes.size())) {
    model::append_quoted(bytes, out += "\":");
  } else {
    model::append_quoted(model::base64(bytes), out += "_base64\":");
  }
}

void append_headers(const Record& record, std::string& out) {
  out += ",\"headers\":[";
  for (std::size_t i = 0; i < record.headers.size(); ++i) {
    model::append_quoted(record.headers[i].name, out += i == 0 ? "[" : ",[");
    model::append_quoted(record.headers[i].value, out += ',');
    out += ']';
  }
  out += "],\"trailers\":[";
  for (std::size_t i = 0; i < record.trailers.size(); ++i) {
    model::append_quoted(record.trailers[i], out += i == 0 ? "" : ",");
  }
  out += ']';
}

void append_record(const Record& record, bool bodies, std::string& out) {
  append_unsigned(record.number, out += "{\"number\":");
  append_unsigned(record.connection, out += ",\"connection\":");
  model::append_quoted(model::label(record.operation), out += ",\"operation\":");
  model::append_quoted(record.method, out += ",\"method\":");
  model::append_quoted(record.target, out += ",\"target\":");
  out += record.minor_version == 0 ? ",\"version\":\"1.0\"" : ",\"version\":\"1.1\"";
  append_headers(record, out);
  append_unsigned(record.body_bytes, out += ",\"body_bytes\":");
  model::append_quoted(record.body_sha256, out += ",\"body_sha256\":");
  if (bodies) {
    append_text(record.body, "body", out);
  }
  model::append(std::int64_t{record.status}, out += ",\"status\":");
  append_unsigned(record.events_sent, out += ",\"events_sent\":");
  append_unsigned(record.bytes_sent, out += ",\"bytes_sent\":");
  out += record.finished ? ",\"finished\":true" : ",\"finished\":false";
  out += record.aborted ? ",\"aborted\":true}" : ",\"aborted\":false}";
}

}  // namespace

void Journal::add(Record record) {
  if (capacity_ == 0) {
    return;
  }
  const std::scoped_lock lock(mutex_);
  if (records_.size() == capacity_) {
    records_.pop_front();
  }
  records_.push_back(std::move(record));
}

// Records are added about in order of their numbers, and asked for soon after: search from the
// back.
Record* Journal::find(std::uint64_t number) {
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    if (record->number == number) {
      return &*record;
    }
  }
  return nullptr;
}

void Journal::answered(std::uint64_t number, int status) {
  if (capacity_ == 0) {
    return;
  }
  const std::scoped_lock lock(mutex_);
  if (Record* record = find(number)) {
    record->status = status;
  }
}

void Journal::finished(std::uint64_t number, bool aborted, std::uint64_t events,
                       std::uint64_t bytes) {
  if (capacity_ == 0) {
    return;
  }
  const std::scoped_lock lock(mutex_);
  if (Record* record = find(number)) {
    record->finished = true;
    record->aborted = aborted;
    record->events_sent = events;
    record->bytes_sent = bytes;
  }
}

std::string Journal::json(std::uint64_t after, bool bodies) const {
  const std::scoped_lock lock(mutex_);
  std::string out = "[";
  for (const Record& record : records_) {
    if (record.number > after) {
      append_record(record, bodies, out += out.size() == 1 ? "" : ",\n");
    }
  }
  return out += "]";
}

void Journal::clear() {
  const std::scoped_lock lock(mutex_);
  records_.clear();
}

std::uint64_t UseCounts::use(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  if (uses_.size() >= kKeysMax) {
    uses_.clear();
  }
  return uses_[key]++;
}

void UseCounts::clear() {
  const std::scoped_lock lock(mutex_);
  uses_.clear();
}

bool is_credential(std::string_view header_name) {
  constexpr std::array<std::string_view, 5> kNames = {"authorization", "x-api-key", "api-key",
                                                      "cookie", "proxy-authorization"};
  for (const std::string_view name : kNames) {
    if (wire::equals_ignoring_case(name, header_name)) {
      return true;
    }
  }
  return false;
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, kSha256, nullptr);
  EVP_DigestUpdate(context, bytes.data(), bytes.size());
  EVP_DigestFinal_ex(context, digest.data(), &size);
  return hex(std::span(digest).first(size));
}

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) {
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return out;
}

std::string counters_json(const Counters& counters, std::size_t held) {
  std::string out = "{\"requests\":";
  append_unsigned(counters.requests, out);
  append_unsigned(counters.connections, out += ",\"connections\":");
  model::append(std::int64_t{counters.open}, out += ",\"open_connections\":");
  model::append(std::int64_t{counters.in_flight}, out += ",\"in_flight\":");
  append_unsigned(counters.aborted, out += ",\"aborted\":");
  append_unsigned(counters.events, out += ",\"events\":");
  append_unsigned(held, out += ",\"held\":");
  out += ",\"by_operation\":{";
  bool first = true;
  for (std::size_t i = 0; i < std::size(counters.by_operation); ++i) {
    if (const std::uint64_t count = counters.by_operation[i]; count > 0) {
      model::append_quoted(model::label(static_cast<model::Operation>(i)), out += first ? "" : ",");
      append_unsigned(count, out += ':');
      first = false;
    }
  }
  return out += "}}";
}

}  // namespace penstock::demo::server
