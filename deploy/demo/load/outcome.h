#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::demo::load {

enum class CacheState : std::uint8_t { kUnknown, kHit, kCollapsed, kMiss, kBypass };

// What one call came to, as its client saw it.
struct Outcome {
  int status = 0;  // 0: no answer
  bool complete = false;
  CacheState cache = CacheState::kUnknown;
  double first_ms = 0;  // to the first byte of the answer's body
  double total_ms = 0;
  double late_ms = 0;  // how much later than planned it was sent
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;

  [[nodiscard]] bool good() const { return complete && status >= 200 && status < 300; }
};

// Reads Cache-Status (RFC 9211): a hit, a collapsed forward, any other forward, or nothing of the
// kind.
[[nodiscard]] CacheState cache_state(std::string_view cache_status);

// The usage that an answer of any dialect reports, streamed or not: the last figure counts.
struct SeenUsage {
  std::int64_t input = 0;
  std::int64_t output = 0;
};
[[nodiscard]] SeenUsage seen_usage(std::string_view body);

// Everything about one side of a comparison.
class Tally {
 public:
  void add(const Outcome& outcome);

  [[nodiscard]] std::size_t requests() const { return requests_; }
  [[nodiscard]] std::size_t errors() const { return errors_; }
  [[nodiscard]] std::size_t count(CacheState state) const;
  [[nodiscard]] std::int64_t input_tokens() const { return input_; }
  [[nodiscard]] std::int64_t output_tokens() const { return output_; }
  // `part` of 1, by the nearest-rank method; 0 where nothing was measured.
  [[nodiscard]] double first_ms(double part) const;
  [[nodiscard]] double total_ms(double part) const;
  [[nodiscard]] double late_ms(double part) const;
  [[nodiscard]] const std::map<int, std::size_t>& statuses() const { return statuses_; }

 private:
  std::size_t requests_ = 0;
  std::size_t errors_ = 0;
  std::int64_t input_ = 0;
  std::int64_t output_ = 0;
  std::map<CacheState, std::size_t> states_;
  std::map<int, std::size_t> statuses_;
  std::vector<double> first_;
  std::vector<double> total_;
  std::vector<double> late_;
};

// What the servers themselves say about the run.
struct Facts {
  std::int64_t reached_upstream = -1;         // calls through Penstock; -1 unknown
  std::int64_t reached_upstream_direct = -1;  // calls without it
  std::string cost;                           // decimal strings in USD, empty where unknown
  std::string saved;
  std::string tokens_used;  // as the sidecar counts them
  std::string tokens_saved;
};

// The table that ends a run. `direct` is null where only one side ran.
[[nodiscard]] std::string table(const Tally& with, const Tally* direct, const Facts& facts);

}  // namespace penstock::demo::load
