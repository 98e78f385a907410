#include "operator/controllers/status_writer.h"

namespace penstock::controllers {
namespace {

std::string key_of(const kube::ResourceType& type, const std::string& ns, const std::string& name) {
  return std::string(type.kind) + "/" + ns + "/" + name;
}

}  // namespace

StatusWriter::Done StatusWriter::write(const kube::ResourceType& type, const kube::ObjectMeta& of,
                                       const json::Value& before, const json::Value& status) {
  if (status == before) {
    return {};
  }
  const std::string key = key_of(type, of.ns, of.name);
  {
    const sync::MutexLock lock(mutex_);
    const auto last = written_.find(key);
    const clock::Instant now = clock_.now();
    if (last != written_.end() && now < last->second + kPause) {
      const auto rest = last->second + kPause - now;
      return {.outcome = {.again_in = std::chrono::ceil<std::chrono::milliseconds>(rest)}};
    }
  }
  // Of the version that it was decided for: what was decided for one that was edited or made anew
  // meanwhile is decided again, once the watch has told of that.
  const kube::ApiResult<void> written = client_.apply_status(type, of, status);
  if (!written && written.error().conflict() && !written.error().outdated()) {
    return take_back(type, of, status, written.error());
  }
  return done(key, written);
}

StatusWriter::Done StatusWriter::take_back(const kube::ResourceType& type,
                                           const kube::ObjectMeta& of, const json::Value& status,
                                           const kube::ApiError& refused) {
  const std::string key = key_of(type, of.ns, of.name);
  {
    const sync::MutexLock lock(mutex_);
    const auto rest = taken_back_[key].wait(clock_.now());
    if (rest > GrowingPause::kNow) {
      return {.outcome = {.again_in = rest}};
    }
  }
  Done result = done(key, client_.apply_status(type, of, status, kube::Conflicts::kTake));
  if (result.written) {
    result.outcome.problem =
        "somebody else had written its status, which is the operator's; taken back: " +
        refused.message;
  }
  return result;
}

StatusWriter::Done StatusWriter::done(const std::string& key,
                                      const kube::ApiResult<void>& written) {
  const sync::MutexLock lock(mutex_);
  if (!written) {
    const bool awaits_watch = written.error().outdated() && ++outdated_[key] <= kOutdatedMost;
    return {.outcome = awaits_watch ? kube::WorkOutcome{.again_in = kPause}
                                    : kube::failed(written.error())};
  }
  outdated_.erase(key);
  written_[key] = clock_.now();
  return {.written = true};
}

void StatusWriter::forget(const kube::ResourceType& type, const std::string& ns,
                          const std::string& name) {
  const sync::MutexLock lock(mutex_);
  written_.erase(key_of(type, ns, name));
  outdated_.erase(key_of(type, ns, name));
  taken_back_.erase(key_of(type, ns, name));
}

}  // namespace penstock::controllers
