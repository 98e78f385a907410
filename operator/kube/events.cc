#include "operator/kube/events.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lib/json/one_line.h"
#include "operator/kube/pause.h"
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

EventRecorder::EventRecorder(Client& client, const clock::Clock& clock, std::string instance)
    : client_(client),
      clock_(clock),
      instance_(std::move(instance)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

EventRecorder::~EventRecorder() = default;

void EventRecorder::record(const ResourceType& type, const ObjectMeta& object, bool warning,
                           const std::string& reason, const std::string& note) {
  {
    const sync::MutexLock lock(mutex_);
    if (waiting_.size() >= kWaitingMax) {
      return;
    }
    waiting_.push_back({type, object, warning, reason, json::one_line(note, kNoteBytesMax)});
  }
  added_.notify_one();
}

void EventRecorder::run(const std::stop_token& stop) {
  while (const std::optional<Waiting> event = next(stop)) {
    write(*event);
    pause(std::chrono::milliseconds(1'000 / kPerSecond), stop);
  }
}

std::optional<EventRecorder::Waiting> EventRecorder::next(const std::stop_token& stop) {
  const sync::MutexLock lock(mutex_);
  while (waiting_.empty() && !stop.stop_requested()) {
    // Woken by record() and by the end; the loop is the condition.
    bool woken = false;
    added_.wait(mutex_, stop, [&woken] { return std::exchange(woken, true); });
  }
  if (stop.stop_requested()) {
    return std::nullopt;
  }
  Waiting event = std::move(waiting_.front());
  waiting_.pop_front();
  return event;
}

void EventRecorder::write(const Waiting& event) {
  const ObjectMeta& object = event.object;
  const std::string time = timestamp_micros(clock_.wall_now());
  const clock::Instant now = clock_.now();
  forget_old(now);
  const auto [found, first] = sent_.try_emplace(object.uid + "/" + event.reason + "/" + event.note);
  Sent& sent = found->second;
  const bool counts = !first && sent.at + kWindow >= now;
  sent.at = now;
  if (counts) {
    ++sent.count;
    const ApiResult<json::Value> counted = client_.merge(
        kEvents.object(object.ns, sent.name),
        {{"series", {{"count", sent.count}, {"lastObservedTime", time}}}}, Priority::kReport);
    if (counted || !counted.error().not_found()) {
      return;  // else somebody has removed it
    }
  }
  sent.count = 1;
  // Names are unique for as long as events live: by object, time and number.
  sent.name = object.name.substr(0, 200) + "." +
              hex(static_cast<std::uint64_t>(clock_.wall_now().time_since_epoch().count())) + "." +
              hex(++number_);
  const ApiResult<json::Value> created =
      client_.create(kEvents.collection(object.ns),
                     {{"apiVersion", kEvents.api_version()},
                      {"kind", kEvents.kind},
                      {"metadata", {{"name", sent.name}, {"namespace", object.ns}}},
                      {"eventTime", time},
                      {"reportingController", "penstock.dev/operator"},
                      {"reportingInstance", instance_},
                      {"action", "Reconcile"},
                      {"reason", event.reason},
                      {"note", event.note},
                      {"type", event.warning ? "Warning" : "Normal"},
                      {"regarding",
                       {{"apiVersion", event.type.api_version()},
                        {"kind", event.type.kind},
                        {"namespace", object.ns},
                        {"name", object.name},
                        {"uid", object.uid}}}},
                     Priority::kReport);
  if (!created) {
    sent_.erase(found);  // the next of its kind is the first that anybody sees
  }
}

void EventRecorder::forget_old(clock::Instant now) {
  if (now >= forget_at_) {
    std::erase_if(sent_, [now](const auto& entry) { return entry.second.at + kWindow < now; });
    forget_at_ = now + kWindow / 10;
  }
  if (sent_.size() >= kRememberedMax) {
    sent_.clear();
  }
}

}  // namespace penstock::kube
