#include "sidecar/http/paced_replay.h"

#include <algorithm>

#include "sidecar/http1/head_parser.h"
#include "sidecar/http1/head_writer.h"

namespace penstock::http {

namespace {
// As much of what is due as a slow reader holds a copy of.
constexpr std::size_t kStep = 16UL * 1024;
}  // namespace

Task<SinkState> PacedReplay::run(const request::Answer& answer) {
  SinkState state = send_head(answer);
  if (state == SinkState::kReady) {
    state = co_await send_events(*answer.entry);
  }
  if (state == SinkState::kReady) {
    state = sink_.finish({});
  }
  if (state == SinkState::kBlocked) {
    state = co_await sink_.ready();
  }
  co_return state;
}

// A relayed head, for its body has no length yet that is worth knowing.
SinkState PacedReplay::send_head(const request::Answer& answer) {
  std::string text(answer.head);
  text += http1::kLineEnd;
  http1::ResponseHead head;
  const http1::HeadResult parsed = http1::parse_response_head(text, {}, false, head);
  if (parsed.state != http1::HeadResult::kDone) {
    return SinkState::kGone;
  }
  return sink_.on_head(head, {}, answer.strips_usage);
}

Task<SinkState> PacedReplay::send_events(const domain::CacheEntry& entry) {
  const std::string_view body = entry.body;
  const clock::Instant begin = io_.services.clock.now();
  auto next = entry.events.begin();
  std::size_t sent = 0;
  std::size_t due = 0;
  SinkState state = SinkState::kReady;
  while (next != entry.events.end() || due > sent) {
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(io_.services.clock.now() - begin);
    for (; next != entry.events.end() && next->arrived_ms <= elapsed.count(); ++next) {
      due = next->end;
    }
    if (due > sent) {
      const std::string_view step = body.substr(sent, std::min(due - sent, kStep));
      state = sink_.on_payload(step);
      sent += step.size();
    } else {
      state = sink_.flush();
      if (state == SinkState::kReady) {
        timer_.arm(std::chrono::milliseconds(next->arrived_ms) - elapsed);
        co_await wake_.wait();
      }
    }
    if (state == SinkState::kBlocked) {
      state = co_await sink_.ready();
    }
    if (left_ || state == SinkState::kGone) {
      co_return SinkState::kGone;
    }
  }
  co_return state;
}

}  // namespace penstock::http
