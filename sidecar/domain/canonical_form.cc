#include "sidecar/domain/canonical_form.h"

#include <algorithm>
#include <array>

#include "sidecar/domain/canonical_number.h"

namespace penstock::domain {
namespace {

void append_head(std::string& out, char type, std::size_t size) {
  const std::array<char, 5> head = {type, static_cast<char>(size), static_cast<char>(size >> 8),
                                    static_cast<char>(size >> 16), static_cast<char>(size >> 24)};
  out.append(head.data(), head.size());
}

void append_text(std::string& out, std::string_view text) {
  append_head(out, 's', text.size());
  out.append(text);
}

// The length of a number is known only once it is written.
void append_number(std::string& out, std::string_view text) {
  const std::size_t head = out.size();
  append_head(out, 'n', 0);
  const std::size_t begin = out.size();
  append_canonical_number(out, text);
  const std::size_t size = out.size() - begin;
  for (std::size_t i = 0; i < 4; ++i) {
    out[head + 1 + i] = static_cast<char>(size >> (8 * i));
  }
}

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

CanonicalForm::Result CanonicalForm::write(std::string_view body,
                                           std::span<const std::string_view> excluded) {
  if (const auto fault = tree_.parse(body)) {
    return {.reason = *fault};
  }
  return write(tree_, excluded);
}

CanonicalForm::Result CanonicalForm::write(const JsonTree& tree,
                                           std::span<const std::string_view> excluded) {
  if (out_.capacity() > JsonTree::kKeepBytes) {
    std::string().swap(out_);
  }
  if (members_.capacity() * sizeof(Member) > JsonTree::kKeepBytes) {
    std::vector<Member>().swap(members_);
  }
  out_.clear();
  members_.clear();
  const JsonValue root = tree.root();
  if (!root.is(JsonType::kObject)) {
    return {.reason = BypassReason::kNotObject};
  }
  out_.reserve(root.raw().size() + 5 * tree.nodes());
  if (!append_object(out_, root, excluded)) {
    return {.reason = BypassReason::kDuplicateKey};
  }
  return {.ok = true, .bytes = out_};
}

bool CanonicalForm::append(std::string& out, JsonValue value) {
  switch (value.type()) {
    case JsonType::kNull: out.push_back('z'); return true;
    case JsonType::kFalse: out.push_back('f'); return true;
    case JsonType::kTrue: out.push_back('t'); return true;
    case JsonType::kNumber: append_number(out, value.text()); return true;
    case JsonType::kString: append_text(out, value.text()); return true;
    case JsonType::kArray:
      append_head(out, 'a', value.size());
      return value.each_element([this, &out](JsonValue element) { return append(out, element); });
    case JsonType::kObject: return append_object(out, value, {});
  }
  return false;
}

bool CanonicalForm::append_object(std::string& out, JsonValue object,
                                  std::span<const std::string_view> excluded) {
  const std::size_t bottom = members_.size();
  object.each_member([this](JsonValue key, JsonValue value) {
    members_.push_back({.key = key.text(), .value = value});
    return true;
  });
  const auto own = std::span(members_).subspan(bottom);
  std::ranges::sort(own, {}, &Member::key);
  const bool duplicate = std::ranges::adjacent_find(own, {}, &Member::key) != own.end();
  const std::size_t left_out = static_cast<std::size_t>(std::ranges::count_if(
      own, [excluded](std::string_view key) { return contains(excluded, key); }, &Member::key));
  append_head(out, 'o', own.size() - left_out);
  bool ok = !duplicate;
  // By index: members within grow members_ and may move it.
  for (std::size_t i = bottom, end = members_.size(); ok && i < end; ++i) {
    const Member member = members_[i];
    if (contains(excluded, member.key)) {
      // Left out, but a duplicate key within still makes the request ambiguous.
      std::string unused;
      ok = append(unused, member.value);
    } else {
      append_text(out, member.key);
      ok = append(out, member.value);
    }
  }
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(bottom), members_.end());
  return ok;
}

}  // namespace penstock::domain
