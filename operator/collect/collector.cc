#include "operator/collect/collector.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "lib/clock/clock.h"
#include "lib/net/deadlines.h"
#include "lib/net/io_context.h"
#include "lib/net/reactor.h"
#include "lib/net/resolver.h"
#include "lib/random/split_mix64.h"
#include "lib/signals/report_json.h"
#include "lib/sync/mutex.h"
#include "operator/collect/probe.h"

namespace penstock::collect {

class Collector::Loop {
 public:
  Loop(Changed changed, std::uint64_t seed)
      : changed_(std::move(changed)),
        timer_(context_.get_executor()),
        random_(seed),
        thread_([this] { run(); }) {}

  ~Loop() {
    boost::asio::post(context_.get_executor(), [this] { close(); });
    thread_.join();
  }

  void set_targets(const std::string& owner, std::vector<Target> targets) {
    boost::asio::post(context_.get_executor(),
                      [this, owner, targets = std::move(targets)] { take(owner, targets); });
  }

  void forget_all() {
    boost::asio::post(context_.get_executor(), [this] { drop_all(); });
  }

  std::map<std::string, Report> reports(const std::vector<std::string>& pods) const {
    std::map<std::string, Report> found;
    const sync::MutexLock lock(mutex_);
    for (const std::string& pod : pods) {
      if (const auto report = reports_.find(pod); report != reports_.end()) {
        found.emplace(pod, report->second);
      }
    }
    return found;
  }

  std::shared_ptr<const Sample> sample(const std::string& pod) const {
    const sync::MutexLock lock(mutex_);
    const auto found = samples_.find(pod);
    return found == samples_.end() ? nullptr : found->second;
  }

 private:
  static constexpr unsigned kFailuresCounted = 12;

  // A probe, for whom it asks, and when it does so next.
  struct Entry {
    Loop* loop = nullptr;
    std::string owner;
    std::unique_ptr<Probe> probe;
    clock::Instant due{};
    clock::Instant signals_due{};
    Report* told = nullptr;  // what `reports_` says of it; nothing yet: nullptr
    unsigned failures = 0;   // in a row
    bool settled = false;    // it runs what it should
    net::Deadline next{&Loop::look, this};
  };
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        net::Executor>;

  void run() {
    tick();
    context_.run();
  }

