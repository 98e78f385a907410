#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include "lib/clock/clock.h"
#include "lib/signals/report.h"
#include "sidecar/app/active_policy.h"
#include "sidecar/app/options.h"
#include "sidecar/http/page_fetch.h"

namespace penstock::app {

// Where an engine's metrics may be: one place, or more to be tried in turn; none: nobody is asked.
using EnginePages = std::vector<http::PageAddress>;

// What --engine-metrics says; else, in a pod, where the engine beside may have them.
[[nodiscard]] EnginePages engine_pages(const Options& options, const ActivePolicy& active);

// What the engine's own metrics say, asked for only while somebody wants to know.
//
// look() answers at once with what was heard before, and sends for news if that is due. An engine
// that does not answer is left alone for kUnreachable; one that has no such page for kAbsent.
// Threads: one event loop. stop() before that ends; it goes on until what runs has ended.
class EngineWatch {
 public:
  // A little less than a second: who looks each second, more or less, has news each time.
  static constexpr std::chrono::milliseconds kEvery{900};
  static constexpr std::chrono::milliseconds kUnreachable{5'000};
  static constexpr std::chrono::milliseconds kAbsent{60'000};
  static constexpr std::chrono::milliseconds kAnswerTime{2'000};

  EngineWatch(net::Reactor& reactor, net::DeadlineWheel& wheel, net::Resolver& resolver,
              const clock::Clock& clock);
  EngineWatch(const EngineWatch&) = delete;
  EngineWatch& operator=(const EngineWatch&) = delete;

  // From here on these pages are asked; what another engine said is forgotten.
  void use(EnginePages pages);

  // nullopt: it has said nothing yet. age_ms is set.
  [[nodiscard]] std::optional<signals::EngineLoad> look();

  void stop();

 private:
  Task<> ask();
  void heard(const http::Page& page);

  const clock::Clock& clock_;
  net::Executor executor_;
  http::PageFetch fetch_;
  EnginePages pages_;
  std::size_t place_ = 0;   // of the page that is asked next
  std::size_t absent_ = 0;  // pages that were not there, in a row
  bool changed_ = false;    // since the question that runs
  bool stopped_ = false;
  clock::Instant due_{};
  std::optional<signals::EngineLoad> load_;
  clock::Instant loaded_at_{};
  // While a question runs: the event loop waits for its end.
  std::optional<boost::asio::executor_work_guard<net::Executor>> asking_;
  Task<> task_;
};

}  // namespace penstock::app
