#include "operator/controllers/reminders.h"

#include <algorithm>

namespace penstock::controllers {

bool Reminders::is_due(const std::string& pod, const std::string& hash, clock::Instant now) {
  if (now >= swept_ + kMost) {
    swept_ = now;
    std::erase_if(reminders_, [now](const auto& entry) {
      return entry.second.due + 2 * kMost < now;  // caught up, or gone
    });
  }
  const auto [found, added] = reminders_.try_emplace(pod);
  Reminder& reminder = found->second;
  if (added || reminder.hash != hash) {
    reminder = {.hash = hash, .due = now + kFirst};
    return false;
  }
  if (now < reminder.due) {
    return false;
  }
  reminder.pause = std::min(reminder.pause * 2, kMost);
  reminder.due = now + reminder.pause;
  return true;
}

}  // namespace penstock::controllers
