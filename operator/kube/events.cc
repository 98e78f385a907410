#include "operator/kube/events.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "operator/kube/timestamp.h"

namespace penstock::kube {
namespace {

constexpr std::size_t kNoteBytesMax = 1'000;

std::string hex(std::uint64_t number) {
  std::string text(16, '\0');
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number, 16);
  text.resize(static_cast<std::size_t>(end - text.data()));
  return text;
}

}  // namespace

void EventRecorder::record(const ResourceType& type, const ObjectMeta& object, bool warning,
                           const std::string& reason, std::string note) {
  note.resize(std::min(note.size(), kNoteBytesMax));
  const std::string time = timestamp_micros(clock_.wall_now());
  Sent sent;
  {
    const sync::MutexLock lock(mutex_);
    const clock::Instant now = clock_.now();
    forget_old(now);
    const auto [found, inserted] = sent_.try_emplace(object.uid + "/" + reason + "/" + note);
    if (inserted) {
      // Names are unique for as long as events live: by instance, time and number.
      found->second.name =
          object.name.substr(0, 200) + "." +
          hex(static_cast<std::uint64_t>(clock_.wall_now().time_since_epoch().count())) + "." +
          hex(++number_);
    } else {
      ++found->second.count;
    }
    found->second.at = now;
    sent = found->second;
  }
  if (sent.count > 1) {
    client_.merge(kEvents.object(object.ns, sent.name),
                  {{"series", {{"count", sent.count}, {"lastObservedTime", time}}}});
    return;
  }
  client_.create(kEvents.collection(object.ns),
                 {{"apiVersion", kEvents.api_version()},
                  {"kind", kEvents.kind},
                  {"metadata", {{"name", sent.name}, {"namespace", object.ns}}},
                  {"eventTime", time},
                  {"reportingController", "penstock.dev/operator"},
                  {"reportingInstance", instance_},
                  {"action", "Reconcile"},
                  {"reason", reason},
                  {"note", std::move(note)},
                  {"type", warning ? "Warning" : "Normal"},
                  {"regarding",
                   {{"apiVersion", type.api_version()},
                    {"kind", type.kind},
                    {"namespace", object.ns},
                    {"name", object.name},
                    {"uid", object.uid}}}});
}

void EventRecorder::forget_old(clock::Instant now) {
  std::erase_if(sent_, [now](const auto& entry) { return entry.second.at + kWindow < now; });
  if (sent_.size() >= kRememberedMax) {
    sent_.clear();
  }
}

}  // namespace penstock::kube
