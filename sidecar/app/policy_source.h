#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "lib/net/io_context.h"
#include "lib/resolve/resolve.h"
#include "lib/sync/mutex.h"
#include "sidecar/app/active_policy.h"
#include "sidecar/app/options.h"
#include "sidecar/app/tier_set.h"

namespace penstock::app {

// What an admin endpoint says about the configuration.
struct PolicyStatus {
  std::string name;
  std::string hash;
  std::uint64_t reloads = 0;         // that changed the active policy
  std::uint64_t rejected = 0;        // reads that did not become the active policy
  std::string last_error;            // of the newest read; empty: it was good
  std::vector<std::string> ignored;  // unknown fields of delivered files
};

// Where the policy comes from: files that are watched, or the flags.
//
// A read that is not valid in every part keeps the last good policy. Files are watched by inotify
// on their folders, which also sees Kubernetes' symlink swaps, and looked at every kPoll besides,
// since some file systems tell nothing. Where the kernel gives no inotify (128 instances for all
// pods of one user id on a node, by default), they are looked at every kPollUnwatched until it
// does. Threads: the main thread; status() from any.
class PolicySource {
 public:
  static constexpr std::chrono::seconds kPoll{5};
  static constexpr std::chrono::milliseconds kPollUnwatched{500};
  static constexpr std::chrono::milliseconds kSettle{50};  // several writes are one change

  using Changed = std::function<void(const std::shared_ptr<const ActivePolicy>&)>;
  using Problem = std::function<void(const std::string& message)>;

  PolicySource(const Options& options, http::OriginTable& origins, TierSet& tiers,
               net::Executor executor);

  // Reads now. Errors are one text, a line each.
  Result<std::shared_ptr<const ActivePolicy>> read();

  // What runs while there is nothing good to read: every request passes unchanged to the engine in
  // the pod. REQUIRES: options.pass_through.
  Result<std::shared_ptr<const ActivePolicy>> pass_through();

  // From here on `changed` is called for each new good policy and `problem` for each new bad read,
  // what has changed since read() included.
  void watch(Changed changed, Problem problem);
  void read_again();
  void stop();

  [[nodiscard]] PolicyStatus status() const;

 private:
  Result<std::shared_ptr<const ActivePolicy>> activate_resolved(resolve::ResolveResult resolved);
  void start_watch();
  void rearm_poll();
  void read_if_changed();
  void await_change();
  void drain_events();
  void settle();
  void add_watches();
  [[nodiscard]] std::string fingerprint() const;
  [[nodiscard]] std::string price_fingerprint() const;
  void note_price_files(const resolve::ResolvedPolicy& policy);

  const Options& options_;
  http::OriginTable& origins_;
  TierSet& tiers_;
  boost::asio::posix::basic_stream_descriptor<net::Executor> inotify_;
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        net::Executor>;
  Timer poll_;
  Timer settle_;
  Changed changed_;
  Problem problem_;
  std::vector<std::string> price_files_;  // of the last policy that could be resolved
  std::string seen_;                      // fingerprints of the files at the last read
  std::string seen_prices_;
  std::string last_problem_;
  bool settling_ = false;
  bool stopped_ = false;
  mutable sync::Mutex mutex_;
  PolicyStatus status_ PENSTOCK_GUARDED_BY(mutex_);
};

}  // namespace penstock::app
