#include "sidecar/http1/forward.h"

#include <array>
#include <charconv>
#include <cstddef>

#include "sidecar/http1/connection_options.h"
#include "sidecar/http1/field_syntax.h"
#include "sidecar/http1/head_writer.h"

namespace penstock::http1 {
namespace {

constexpr std::size_t kRoomForOwnFields = 256;

// Appends unchanged lines with as few copies as possible: lines that stand next to each other in
// the parsed bytes leave as one block.
class LineCopier {
 public:
  explicit LineCopier(std::string& out) : out_(out) {}

  void keep(const HeaderField& field) {
    if (begin_ != nullptr && field.name.data() == end_ + kLineEnd.size()) {
      end_ = end_of(field);
      return;
    }
    flush();
    begin_ = field.name.data();
    end_ = end_of(field);
  }

  void flush() {
    if (begin_ != nullptr) {
      out_.append(begin_, end_).append(kLineEnd);
      begin_ = nullptr;
    }
  }

 private:
  static const char* end_of(const HeaderField& field) {
    return field.value.data() + field.value.size();
  }

  std::string& out_;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
};

// A field of our own making and whether its place has come up yet.
struct OwnField {
  HeaderId id = HeaderId::kOther;
  std::string_view name;   // where it has to be appended
  std::string_view value;  // empty: the field is dropped
  bool written = false;
};

bool matches(const FieldEdit& edit, const HeaderField& field) {
  if (edit.id != HeaderId::kOther) {
    return edit.id == field.id;
  }
  return field.id == HeaderId::kOther && same_name(edit.name, field.name);
}

class HeadBuilder {
 public:
  HeadBuilder(std::string& out, const HeadFields& head, std::span<const FieldEdit> edits,
              bool nominates)
      : out_(out), head_(head), edits_(edits), lines_(out), nominates_(nominates) {
    touched_.add(kHopByHop);
    if (nominates) {
      options_ = ConnectionOptions::of(head);
      touched_.add(HeaderId::kOther);
    }
    for (const FieldEdit& edit : edits) {
      touched_.add(edit.id);
    }
  }

  // `field` replaces all fields of its id, in the place of the first.
  void own(const OwnField& field) {
    own_[own_count_++] = field;
    touched_.add(field.id);
  }
  void drop(HeaderId id) { own({id, {}, {}, true}); }

  // A Trailer field is true only while the body goes on chunked, and with its trailers: they stay
  // behind where Connection nominates a field, which may be one of them.
  void keep_trailer_field() { keep_trailer_ = !nominates_; }

  void copy_fields() {
    for (const HeaderField& field : head_.fields) {
      if (touched_.contains(field.id)) {
        decide(field);
      } else {
        lines_.keep(field);
      }
    }
    lines_.flush();
    append_missing();
  }

 private:
  void decide(const HeaderField& field) {
    for (std::size_t i = 0; i < own_count_; ++i) {
      if (own_[i].id == field.id) {
        return place(field, own_[i].value, own_[i].written);
      }
    }
    if (field.id == HeaderId::kTrailer && keep_trailer_) {
      return lines_.keep(field);
    }
    if (is_hop_by_hop(field, options_)) {
      return;
    }
    for (std::size_t i = 0; i < edits_.size(); ++i) {
      if (matches(edits_[i], field)) {
        bool written = (edited_ & bit(i)) != 0 || !edits_[i].value;
        place(field, edits_[i].value.value_or(""), written);
        edited_ |= written ? bit(i) : 0;
        return;
      }
    }
    lines_.keep(field);
  }

  void place(const HeaderField& field, std::string_view value, bool& written) {
    if (written) {
      return;
    }
    written = true;
    if (field.value == value) {
      return lines_.keep(field);
    }
    lines_.flush();
    append_field(out_, field.name, value);
  }

  void append_missing() {
    for (std::size_t i = 0; i < own_count_; ++i) {
      if (!own_[i].written) {
        append_field(out_, own_[i].name, own_[i].value);
      }
    }
    for (std::size_t i = 0; i < edits_.size(); ++i) {
      const std::optional<std::string_view>& value = edits_[i].value;
      if (value && (edited_ & bit(i)) == 0) {
        append_field(out_, edits_[i].name, *value);
      }
    }
  }

  static std::uint64_t bit(std::size_t i) { return std::uint64_t{1} << i; }

