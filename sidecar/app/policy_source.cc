#include "sidecar/app/policy_source.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/resources/load.h"

namespace penstock::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::size_t kWatchedFilesMax = 4096;

// Folders to watch: the one given, or that of the file given, and one level of folders below (a
// Secret each).
std::vector<std::string> folders_of(const std::string& path, bool with_children) {
  if (path.empty()) {
    return {};
  }
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    const fs::path parent = fs::path(path).parent_path();
    return {parent.empty() ? "." : parent.string()};
  }
  std::vector<std::string> folders{path};
  if (with_children) {
    for (const auto& entry : fs::directory_iterator(path, ignored)) {
      if (entry.is_directory(ignored)) {
        folders.push_back(entry.path().string());
      }
    }
  }
  return folders;
}

// What tells one version of a file from another, symlinks followed: cheap to compare.
void append_fingerprint(std::string& out, const std::string& file) {
  struct stat facts{};
  out += file;
  if (::stat(file.c_str(), &facts) == 0) {
    for (const auto number :
         {static_cast<std::int64_t>(facts.st_ino), static_cast<std::int64_t>(facts.st_size),
          static_cast<std::int64_t>(facts.st_ctim.tv_sec),
          static_cast<std::int64_t>(facts.st_ctim.tv_nsec)}) {
      out += '|';
      out += std::to_string(number);
    }
  }
  out += '\n';
}

void append_folder_fingerprint(std::string& out, const std::string& folder) {
  std::error_code ignored;
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (++files > kWatchedFilesMax) {
      return;
    }
    append_fingerprint(out, entry.path().string());
  }
}

std::vector<std::uint16_t> ports_of(const std::vector<ListenAddress>& listen) {
  std::vector<std::uint16_t> ports;
  for (const ListenAddress& address : listen) {
    ports.push_back(address.port);
  }
  return ports;
}

// A call of such a backend would come back to where it came from, for ever. Empty: there is none.
std::string loop_of(const resolve::ResolvedPolicy& policy,
                    const std::vector<ListenAddress>& listen) {
  for (const resolve::Backend& backend : policy.backends) {
    for (const ListenAddress& address : listen) {
      if (address.takes(backend.host, backend.port)) {
        return "backend " + backend.name + " is this sidecar itself, which listens at " +
               address.text() + ": name another port, or give --listen another";
      }
    }
  }
  return {};
}

std::string joined(const std::vector<api::ResourceError>& errors) {
  std::string text;
  for (const api::ResourceError& error : errors) {
    text += (text.empty() ? "" : "\n") + to_string(error);
  }
  return text;
}

}  // namespace

PolicySource::PolicySource(const Options& options, http::OriginTable& origins, TierSet& tiers,
                           net::Executor executor)
    : options_(options),
      origins_(origins),
      tiers_(tiers),
      inotify_(executor),
      poll_(executor),
      settle_(executor) {}

Result<std::shared_ptr<const ActivePolicy>> PolicySource::read() {
  seen_ = fingerprint();
  seen_prices_ = price_fingerprint();
  std::vector<std::string> ignored;
  resolve::ResolveResult resolved;
  if (options_.resources.empty()) {
    resolved = resolve::for_upstream(options_.upstream, options_.cache_bytes);
  } else {
    const api::Resources resources = resources::load(options_.resources);
    for (const api::ResourceError& field : resources.ignored) {
      ignored.push_back(to_string(field));
    }
    // A deleted policy takes its files along.
    resolved = resources.nothing_found && options_.pass_through
                   ? resolve::for_pass_through(*options_.pass_through)
                   : resolve::resolve(resources, api::parse_object_name(options_.policy),
                                      options_.pass_through, ports_of(options_.listen));
  }
  if (resolved) {
    note_price_files(*resolved);
  }
  const auto active = activate_resolved(std::move(resolved));
  const sync::MutexLock lock(mutex_);
  status_.last_error = active ? std::string() : active.error().detail;
  status_.ignored = std::move(ignored);
  if (!active) {
    ++status_.rejected;
    return active;
  }
  ++status_.reloads;
  status_.name = (*active)->policy->name;
  status_.hash = (*active)->policy->hash;
  return active;
}

Result<std::shared_ptr<const ActivePolicy>> PolicySource::pass_through() {
  auto active = activate_resolved(resolve::for_pass_through(*options_.pass_through));
  if (active) {
    const sync::MutexLock lock(mutex_);
    status_.name = (*active)->policy->name;
    status_.hash = (*active)->policy->hash;
  }
  return active;
}

