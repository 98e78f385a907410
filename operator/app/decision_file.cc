#include "operator/app/decision_file.h"

#include <fstream>

#include <fcntl.h>
#include <unistd.h>

#include "operator/app/log.h"

namespace penstock::control {
namespace {

bool ends_in_a_line_feed(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in || in.tellg() == std::streampos(0)) {
    return true;
  }
  in.seekg(-1, std::ios::end);
  return in.get() == '\n';
}

}  // namespace

Result<void> DecisionFile::open(const std::string& path) {
  constexpr mode_t kMode = 0644;
  path_ = path;
  torn_ = !ends_in_a_line_feed(path);
  file_ = net::Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode));
  if (!is_open()) {
    return fail(ErrorCode::kInvalidConfig, "--decisions: cannot write " + path);
  }
  return {};
}

void DecisionFile::append(std::string_view line) {
  std::string text(torn_ ? "\n" : "");
  text.append(line).append("\n");
  const ssize_t written = ::write(file_.get(), text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size());
  torn_ = whole ? false : torn_ || written > 0;
  if (whole == fails_) {
    fails_ = !whole;
    log_line(whole ? "info" : "error",
             "--decisions: " + path_ +
                 (whole ? " can be written again" : " cannot be written, so decisions are lost"));
  }
}

}  // namespace penstock::control
