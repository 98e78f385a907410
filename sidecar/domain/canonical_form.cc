#include "sidecar/domain/canonical_form.h"

#include <algorithm>
#include <bit>

#include "sidecar/domain/canonical_number.h"
#include "sidecar/domain/first_bytes.h"

namespace penstock::domain {
namespace {

constexpr std::size_t kHeadBytes = 5;

void write_head(char* at, char type, std::size_t size) {
  at[0] = type;
  for (int i = 0; i < 4; ++i) {
    at[1 + i] = static_cast<char>(size >> (8 * i));
  }
}

void append_head(ByteSink& out, char type, std::size_t size) {
  write_head(out.extend(kHeadBytes), type, size);
}

void append_text(ByteSink& out, char type, std::string_view text) {
  char* const at = out.extend(kHeadBytes + text.size());
  write_head(at, type, text.size());
  std::copy_n(text.data(), text.size(), at + kHeadBytes);
}

void append_number(ByteSink& out, std::string_view text) {
  const std::size_t begin = out.size();
  append_head(out, 'n', 0);
  append_canonical_number(out, text);
  write_head(out.from(begin), 'n', out.size() - begin - kHeadBytes);
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
    case JsonType::kNumber: append_number(out_, value.text()); return true;
    case JsonType::kString: append_text(out_, 's', value.text()); return true;
    case JsonType::kArray:
      append_head(out_, 'a', value.size());
      return value.each_element([this](JsonValue element) { return append(element); });
    case JsonType::kObject: return append_object(value, &excludes_nothing);
  }
  return false;
}

bool CanonicalForm::append_object(JsonValue object, IsExcluded is_excluded) {
  const std::size_t bottom = members_.size();
  std::size_t written = 0;
  object.each_member([&](JsonValue key, JsonValue /*value*/) {
    const std::string_view name = key.text();
    Member& member = members_.emplace_back();
    // Turned round, so that the numbers order keys as their bytes do, as far as they go.
    member.prefix = std::byteswap(first_bytes(name));
    member.key = key.index();
    member.excluded = is_excluded(name);
    written += member.excluded ? 0 : 1;
    return true;
  });
  const auto text_of = [object](const Member& member) { return object.at(member.key).text(); };
  std::sort(members_.begin() + static_cast<std::ptrdiff_t>(bottom), members_.end(),
            [text_of](const Member& one, const Member& other) {
              return one.prefix != other.prefix ? one.prefix < other.prefix
                                                : text_of(one) < text_of(other);
            });
  append_head(out_, 'o', written);
  bool ok = true;
  std::uint64_t prefix_before = 0;
  std::string_view name_before;
  // By index: members within grow members_ and may move it.
  for (std::size_t i = bottom, end = members_.size(); ok && i < end; ++i) {
    const Member member = members_[i];
    const std::string_view name = text_of(member);
    const bool repeats = i > bottom && member.prefix == prefix_before && name == name_before;
    prefix_before = member.prefix;
    name_before = name;
    const std::size_t before = out_.size();
    append_text(out_, 's', name);
    ok = !repeats && append(object.at(member.key + 1));
    if (member.excluded) {
      // Written all the same, for a duplicate key within it makes the request ambiguous too.
      out_.truncate(before);
    }
  }
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(bottom), members_.end());
  return ok;
}

}  // namespace penstock::domain
