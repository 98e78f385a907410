#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::demo::wire {

// The demo's own HTTP/1.1 reader. It shares no line with sidecar/http, so that one can judge the
// other: what this one understands in a message that passed through Penstock is what any other
// server or client would.
//
// Threads: values and parsers belong to one thread. Pure: no socket, no clock.

struct Field {
  std::string_view name;
  std::string_view value;  // without leading and trailing spaces and tabs
};

// Views point into the text that was parsed.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  int minor_version = 1;
  std::vector<Field> fields;

  // The first value of a field, or an empty view. Names compare without case.
  [[nodiscard]] std::string_view value(std::string_view name) const;
};

struct ResponseHead {
  int status = 0;
  int minor_version = 1;
  std::vector<Field> fields;

  [[nodiscard]] std::string_view value(std::string_view name) const;
};

// Where the head ends (the offset after its empty line), or npos while it is incomplete.
[[nodiscard]] std::size_t head_end(std::string_view text);

// Reads a whole head, its empty line included. Returns false on anything that is not HTTP/1.x.
// `out` is reused: its fields are cleared first.
[[nodiscard]] bool parse(std::string_view text, RequestHead& out);
[[nodiscard]] bool parse(std::string_view text, ResponseHead& out);

// Without leading and trailing spaces and tabs.
[[nodiscard]] std::string_view trimmed(std::string_view text);

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

// True where a comma-separated list value names `token` (without case).
[[nodiscard]] bool lists(std::string_view value, std::string_view token);

// A decimal number with nothing around it.
[[nodiscard]] std::optional<std::uint64_t> number(std::string_view text);

enum class Framing : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

struct BodyPlan {
  Framing framing = Framing::kNone;
  std::uint64_t length = 0;
};

// How the body of a message is delimited (RFC 9112 section 6.3), or nullopt where the head
// contradicts itself.
[[nodiscard]] std::optional<BodyPlan> body_plan(const RequestHead& head);
[[nodiscard]] std::optional<BodyPlan> body_plan(const ResponseHead& head, bool head_request);

// Takes chunked framing off a body that arrives in pieces.
class ChunkReader {
 public:
  enum class State : std::uint8_t { kMore, kDone, kBroken };

  // Consumes from the front of `input`, appends payload to `out`, and stops behind the last
  // trailer.
  State feed(std::string_view& input, std::string& out);

  // "name: value" lines of the trailer section.
  [[nodiscard]] const std::vector<std::string>& trailers() const { return trailers_; }

 private:
  enum class Part : std::uint8_t { kSize, kData, kDataEnd, kTrailer };

  // Moves one line, without its end, into line_. False while it is incomplete.
  bool take_line(std::string_view& input);
  State on_line();

  Part part_ = Part::kSize;
  std::uint64_t left_ = 0;
  std::string line_;
  std::vector<std::string> trailers_;
};

}  // namespace penstock::demo::wire
