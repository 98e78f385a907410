#include "operator/autoscale/decision_record.h"

#include "lib/json/read.h"
#include "lib/json/write.h"

namespace penstock::autoscale {

std::string write_line(const DecisionRecord& record) {
  // Names come from the cluster: what is no UTF-8 is replaced, not thrown.
  return json::write(record).dump(-1, ' ', false, json::Value::error_handler_t::replace);
}

Result<DecisionRecord> read_line(std::string_view line) {
  const json::Text text = json::parse_json(line);
  if (!text.errors.empty()) {
    return fail(ErrorCode::kInvalidRequest, "the line " + text.errors.front().message);
  }
  if (text.documents.size() != 1) {
    return fail(ErrorCode::kInvalidRequest, "the line is empty");
  }
  DecisionRecord record;
  json::Reader reader(json::Strictness::kTolerant);
  json::read(reader, text.documents.front().value, record);
  if (!reader.errors().empty()) {
    std::string detail;
    for (const json::FieldError& error : reader.errors()) {
      detail.append(detail.empty() ? "" : "; ")
          .append(error.path)
          .append(" ")
          .append(error.message);
    }
    return fail(ErrorCode::kInvalidRequest, std::move(detail));
  }
  return record;
}

Decision replay(const DecisionRecord& record) {
  return decide(record.inputs, record.state).decision;
}

}  // namespace penstock::autoscale
