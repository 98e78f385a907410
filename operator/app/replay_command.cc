#include "operator/app/replay_command.h"

#include <cstdint>
#include <iostream>

#include "lib/json/write.h"
#include "operator/app/each_line.h"
#include "operator/autoscale/decision_record.h"

namespace penstock::control {
namespace {

constexpr std::int64_t kPrinted = 20;  // differences; the rest is counted

struct Counts {
  std::int64_t equal = 0;
  std::int64_t different = 0;
  std::int64_t unreadable = 0;
};

// "desired 3 -> 4, reason Load -> Panic": then and now, of each field that differs.
std::string difference(const autoscale::Decision& then, const autoscale::Decision& now) {
  const json::Value before = json::write(then);
  const json::Value after = json::write(now);
  std::string text;
  std::apply(
      [&](const auto&... field) {
        const auto compare = [&](std::string_view name) {
          const std::string key(name);
          const json::Value a = before.value(key, json::Value());
          const json::Value b = after.value(key, json::Value());
          if (a != b) {
            text.append(text.empty() ? "" : ", ").append(key + " " + a.dump() + " -> " + b.dump());
          }
        };
        (compare(field.name), ...);
      },
      autoscale::Decision::fields());
  return text;
}

void replay_line(const std::string& place, const std::string& line, Counts& counts) {
  const Result<autoscale::DecisionRecord> record = autoscale::read_line(line);
  if (!record) {
    ++counts.unreadable;
    std::cerr << place << ": " << record.error().detail << "\n";
    return;
  }
  const autoscale::Decision now = autoscale::replay(*record);
  if (now == record->decision) {
    ++counts.equal;
  } else if (++counts.different <= kPrinted) {
    std::cout << place << ": " << difference(record->decision, now) << "\n";
  }
}

}  // namespace

int replay_decisions(const std::vector<std::string>& paths) {
  Counts counts;
  for (const std::string& path : paths) {
    const bool read = each_line(path, [&](const std::string& place, const std::string& line) {
      if (!line.empty()) {
        replay_line(place, line, counts);
      }
    });
    if (!read) {
      std::cerr << path << ": cannot be read\n";
      ++counts.unreadable;
    }
  }
  if (counts.different > kPrinted) {
    std::cout << "… and " << counts.different - kPrinted << " more\n";
  }
  std::cout << counts.equal << " decisions are equal, " << counts.different << " differ, "
            << counts.unreadable << " could not be read\n";
  return counts.different == 0 && counts.unreadable == 0 ? 0 : 1;
}

}  // namespace penstock::control
