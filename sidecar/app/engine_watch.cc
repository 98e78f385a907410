#include "sidecar/app/engine_watch.h"

#include <utility>

#include "lib/net/reactor.h"
#include "sidecar/domain/engine_metrics.h"

namespace penstock::app {

EnginePages engine_pages(const Options& options, const ActivePolicy& active) {
  if (options.engine_metrics) {
    return {*options.engine_metrics};
  }
  for (const http::Upstream& upstream : active.upstreams) {
    if (upstream.origin->same_pod) {
      const http::Origin& origin = *upstream.origin;
      // trtllm-serve's /metrics is JSON of another kind.
      return {{origin.host, origin.port, "/metrics"},
              {origin.host, origin.port, "/prometheus/metrics"}};
    }
  }
  return {};
}

EngineWatch::EngineWatch(net::Reactor& reactor, net::DeadlineWheel& wheel, net::Resolver& resolver,
                         const clock::Clock& clock)
    : clock_(clock), executor_(reactor.executor()), fetch_(reactor, wheel, resolver) {}

void EngineWatch::use(EnginePages pages) {
  if (pages == pages_) {
    return;
  }
  pages_ = std::move(pages);
  place_ = 0;
  absent_ = 0;
  changed_ = true;
  due_ = {};
  load_.reset();
}

std::optional<signals::EngineLoad> EngineWatch::look() {
  const clock::Instant now = clock_.now();
  if (!pages_.empty() && !asking_ && !stopped_ && now >= due_) {
    due_ = now + kEvery;
    changed_ = false;
    asking_.emplace(executor_);
    task_ = ask();
    task_.start([](void* self) { static_cast<EngineWatch*>(self)->asking_.reset(); }, this);
  }
  if (load_) {
    load_->age_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - loaded_at_).count();
  }
  return load_;
}

void EngineWatch::stop() {
  stopped_ = true;
  fetch_.cancel();
}

Task<> EngineWatch::ask() {
  http::PageAddress from = pages_[place_];
  const http::Page page = co_await fetch_.get(std::move(from), kAnswerTime);
  if (!changed_) {
    heard(page);
  }
}

void EngineWatch::heard(const http::Page& page) {
  const clock::Instant now = clock_.now();
  if (page.status == 0) {
    due_ = now + kUnreachable;
    return;
  }
  std::optional<signals::EngineLoad> load;
  if (page.status == 200) {
    load = domain::read_engine_metrics(page.body);
  }
  if (load) {
    load_ = std::move(load);
    loaded_at_ = now;
    absent_ = 0;
    return;
  }
  place_ = (place_ + 1) % pages_.size();
  ++absent_;
  // One that had such a page has it again soon.
  const std::chrono::milliseconds pause = load_ ? kUnreachable : kAbsent;
  due_ = absent_ % pages_.size() == 0 ? now + pause : now;
}

}  // namespace penstock::app
