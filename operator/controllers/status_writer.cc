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
}

}  // namespace penstock::controllers
