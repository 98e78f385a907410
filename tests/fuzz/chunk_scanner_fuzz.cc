// Any bytes as a chunked body; the first byte says how large the pieces are. Oracles: the pieces do
// not matter, and what was read, written again, reads the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sidecar/http1/chunk_scanner.h"
#include "sidecar/http1/head_writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using penstock::http1::ChunkLimits;
using penstock::http1::ChunkScanner;
using penstock::http1::ChunkStep;

constexpr ChunkLimits kLimits{.size_line_bytes_max = 64,
                              .extension_bytes_max = 100,
                              .trailer_lines_max = 4,
                              .trailer_bytes_max = 128};

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

struct Outcome {
  ChunkStep::State state = ChunkStep::kNeedMore;
  std::string payload;
  std::string trailers;
  std::string_view reason;
  std::size_t used = 0;

  bool operator==(const Outcome&) const = default;
};

Outcome scan(std::string_view bytes, std::size_t piece) {
  ChunkScanner scanner(kLimits);
  Outcome out;
  while (out.used < bytes.size() && out.state == ChunkStep::kNeedMore) {
    std::string_view rest = bytes.substr(out.used, piece);
    const std::size_t given = rest.size();
    ChunkStep step = scanner.next(rest);
    for (; step.state == ChunkStep::kData; step = scanner.next(rest)) {
      require(!step.data.empty());
      out.payload.append(step.data);
    }
    out.state = step.state;
    out.reason = step.reason;
    out.used += given - rest.size();
  }
  out.trailers = scanner.trailers();
  if (out.state == ChunkStep::kError) {
    out.used = 0;          // where an over-long trailer is refused depends on the pieces, and
    out.trailers.clear();  // nobody looks at the trailers of a refused body
  }
  return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = scan(bytes, bytes.size());
  require(scan(bytes, std::max<std::size_t>(1, data[0] % 32U)) == whole);
  require(whole.trailers.size() <= kLimits.trailer_bytes_max);
  if (whole.state == ChunkStep::kEnd) {
    std::string written;
    penstock::http1::append_chunk(written, whole.payload);
    penstock::http1::append_last_chunk(written, whole.trailers);
    const Outcome again = scan(written, written.size());
    require(again.state == ChunkStep::kEnd && again.used == written.size());
    require(again.payload == whole.payload && again.trailers == whole.trailers);
  }
  return 0;
}
