#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::collect {

// What a sidecar's answer says.
struct Answer {
  int status = 0;
  std::string hash;     // x-penstock-policy
  std::string version;  // x-penstock-version
  std::string problem;  // x-penstock-policy-problem; empty: none
  std::string body;
  bool keep_alive = true;
};

enum class AnswerState : std::uint8_t { kIncomplete, kComplete, kBroken };

// Reads an answer of at most kAnswerBytesMax with a Content-Length from the beginning of `bytes`.
// Whatever else listens on a pod's port may answer, so nothing is taken on trust.
inline constexpr std::size_t kAnswerBytesMax = 16'384;
AnswerState read_answer(std::string_view bytes, Answer& into);

}  // namespace penstock::collect
