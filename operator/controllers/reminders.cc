#include "operator/controllers/reminders.h"

namespace penstock::controllers {

bool Reminders::is_due(const std::string& pod, const std::string& hash, clock::Instant now) {
  if (now >= swept_ + kMost) {
    swept_ = now;
    std::erase_if(reminders_, [now](const auto& entry) {
      return entry.second.pause.rested(now);  // caught up, or gone
    });
  }
  const auto [found, added] = reminders_.try_emplace(pod);
  Reminder& reminder = found->second;
  if (added || reminder.hash != hash) {
    reminder = {.hash = hash, .pause = {}};
    reminder.pause.wait(now);  // what its kubelet was told just now counts as the first time
    return false;
  }
  return reminder.pause.wait(now) == GrowingPause::kNow;
}

}  // namespace penstock::controllers