  std::string& out_;
  const HeadFields& head_;
  std::span<const FieldEdit> edits_;
  LineCopier lines_;
  ConnectionOptions options_;
  HeaderSet touched_;
  std::array<OwnField, 4> own_{};
  std::size_t own_count_ = 0;
  std::uint64_t edited_ = 0;
  const bool nominates_;
  bool keep_trailer_ = false;
};

std::size_t room_for(const HeadFields& head, std::span<const FieldEdit> edits,
                     std::span<const AddedField> added) {
  std::size_t size = kRoomForOwnFields;
  for (const HeaderField& field : head.fields) {
    size += field.name.size() + field.value.size() + 4;
  }
  for (const FieldEdit& edit : edits) {
    size += edit.name.size() + edit.value.value_or("").size() + 4;
  }
  for (const AddedField& field : added) {
    size += field.name.size() + field.value.size() + 4;
  }
  return size;
}

using NumberText = std::array<char, 20>;

std::string_view decimal(std::uint64_t value, NumberText& text) {
  const char* const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), static_cast<std::size_t>(end - text.data())};
}

void state_framing(HeadBuilder& builder, Framing framing, std::string_view length) {
  if (framing == Framing::kLength) {
    builder.own({HeaderId::kContentLength, "content-length", length});
  } else {
    builder.drop(HeaderId::kContentLength);
  }
  if (framing == Framing::kChunked) {
    builder.own({HeaderId::kTransferEncoding, "transfer-encoding", "chunked"});
    builder.keep_trailer_field();
  }
}

void append_connection(std::string& out, std::string_view first, bool te_trailers,
                       std::string_view upgrade) {
  if (!upgrade.empty()) {
    append_field(out, "connection", "upgrade");
    append_field(out, "upgrade", upgrade);
  } else if (te_trailers) {
    append_field(out, "connection", first.empty() ? "te" : "close, te");
    append_field(out, "te", "trailers");
  } else if (!first.empty()) {
    append_field(out, "connection", first);
  }
}

void append_added(std::string& out, std::span<const AddedField> added) {
  for (const AddedField& field : added) {
    append_field(out, field.name, field.value);
  }
  out.append(kLineEnd);
}

void append_upstream_line(std::string& out, const RequestHead& head, std::string_view prefix,
                          std::string_view path) {
  out.append(head.method).append(" ");
  if (path.empty() && head.method == "OPTIONS") {
    out.append("*");  // an absolute target without path meant the server (RFC 9112 §3.2.4)
  } else {
    if (head.target_form != TargetForm::kAsterisk) {
      out.append(prefix);
    }
    if (!path.starts_with('/') && head.target_form != TargetForm::kAsterisk) {
      out.append("/");
    }
    out.append(path);
  }
  out.append(" HTTP/1.1\r\n");
}

}  // namespace

void build_upstream_head(std::string& out, const RequestHead& head,
                         const UpstreamHeadEdits& edits) {
  out.reserve(out.size() + head.method.size() + head.target.size() + edits.path_prefix.size() +
              edits.host.size() + room_for(head, edits.edits, edits.added));
  append_upstream_line(out, head, edits.path_prefix, edits.path.value_or(head.path));

  HeadBuilder builder(out, head, edits.edits, head.connection_nominates);
  const std::string_view host = edits.host.empty() ? head.host : edits.host;
  if (head.has(HeaderId::kHost)) {
    builder.own({HeaderId::kHost, "host", host});
  } else if (!host.empty()) {
    append_field(out, "host", host);
  }
  if (edits.drop_expect) {
    builder.drop(HeaderId::kExpect);
  }
  NumberText number;
  state_framing(builder, edits.framing, decimal(edits.content_length, number));
  builder.copy_fields();

  append_connection(out, edits.close ? "close" : "", edits.te_trailers, edits.upgrade);
  append_added(out, edits.added);
}

void build_downstream_head(std::string& out, const ResponseHead& head,
                           const DownstreamHeadEdits& edits) {
  out.reserve(out.size() + head.reason.size() + room_for(head, edits.edits, edits.added));
  append_status_line(out, head.status, head.reason);

  HeadBuilder builder(out, head, edits.edits, head.connection_nominates);
  NumberText number;
  const bool length_without_body = edits.framing == Framing::kNone && head.status >= 200 &&
                                   head.status != 204 && head.has_content_length;
  if (length_without_body) {
    builder.own({HeaderId::kContentLength, "content-length", decimal(head.content_length, number)});
  } else {
    state_framing(builder, edits.framing, decimal(edits.content_length, number));
  }
  builder.copy_fields();

  const bool close = edits.close || edits.framing == Framing::kUntilClose;
  append_connection(out,
                    close              ? "close"
                    : edits.keep_alive ? "keep-alive"
                                       : "",
                    false, edits.upgrade);
  append_added(out, edits.added);
}

}  // namespace penstock::http1
