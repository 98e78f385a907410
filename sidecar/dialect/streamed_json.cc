#include "sidecar/dialect/streamed_json.h"

#include <algorithm>

#include "sidecar/domain/byte_scan.h"

namespace penstock::dialect {
namespace {

bool ends_scalar(char c) {
  return c == ',' || c == '}' || c == ']' || domain::is_json_space(c);
}

}  // namespace

void StreamedJson::feed(std::string_view piece) {
  const char* p = piece.data();
  const char* const end = p + piece.size();
  piece_ = p;
  keep_from_ = p;
  while (p != end && state_ != State::kBroken) {
    p = step(p, end);
  }
  keep(end);
  passed_ += piece.size();
}

const char* StreamedJson::step(const char* p, const char* end) {
  switch (state_) {
    case State::kInKey: return step_key(p, end);
    case State::kInString: return step_string(p, end);
    case State::kInScalar: return step_scalar(p, end);
    case State::kInContainer: return step_container(p, end);
    case State::kBroken: return end;
    case State::kBefore:
    case State::kKeyOrClose:
    case State::kColon:
    case State::kValue:
    case State::kElement:
    case State::kComplete: break;
  }
  if (domain::is_json_space(*p)) {
    return p + 1;
  }
  switch (state_) {
    case State::kKeyOrClose: return step_key_or_close(p);
    case State::kElement: return step_element(p);
    case State::kValue: return step_value(p);
    case State::kBefore: state_ = *p == '{' ? State::kKeyOrClose : State::kBroken; return p + 1;
    case State::kColon: state_ = *p == ':' ? State::kValue : State::kBroken; return p + 1;
    case State::kComplete:
    case State::kInKey:
    case State::kInString:
    case State::kInScalar:
    case State::kInContainer:
    case State::kBroken: break;
  }
  state_ = State::kBroken;
  return p + 1;
}

const char* StreamedJson::step_key_or_close(const char* p) {
  if (*p == '"') {
    key_.clear();
    key_matches_none_ = false;
    state_ = State::kInKey;
  } else if (*p == '}') {
    state_ = level_ == Level::kTop ? State::kComplete : State::kElement;
    level_ = level_ == Level::kTop ? Level::kTop : Level::kArray;
  } else if (*p != ',') {
    state_ = State::kBroken;
  }
  return p + 1;
}

const char* StreamedJson::step_element(const char* p) {
  if (*p == ',') {
    return p + 1;
  }
  if (*p == '{') {
    level_ = Level::kElementObject;
    state_ = State::kKeyOrClose;
    return p + 1;
  }
  if (*p == ']') {
    if (walked_array_ != kNone) {
      const auto here = passed_ + static_cast<std::uint64_t>(p + 1 - piece_);
      bytes_.at(walked_array_) = here - array_begin_;
    }
    level_ = Level::kTop;
    state_ = State::kKeyOrClose;
    return p + 1;
  }
  current_ = kNone;  // not an object: nothing in it can be wanted
  return enter_value(p);
}

const char* StreamedJson::step_key(const char* p, const char* end) {
  if (escaped_) {
    escaped_ = false;
    return p + 1;
  }
  const char* const stop = domain::find_either(p, end, '"', '\\');
  const auto length = static_cast<std::size_t>(stop - p);
  key_matches_none_ = key_matches_none_ || key_.size() + length > kKeyBytesMax;
  if (!key_matches_none_) {
    key_.append(p, length);
  }
  if (stop == end) {
    return end;
  }
  if (*stop == '\\') {
    escaped_ = true;
    key_matches_none_ = true;
  } else {
    state_ = State::kColon;
  }
  return stop + 1;
}

const char* StreamedJson::step_value(const char* p) {
  const std::size_t found = find_wanted();
  if (*p == '[' && level_ == Level::kTop && is_walked_array()) {
    array_ = key_;
    walked_array_ = found;
    array_begin_ = passed_ + static_cast<std::uint64_t>(p - piece_);
    level_ = Level::kArray;
    state_ = State::kElement;
    return p + 1;
  }
  current_ = found;
  begin_value(p);
  return enter_value(p);
}

// Chooses how to read on over the value whose first byte is at `p`.
const char* StreamedJson::enter_value(const char* p) {
  if (*p == '"') {
    state_ = State::kInString;
    return p + 1;
  }
  if (*p == '{' || *p == '[') {
    skip_.begin();
    state_ = State::kInContainer;
    return p + 1;
  }
  state_ = ends_scalar(*p) ? State::kBroken : State::kInScalar;
  return p;
}

const char* StreamedJson::step_string(const char* p, const char* end) {
  const char* const after = skip_json_string(p, end, escaped_);
  if (after == nullptr) {
    return end;
  }
  end_value(after);
  return after;
}

const char* StreamedJson::step_scalar(const char* p, const char* end) {
  p = std::find_if(p, end, ends_scalar);
  if (p != end) {
    end_value(p);
  }
  return p;
}

const char* StreamedJson::step_container(const char* p, const char* end) {
  const char* const after = skip_.run(p, end);
  if (skip_.closed()) {
    end_value(after);
  }
  return after;
}

void StreamedJson::begin_value(const char* p) {
  value_begin_ = passed_ + static_cast<std::uint64_t>(p - piece_);
  keep_from_ = p;
  too_long_ = false;
  if (current_ == kNone || wanted_[current_].measure_only) {
    return;
  }
  std::string& capture = captures_.at(current_);
  if (level_ == Level::kTop) {
    capture.clear();
  } else if (!capture.empty()) {
    capture.push_back(',');
  }
}

void StreamedJson::end_value(const char* p) {
  if (current_ != kNone) {
    keep(p);
    bytes_.at(current_) = passed_ + static_cast<std::uint64_t>(p - piece_) - value_begin_;
  }
  current_ = kNone;
  state_ = level_ == Level::kArray ? State::kElement : State::kKeyOrClose;
}

// Appends what has been read of the current value in this piece to its capture.
void StreamedJson::keep(const char* end) {
  if (current_ == kNone || wanted_[current_].measure_only || too_long_ || broken()) {
    return;
  }
  std::string& capture = captures_.at(current_);
  const auto length = static_cast<std::size_t>(end - keep_from_);
  if (length == 0) {
    return;
  }
  if (capture.size() + length > kCaptureBytesMax) {
    capture.clear();
    too_long_ = true;
    return;
  }
  capture.append(keep_from_, length);
}

std::size_t StreamedJson::find_wanted() const {
  if (key_matches_none_ || level_ == Level::kArray) {
    return kNone;
  }
  const std::string_view array = level_ == Level::kTop ? std::string_view{} : array_;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (wanted_[i].key == key_ && wanted_[i].array == array) {
      return i;
    }
  }
  return kNone;
}

bool StreamedJson::is_walked_array() const {
  return !key_matches_none_ && std::ranges::any_of(wanted_, [this](const Wanted& each) {
    return !each.array.empty() && each.array == key_;
  });
}

}  // namespace penstock::dialect
