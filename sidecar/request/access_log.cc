#include "sidecar/request/access_log.h"

#include "sidecar/request/request_record_json.h"

namespace penstock::request {

void AccessLog::add(const RequestRecord& record) {
  if (!hand_on_) {
    return;
  }
  append_json(buffer_, record);
  buffer_ += '\n';
  if (buffer_.size() >= kBufferBytes) {
    flush();
  }
}

void AccessLog::flush() {
  if (buffer_.empty() || !hand_on_) {
    return;
  }
  buffer_ = hand_on_(std::move(buffer_));
}

}  // namespace penstock::request
