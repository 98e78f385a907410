#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/dialect/content_decoder.h"
#include "sidecar/dialect/usage_reader.h"
#include "sidecar/domain/endpoint.h"
#include "sidecar/domain/sse_parser.h"

namespace penstock::request {

// Watches one answer's payload pass by: takes off its content coding, splits a stream into events,
// and reads usage, model and ending. Changes nothing.
//
// Threads: one. Memory: one unfinished event, and a decoder's window where the payload is encoded.
class AnswerReader {
 public:
  // `coding`: the Content-Encoding field's value, maybe empty. An answer whose coding is unknown is
  // not read.
  AnswerReader(domain::Operation operation, bool event_stream, std::string_view coding);

  // Returns true when this payload brought the first content of a stream. When the first token of
  // an answer that is none was made nobody can see.
  bool feed(std::string_view payload);
  // The payload's normal end.
  void end();

  [[nodiscard]] const dialect::UsageReader& usage() const { return usage_; }
  [[nodiscard]] bool readable() const { return readable_; }
  [[nodiscard]] bool event_stream() const { return event_stream_; }

 private:
  void read(std::string_view plain);

  dialect::UsageReader usage_;
  std::optional<domain::SseParser> events_;
  std::unique_ptr<dialect::ContentDecoder> decoder_;
  bool event_stream_;
  bool readable_ = true;
};

}  // namespace penstock::request