Result<std::shared_ptr<const ActivePolicy>> PolicySource::activate_resolved(
    resolve::ResolveResult resolved) {
  if (!resolved) {
    return fail(ErrorCode::kInvalidConfig, joined(resolved.error()));
  }
  if (std::string loop = loop_of(*resolved, options_.listen); !loop.empty()) {
    return fail(ErrorCode::kInvalidConfig, std::move(loop));
  }
  const bool loopback = std::ranges::all_of(
      options_.listen, [](const ListenAddress& address) { return address.loopback(); });
  if (auto exposed = resolve::check_exposure(*resolved, loopback)) {
    return fail(ErrorCode::kInvalidConfig, std::move(*exposed));
  }
  return activate(std::move(*resolved), options_.secrets_dir, origins_, tiers_);
}

// Before they are read: what changes meanwhile is seen at the next look.
void PolicySource::note_price_files(const resolve::ResolvedPolicy& policy) {
  price_files_.clear();
  for (const resolve::PriceFile& file : policy.price_files) {
    price_files_.push_back(file.path);
  }
  seen_prices_ = price_fingerprint();
  if (inotify_.is_open()) {
    add_watches();
  }
}

void PolicySource::watch(Changed changed, Problem problem) {
  changed_ = std::move(changed);
  problem_ = std::move(problem);
  start_watch();
  rearm_poll();
  settle();  // what changed since the first read, or in its midst, told nobody
}

// Does nothing where it is watched already, or cannot be now.
void PolicySource::start_watch() {
  if (inotify_.is_open()) {
    return;
  }
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor >= 0) {
    inotify_.assign(descriptor);
    add_watches();
    await_change();
  }
}

void PolicySource::stop() {
  stopped_ = true;
  poll_.cancel();
  settle_.cancel();
  boost::system::error_code ignored;
  inotify_.close(ignored);
}

// Adding a watch that is there already changes nothing.
void PolicySource::add_watches() {
  for (const std::string& folder : folders_of(options_.resources, false)) {
    ::inotify_add_watch(inotify_.native_handle(), folder.c_str(), kEvents);
  }
  for (const std::string& folder : folders_of(options_.secrets_dir, true)) {
    ::inotify_add_watch(inotify_.native_handle(), folder.c_str(), kEvents);
  }
  for (const std::string& file : price_files_) {
    for (const std::string& folder : folders_of(file, false)) {
      ::inotify_add_watch(inotify_.native_handle(), folder.c_str(), kEvents);
    }
  }
}

void PolicySource::await_change() {
  inotify_.async_wait(decltype(inotify_)::wait_read,
                      [this](const boost::system::error_code& error) {
                        if (error) {
                          return;
                        }
                        drain_events();
                        settle();
                        await_change();
                      });
}

void PolicySource::drain_events() {
  std::array<char, 4096> events;
  while (::read(inotify_.native_handle(), events.data(), events.size()) > 0) {
  }
}

void PolicySource::settle() {
  if (settling_) {
    return;
  }
  settling_ = true;
  settle_.expires_after(kSettle);
  settle_.async_wait([this](const boost::system::error_code& cancelled) {
    settling_ = false;
    if (!cancelled) {
      read_if_changed();
    }
  });
}

void PolicySource::rearm_poll() {
  poll_.expires_after(inotify_.is_open() ? kPoll : kPollUnwatched);
  poll_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled || stopped_) {
      return;
    }
    start_watch();
    read_if_changed();
    rearm_poll();
  });
}

// A watched folder may hold other files that change all the time, a log for one.
void PolicySource::read_if_changed() {
  if (fingerprint() != seen_ || price_fingerprint() != seen_prices_) {
    read_again();
  }
}

void PolicySource::read_again() {
  if (inotify_.is_open()) {
    add_watches();
  }
  auto active = read();
  if (active) {
    last_problem_.clear();
    changed_(*active);
  } else if (active.error().detail != last_problem_) {
    last_problem_ = active.error().detail;
    problem_(last_problem_);
  }
}

std::string PolicySource::fingerprint() const {
  std::string text;
  std::error_code ignored;
  if (fs::is_directory(options_.resources, ignored)) {
    append_folder_fingerprint(text, options_.resources);
  } else {
    append_fingerprint(text, options_.resources);
  }
  for (const std::string& folder : folders_of(options_.secrets_dir, true)) {
    append_folder_fingerprint(text, folder);
  }
  return text;
}

std::string PolicySource::price_fingerprint() const {
  std::string text;
  for (const std::string& file : price_files_) {
    append_fingerprint(text, file);
  }
  return text;
}

PolicyStatus PolicySource::status() const {
  const sync::MutexLock lock(mutex_);
  return status_;
}

}  // namespace penstock::app
