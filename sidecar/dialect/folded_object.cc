#include "sidecar/dialect/folded_object.h"

#include <algorithm>
#include <bitset>
#include <charconv>
#include <utility>

namespace penstock::dialect {

using domain::JsonType;
using domain::JsonValue;

namespace {

constexpr std::size_t kRulesMax = 64;  // of any table

std::size_t find_rule(std::span<const FoldRule> rules, std::string_view key) {
  const auto found = std::ranges::find(rules, key, &FoldRule::key);
  return static_cast<std::size_t>(found - rules.begin());
}

bool is_empty_string(const JsonValue& value) {
  return value.is(JsonType::kString) && value.text().empty();
}

}  // namespace

std::optional<std::size_t> index_of(const JsonValue& object) {
  const auto index = object.find("index");
  if (!index || !index->is(JsonType::kNumber)) {
    return std::nullopt;
  }
  std::size_t value = 0;
  const std::string_view digits = index->text();
  const auto read = std::from_chars(digits.begin(), digits.end(), value);
  const bool whole = read.ec == std::errc() && read.ptr == digits.end();
  return whole ? std::optional(value) : std::nullopt;
}

FoldedValue::FoldedValue(const FoldRule& rule) : rule_(&rule) {}

bool FoldedValue::take(const JsonValue& value) {
  if (value.is(JsonType::kNull)) {
    state_ = state_ == State::kAbsent ? State::kNull : state_;
    return true;
  }
  return take_value(value);
}

bool FoldedValue::take_value(const JsonValue& value) {
  switch (rule_->merge) {
    case Merge::kDrop: return true;
    case Merge::kNullOnly: return false;
    case Merge::kFixed: return value.is(JsonType::kString) && value.text() == rule_->expects;
    case Merge::kFirst:
      if (state_ != State::kValue && !is_empty_string(value)) {
        keep(value);
      }
      return true;
    case Merge::kLast: keep(value); return true;
    case Merge::kSame:
    case Merge::kOnce: return take_same(value);
    case Merge::kConcat: return take_piece(value);
    case Merge::kAppend: return take_list(value);
    case Merge::kObject: state_ = State::kValue; return object().take(value);
    case Merge::kIndexed: return take_indexed(value);
  }
  return false;
}

void FoldedValue::keep(const JsonValue& value) {
  state_ = State::kValue;
  text_ = value.raw();
}

bool FoldedValue::take_same(const JsonValue& value) {
  if (!value.is(JsonType::kString)) {
    return false;
  }
  if (is_empty_string(value)) {
    return true;
  }
  if (state_ == State::kValue) {
    return rule_->merge == Merge::kSame && text_ == value.raw();
  }
  keep(value);
  return true;
}

// Pieces are joined as they are spelled: the parser refused a piece with half a surrogate pair.
bool FoldedValue::take_piece(const JsonValue& value) {
  if (!value.is(JsonType::kString)) {
    return false;
  }
  state_ = State::kValue;
  const std::string_view quoted = value.raw();
  text_ += quoted.substr(1, quoted.size() - 2);
  return true;
}

bool FoldedValue::take_list(const JsonValue& value) {
  if (!value.is(JsonType::kArray)) {
    return false;
  }
  state_ = State::kValue;
  return value.each_element([this](const JsonValue& element) {
    append_element(element.raw());
    return true;
  });
}

bool FoldedValue::take_indexed(const JsonValue& value) {
  if (!value.is(JsonType::kArray)) {
    return false;
  }
  state_ = State::kValue;
  return value.each_element([this](const JsonValue& element) {
    const auto at = index_of(element);
    if (!at || *at >= kItemsMax) {
      return false;
    }
    while (objects_.size() <= *at) {
      objects_.emplace_back(rule_->members);
    }
    return objects_[*at].take(element);
  });
}

void FoldedValue::append_element(std::string_view json) {
  state_ = State::kValue;
  text_ += text_.empty() ? "" : ",";
  text_ += json;
}

void FoldedValue::set(std::string json) {
  state_ = State::kValue;
  text_ = std::move(json);
}

FoldedObject& FoldedValue::object() {
  if (objects_.empty()) {
    objects_.emplace_back(rule_->members);
  }
  return objects_.front();
}

bool FoldedValue::complete() const {
  if (state_ != State::kValue) {
    return !rule_->required;
  }
  const bool has_items = rule_->merge != Merge::kIndexed || !rule_->required || !objects_.empty();
  return has_items && std::ranges::all_of(objects_, &FoldedObject::complete);
}

std::string_view FoldedValue::without_value() const {
  switch (rule_->merge) {
    case Merge::kDrop:
    case Merge::kNullOnly: return {};
    case Merge::kFixed: return rule_->absent;
    case Merge::kFirst:
    case Merge::kLast:
    case Merge::kSame:
    case Merge::kOnce:
    case Merge::kConcat:
    case Merge::kAppend:
    case Merge::kObject:
    case Merge::kIndexed: break;
  }
  return state_ == State::kNull && rule_->absent.empty() ? "null" : rule_->absent;
}

void FoldedValue::write(std::string& out, bool& first, bool as_null) const {
  const std::string_view instead = has_value() ? std::string_view{} : without_value();
  if (!has_value() && instead.empty()) {
    return;
  }
  out += first ? "\"" : ",\"";
  first = false;
  out += rule_->name.empty() ? rule_->key : rule_->name;
  out += "\":";
  if (as_null) {
    out += "null";
  } else if (has_value()) {
    write_value(out);
  } else {
    out += instead;
  }
}

void FoldedValue::write_value(std::string& out) const {
  switch (rule_->merge) {
    case Merge::kConcat: out.append("\"").append(text_).append("\""); return;
    case Merge::kAppend: out.append("[").append(text_).append("]"); return;
    case Merge::kObject: objects_.front().write(out); return;
    case Merge::kIndexed:
      out += '[';
      for (const FoldedObject& item : objects_) {
        out += &item == &objects_.front() ? "" : ",";
        item.write(out);
      }
      out += ']';
      return;
    case Merge::kDrop:
    case Merge::kNullOnly:
    case Merge::kFixed:
    case Merge::kFirst:
    case Merge::kLast:
    case Merge::kSame:
    case Merge::kOnce: break;
  }
  out += text_;
}

FoldedObject::FoldedObject(std::span<const FoldRule> rules) : rules_(rules) {
  values_.reserve(rules.size());
  for (const FoldRule& rule : rules) {
    values_.emplace_back(rule);
  }
}

bool FoldedObject::take(const JsonValue& object) {
  if (!object.is(JsonType::kObject)) {
    return false;
  }
  taken_ = true;
  std::bitset<kRulesMax> seen;
  return object.each_member([&](const JsonValue& key, const JsonValue& value) {
    const std::size_t index = find_rule(rules_, key.text());
    // What repeats within one chunk would be merged twice.
    if (index == rules_.size() || seen[index]) {
      return false;
    }
    seen.set(index);
    return values_[index].take(value);
  });
}

FoldedValue& FoldedObject::member(std::string_view key) {
  return values_[find_rule(rules_, key)];
}

bool FoldedObject::complete() const {
  return taken_ && std::ranges::all_of(values_, &FoldedValue::complete);
}

bool FoldedObject::stands_for_null(std::size_t index) const {
  return values_[index].empty() &&
         std::ranges::any_of(rules_[index].null_beside, [this](std::string_view key) {
           return !values_[find_rule(rules_, key)].empty();
         });
}

void FoldedObject::write(std::string& out) const {
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    values_[i].write(out, first, stands_for_null(i));
  }
  out += '}';
}

}  // namespace penstock::dialect
