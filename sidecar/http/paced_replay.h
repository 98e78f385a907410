#pragma once

#include "lib/net/timer.h"
#include "lib/task/event.h"
#include "lib/task/task.h"
#include "sidecar/http/client_sink.h"
#include "sidecar/request/answer.h"

namespace penstock::http {

// Sends a stored stream as it once came: each event as long after the first as it arrived then.
class PacedReplay {
 public:
  // `left` becomes true when the client leaves, and `wake` is set then.
  PacedReplay(WorkerIo& io, ClientSink& sink, Event& wake, const bool& left)
      : io_(io), sink_(sink), wake_(wake), left_(left), timer_(io.executor(), wake) {}

  // Until the last byte is written, or the client is gone. REQUIRES: answer.paced.
  Task<SinkState> run(const request::Answer& answer);

 private:
  SinkState send_head(const request::Answer& answer);
  Task<SinkState> send_events(const domain::CacheEntry& entry);

  WorkerIo& io_;
  ClientSink& sink_;
  Event& wake_;
  const bool& left_;
  net::Timer timer_;
};

}  // namespace penstock::http