  void tick() {
    timer_.expires_after(net::DeadlineWheel::kTick);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled && !ended_) {
        wheel_.tick();
        tick();
      }
    });
  }

  // What is due before the next tick is half way is due now.
  static void look(void* argument) {
    Entry& entry = *static_cast<Entry*>(argument);
    const clock::Instant soon = entry.loop->clock_.now() + net::DeadlineWheel::kTick / 2;
    const bool health = entry.due <= soon;
    const bool signals = entry.probe->target().signals && entry.signals_due <= soon;
    if ((health || signals) && !entry.probe->busy()) {
      entry.loop->ask(entry, health, signals);
    }
    entry.loop->await(entry);
  }

  void ask(Entry& entry, bool health, bool signals) {
    if (signals) {
      entry.signals_due = clock_.now() + kSignals;
    }
    entry.probe->ask(health, signals, spread(entry, proven_pause(entries_.size())));
  }

  // One that is still at an earlier question is looked at again by the next tick.
  void await(Entry& entry) {
    const clock::Instant due =
        entry.probe->target().signals ? std::min(entry.due, entry.signals_due) : entry.due;
    // The wheel is never early, so late by up to a tick more.
    wheel_.arm(entry.next, std::chrono::floor<std::chrono::milliseconds>(due - clock_.now()) -
                               net::DeadlineWheel::kTick);
  }

  // Sidecars that begin or change together are not asked together for ever after: the first pause
  // of one that has just settled is any part of what the others are.
  std::chrono::milliseconds spread(const Entry& entry, std::chrono::milliseconds pause) {
    return entry.settled ? pause : part_of(pause, random_.next());
  }

  void take(const std::string& owner, const std::vector<Target>& targets) {
    if (closing_) {
      return;
    }
    std::set<std::string> kept;
    for (const Target& target : targets) {
      kept.insert(target.pod);
      const auto found = entries_.find(target.pod);
      if (found == entries_.end()) {
        add(owner, target);
        continue;
      }
      Entry& entry = *found->second;
      const Target& old = entry.probe->target();
      if (old.ip != target.ip || old.port != target.port || old.data_port != target.data_port ||
          old.data_tls != target.data_tls) {
        drop(found->first);
        add(owner, target);
      } else if (old.wanted != target.wanted || old.signals != target.signals) {
        entry.owner = owner;
        entry.settled = entry.settled && old.wanted == target.wanted;
        entry.probe->want(target);
        entry.due = clock_.now();
        await(entry);
      }
    }
    for (const std::string& pod : owned_[owner]) {
      const auto found = entries_.find(pod);
      if (found != entries_.end() && found->second->owner == owner && !kept.contains(pod)) {
        drop(pod);
      }
    }
    if (kept.empty()) {
      owned_.erase(owner);
    } else {
      owned_[owner] = std::move(kept);
    }
  }

  void add(const std::string& owner, const Target& target) {
    auto entry = std::make_unique<Entry>(this, owner, nullptr, clock_.now());
    Entry& added = *entry;
    added.probe = std::make_unique<Probe>(
        Network{reactor_, wheel_, resolver_, tls_}, clock_, target, [this] { return nonce(); },
        [&added](Probe&, const Report& report) { added.loop->answered(added, report); },
        [&added](Probe&, const std::string& body) { added.loop->signalled(added, body); });
    entries_[target.pod] = std::move(entry);
    added.probe->start(&Loop::ended, &added);
    added.signals_due = added.due;
    look(&added);
  }

  // Its coroutine may still be on its way; it is kept until that has ended.
  void drop(const std::string& pod) {
    auto node = entries_.extract(pod);
    {
      const sync::MutexLock lock(mutex_);
      reports_.erase(pod);
      samples_.erase(pod);
    }
    Entry* entry = node.mapped().get();
    entry->next.disarm();
    leaving_.emplace(entry, std::move(node.mapped()));
    entry->probe->close();
  }

  static void ended(void* argument) {
    auto* entry = static_cast<Entry*>(argument);
    Loop* loop = entry->loop;
    // Not from within the coroutine that has just ended.
    boost::asio::post(loop->context_.get_executor(), [loop, entry] {
      loop->leaving_.erase(entry);
      loop->end_when_empty();
    });
  }

  void answered(Entry& entry, const Report& report) {
    const Target& target = entry.probe->target();
    const bool settled =
        report.reachable && (target.wanted.empty() || report.hash == target.wanted);
    entry.failures = report.reachable ? 0 : std::min(entry.failures + 1, kFailuresCounted);
    // One that does not answer is asked less and less often: a policy of the network may stand
    // between.
    const auto longest = settled_pause(entries_.size());
    entry.due = clock_.now() + (settled ? spread(entry, longest)
                                        : std::min(kPending * (1U << entry.failures), longest));
    entry.settled = settled;
    await(entry);
    bool changed = false;
    {
      const sync::MutexLock lock(mutex_);
      if (entry.told == nullptr) {
        entry.told = &reports_[target.pod];
        changed = true;
      }
      if (*entry.told != report) {
        *entry.told = report;
        changed = true;
      }
    }
    if (changed) {
      changed_(entry.owner);
    }
  }

  // What is no report is as if nothing had come: what came before gets old.
  void signalled(const Entry& entry, const std::string& body) {
    Result<signals::Report> report = signals::read_report(body);
    if (!report) {
      return;
    }
    auto sample = std::make_shared<const Sample>(clock_.wall_now(), std::move(*report));
    const sync::MutexLock lock(mutex_);
    samples_[entry.probe->target().pod] = std::move(sample);
  }

  std::string nonce() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    // Nobody has to be kept from guessing it who wants to be a sidecar, only from saying it by
    // chance.
    std::uint64_t bits = random_.next();
    std::string text;
    for (int digit = 0; digit < 16; ++digit, bits >>= 4U) {
      text += kDigits[bits & 15U];
    }
    return text;
  }

  void drop_all() {
    while (!entries_.empty()) {
      drop(std::string(entries_.begin()->first));
    }
    owned_.clear();
  }

  void close() {
    closing_ = true;
    drop_all();
    end_when_empty();
  }

  void end_when_empty() {
    if (closing_ && leaving_.empty()) {
      ended_ = true;  // a tick that is due already cannot be cancelled any more
      timer_.cancel();
      reactor_.stop();
      work_.reset();
    }
  }

  const Changed changed_;
  clock::RealClock clock_;
  net::IoContext context_{1};
  boost::asio::executor_work_guard<net::Executor> work_{context_.get_executor()};
  net::Reactor reactor_{context_};
  net::DeadlineWheel wheel_;
  net::Resolver resolver_;
  const std::shared_ptr<const net::TlsContext> tls_ =
      net::TlsContext::client({.verify = false}).value();  // fails for want of memory only
  Timer timer_;
  std::map<std::string, std::unique_ptr<Entry>> entries_;  // by pod
  // By owner: what it last named; some of these may be another's by now.
  std::map<std::string, std::set<std::string>> owned_;
  std::map<Entry*, std::unique_ptr<Entry>> leaving_;
  random::SplitMix64 random_;
  bool closing_ = false;
  bool ended_ = false;
  mutable sync::Mutex mutex_;
  std::map<std::string, Report> reports_ PENSTOCK_GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<const Sample>> samples_ PENSTOCK_GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all of the above
};

Collector::Collector(Changed changed, std::uint64_t seed)
    : loop_(std::make_unique<Loop>(std::move(changed), seed)) {}
Collector::~Collector() = default;

void Collector::set_targets(const std::string& owner, std::vector<Target> targets) {
  loop_->set_targets(owner, std::move(targets));
}

void Collector::forget_all() {
  loop_->forget_all();
}

std::map<std::string, Report> Collector::reports(const std::vector<std::string>& pods) const {
  return loop_->reports(pods);
}

std::shared_ptr<const Sample> Collector::sample(const std::string& pod) const {
  return loop_->sample(pod);
}

}  // namespace penstock::collect
