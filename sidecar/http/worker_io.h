#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "lib/net/connection.h"
#include "lib/net/deadlines.h"
#include "lib/net/resolver.h"
#include "sidecar/http/flight_hub.h"
#include "sidecar/http/hold_room.h"
#include "sidecar/http/upstream_pool.h"
#include "sidecar/http1/head.h"
#include "sidecar/request/worker_services.h"

namespace penstock::http {

// What one worker's connections share: its event loop, its clockwork and its buffers. Nothing in it
// may be referred to across a suspension, except the objects themselves.
struct WorkerIo {
  static constexpr std::size_t kScratchBytes = 64 * 1024;

  WorkerIo(net::Resolver& names, request::WorkerServices& with_services)
      : resolver(names),
        services(with_services),
        receive(std::make_unique_for_overwrite<char[]>(kScratchBytes)),
        response(std::make_unique_for_overwrite<char[]>(kScratchBytes)) {}

  net::IoContext context{1};
  net::Reactor reactor{context};
  net::DeadlineWheel wheel;
  net::Resolver& resolver;
  request::WorkerServices& services;
  UpstreamPool pool;
  std::unique_ptr<HoldRoom> hold;      // where requests wait for a backend; none: they do not
  std::shared_ptr<FlightHub> flights;  // who here listens to which flight

  std::unique_ptr<char[]> receive;   // what clients send
  std::unique_ptr<char[]> response;  // what upstreams answer
  std::string head_text;             // the head being built
  std::string rendered;              // payload as its caller gets it, where that is not as it came
  http1::RequestHead request_head;   // reused between requests: keeps its field list's memory
  http1::ResponseHead response_head;

  [[nodiscard]] net::Executor executor() { return context.get_executor(); }
};

}  // namespace penstock::http
