#include "operator/app/log.h"

#include <string>

#include <unistd.h>

#include "lib/clock/clock.h"
#include "lib/json/text.h"
#include "operator/kube/timestamp.h"

namespace penstock::control {

// One write(): lines of several threads do not mix.
void log_line(std::string_view level, std::string_view message) {
  const json::Value line = {{"time", kube::timestamp_micros(clock::RealClock().wall_now())},
                            {"level", level},
                            {"message", message}};
  const std::string text = line.dump(-1, ' ', false, json::Value::error_handler_t::replace) + "\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace penstock::control
