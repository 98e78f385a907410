#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/result/result.h"

namespace penstock::demo::model {

// What a caller asks the simulated server to do otherwise, in the request header `x-simulate`:
//
//   x-simulate: error=429; retry-after=1; times=2; key=a-test
//
// A list of `name` or `name=value` between semicolons. An unknown name is an error, so that a test
// cannot misspell one. Durations are in milliseconds. simulation_help() describes every name.

inline constexpr std::int64_t kUnset = -1;

// Names that carry no value.
enum class Switch : std::uint8_t {
  kReset,
  kErrorInStream,
  kPings,
  kCrlf,
  kNoSpace,
  kComments,
  kHttp10,
  kCloseDelimited,
  kNoUsage,
  kContinuousUsage,
  kRejectStreamOptions,
  kSplit,
  kTrailers,
  kRefusal,
  kReasoning,
  kUnknownFields,
  kObfuscation,
  kChunked,
  kEarlyHints,
  kNoContinue,
  kCutReset,
  kRaw,
  kMultiline,
  kCount
};

// Names that carry a number.
enum class Number : std::uint8_t {
  kError,
  kRetryAfter,
  kRetryAfterMs,
  kTimes,
  kCutAfterEvents,
  kCutAfterBytes,
  kErrorAfterEvents,
  kStallAfterEvents,
  kStallAfterBytes,
  kHoldAfterEvents,
  kEvents,
  kEventIntervalMs,
  kFirstTokenMs,
  kBodyBytes,
  kChunkBytes,
  kCachedTokens,
  kReasoningTokens,
  kCacheRead,
  kCacheWrite5m,
  kCacheWrite1h,
  kCount
};

// Names that carry a word.
enum class Word : std::uint8_t {
  kHold,
  kEncoding,
  kCacheControl,
  kFinish,
  kKey,
  kErrorCode,
  kErrorType,
  kShouldRetry,
  kServiceTier,
  kContentType,
  kHeader,
  kCount
};

class Simulation {
 public:
  [[nodiscard]] bool is(Switch name) const { return switches_[static_cast<std::size_t>(name)]; }

  // kUnset where the request does not say.
  [[nodiscard]] std::int64_t number(Number name) const {
    return numbers_[static_cast<std::size_t>(name)];
  }
  [[nodiscard]] std::int64_t number_or(Number name, std::int64_t otherwise) const {
    return number(name) == kUnset ? otherwise : number(name);
  }

  // Empty where the request does not say.
  [[nodiscard]] const std::string& word(Word name) const {
    return words_[static_cast<std::size_t>(name)];
  }

  // The request asks for an error instead of an answer.
  [[nodiscard]] bool fails() const { return number(Number::kError) != kUnset; }

  // Drops the error: `times` has been used up.
  void forgive();

  // Errors name the word that is not understood.
  static Result<Simulation> parse(std::string_view header);

 private:
  Result<void> set(std::string_view name, std::string_view value, bool has_value);

  std::array<bool, static_cast<std::size_t>(Switch::kCount)> switches_{};
  std::array<std::int64_t, static_cast<std::size_t>(Number::kCount)> numbers_ = [] {
    std::array<std::int64_t, static_cast<std::size_t>(Number::kCount)> unset{};
    unset.fill(kUnset);
    return unset;
  }();
  std::array<std::string, static_cast<std::size_t>(Word::kCount)> words_;
};

// One line a name, for --help.
[[nodiscard]] std::string simulation_help();

}  // namespace penstock::demo::model
