#include "sidecar/http1/connection_options.h"

#include <algorithm>

#include "sidecar/http1/field_syntax.h"

namespace penstock::http1 {
void ConnectionOptions::add_member(std::string_view member) {
  const HeaderId id = header_id(member);
  keep_alive_ = keep_alive_ || id == HeaderId::kKeepAlive;
  upgrade_ = upgrade_ || id == HeaderId::kUpgrade;
  te_ = te_ || id == HeaderId::kTe;
  if (id != HeaderId::kOther) {
    return;
  }
  if (equals_ignoring_case(member, "close")) {
    close_ = true;
  } else if (!is_token(member)) {
    malformed_ = true;
  } else if (nominated_.size() == kNominationsMax) {
    too_many_ = true;
  } else {
    nominated_.push_back(member);
  }
}

void ConnectionOptions::add(std::string_view value) {
  for_each_list_member(value, [this](std::string_view member) { add_member(member); });
}

bool ConnectionOptions::nominates(const HeaderField& field) const {
  return field.id == HeaderId::kOther &&
         std::any_of(nominated_.begin(), nominated_.end(),
                     [&field](std::string_view name) { return same_name(name, field.name); });
}

ConnectionOptions ConnectionOptions::of(const HeadFields& head) {
  ConnectionOptions options;
  if (head.has(HeaderId::kConnection)) {
    for (const HeaderField& field : head.fields) {
      if (field.id == HeaderId::kConnection) {
        options.add(field.value);
      }
    }
  }
  return options;
}

}  // namespace penstock::http1
