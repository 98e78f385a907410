#include "sidecar/domain/canonical_form.h"

#include <algorithm>
#include <array>
#include <bit>

#include "sidecar/domain/canonical_number.h"

namespace penstock::domain {
namespace {

constexpr std::size_t kHeadBytes = 5;

void append_head(ByteSink& out, char type, std::size_t size) {
  const std::array<char, kHeadBytes> head = {
      type, static_cast<char>(size), static_cast<char>(size >> 8), static_cast<char>(size >> 16),
      static_cast<char>(size >> 24)};
  out.append({head.data(), head.size()});
}

// Big-endian, zeros behind a short key: orders keys as their bytes do, as far as it goes.
std::uint64_t prefix_of(std::string_view key) {
  std::array<char, 8> bytes{};
  std::copy_n(key.begin(), std::min(key.size(), bytes.size()), bytes.begin());
  const auto prefix = std::bit_cast<std::uint64_t>(bytes);
  return std::endian::native == std::endian::little ? std::byteswap(prefix) : prefix;
}

void append_text(ByteSink& out, char type, std::string_view text) {
  out.reserve(kHeadBytes + text.size());
  append_head(out, type, text.size());
  out.append(text);
}

}  // namespace

CanonicalForm::Result CanonicalForm::write(std::string_view body, IsExcluded is_excluded) {
  if (const auto fault = tree_.parse(body)) {
    return {.reason = *fault};
  }
  return write(tree_, is_excluded);
}

CanonicalForm::Result CanonicalForm::write(const JsonTree& tree, IsExcluded is_excluded) {
  const JsonValue root = tree.root();
  if (!root.is(JsonType::kObject)) {
    return {.reason = BypassReason::kNotObject};
  }
  reset();
  // A head for each value; unescaped text is never longer than its spelling.
  out_.reserve(root.raw().size() + 5 * tree.nodes());
  return finish(append_object(root, is_excluded));
}

CanonicalForm::Result CanonicalForm::write_value(JsonValue value) {
  reset();
  return finish(append(value));
}

void CanonicalForm::reset() {
  if (out_.capacity() > JsonTree::kKeepBytes) {
    out_.release();
  }
  if (members_.capacity() * sizeof(Member) > JsonTree::kKeepBytes) {
    std::vector<Member>().swap(members_);
  }
  out_.clear();
  members_.clear();
}

CanonicalForm::Result CanonicalForm::finish(bool ok) const {
  if (!ok) {
    return {.reason = BypassReason::kDuplicateKey};
  }
  return {.ok = true, .bytes = out_.view()};
}

bool CanonicalForm::append(JsonValue value) {
  switch (value.type()) {
    case JsonType::kNull: out_.push_back('z'); return true;
    case JsonType::kFalse: out_.push_back('f'); return true;
    case JsonType::kTrue: out_.push_back('t'); return true;
    case JsonType::kNumber: append_number(value.text()); return true;
    case JsonType::kString: append_text(out_, 's', value.text()); return true;
    case JsonType::kArray:
      append_head(out_, 'a', value.size());
      return value.each_element([this](JsonValue element) { return append(element); });
    case JsonType::kObject: return append_object(value, &excludes_nothing);
  }
  return false;
}

void CanonicalForm::append_number(std::string_view text) {
  number_.clear();
  append_canonical_number(number_, text);
  append_text(out_, 'n', number_);
}

bool CanonicalForm::append_object(JsonValue object, IsExcluded is_excluded) {
  const std::size_t bottom = members_.size();
  std::size_t written = 0;
  object.each_member([&](JsonValue key, JsonValue value) {
    const std::string_view name = key.text();
    const bool left_out = is_excluded(name);
    written += left_out ? 0 : 1;
    members_.push_back(
        {.prefix = prefix_of(name), .key = name, .value = value, .excluded = left_out});
    return true;
  });
  const auto own =
      std::ranges::subrange(members_.begin() + static_cast<std::ptrdiff_t>(bottom), members_.end());
  std::ranges::sort(own, [](const Member& one, const Member& other) {
    return one.prefix != other.prefix ? one.prefix < other.prefix : one.key < other.key;
  });
  bool ok = std::ranges::adjacent_find(own, {}, &Member::key) == own.end();
  append_head(out_, 'o', written);
  // By index: members within grow members_ and may move it.
  for (std::size_t i = bottom, end = members_.size(); ok && i < end; ++i) {
    const Member member = members_[i];
    const std::size_t before = out_.size();
    append_text(out_, 's', member.key);
    ok = append(member.value);
    if (member.excluded) {
      // Written all the same, for a duplicate key within it makes the request ambiguous too.
      out_.truncate(before);
    }
  }
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(bottom), members_.end());
  return ok;
}

}  // namespace penstock::domain
