#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "lib/json/text.h"
#include "lib/json/tree_builder.h"

namespace penstock::json {
namespace {

// Counts lines while the parser reads: nlohmann tells a position only to its own errors. A number
// is read one character ahead, so the line of a bare number in a list may be one too high.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, int* line) : at_(at), line_(line) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *line_ += *at_ == '\n' ? 1 : 0;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  int* line_;
};

// nlohmann's SAX interface; returning false ends the parse.
class Sax {
 public:
  Sax(TreeBuilder& builder, std::string_view text, const int& line)
      : builder_(builder), text_(text), line_(line) {}

  bool null() { return scalar(Value()); }
  bool boolean(bool value) { return scalar(Value(value)); }
  bool number_integer(std::int64_t value) { return scalar(Value(value)); }
  bool number_unsigned(std::uint64_t value) { return scalar(Value(value)); }
  bool number_float(double value, const std::string& /*spelling*/) { return scalar(Value(value)); }
  bool string(std::string& value) { return scalar(Value(std::move(value))); }
  bool binary(Value::binary_t& /*value*/) { return false; }

  bool start_object(std::size_t /*size*/) {
    builder_.begin_map(line_, 0);
    return !builder_.stopped();
  }
  bool key(std::string& name) {
    builder_.key(std::move(name), line_);
    return !builder_.stopped();
  }
  bool end_object() { return end(); }
  bool start_array(std::size_t /*size*/) {
    builder_.begin_list(line_, 0);
    return !builder_.stopped();
  }
  bool end_array() { return end(); }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) {
    // The library's own text quotes what it read, which may be a secret.
    const std::string_view before = text_.substr(0, position > 0 ? position - 1 : 0);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    builder_.stop(static_cast<int>(lines) + 1, "is not valid JSON");
    return false;
  }

 private:
  bool scalar(Value value) {
    builder_.scalar(std::move(value), line_, 0);
    return !builder_.stopped();
  }
  bool end() {
    builder_.end();
    return !builder_.stopped();
  }

  TreeBuilder& builder_;
  std::string_view text_;
  const int& line_;
};

}  // namespace

Text parse_json(std::string_view text) {
  Text result;
  TreeBuilder builder(result);
  if (!builder.admits(text)) {
    return result;
  }
  int line = 1;
  Sax sax(builder, text, line);
  const char* const data = text.data();
  const CountingIterator begin(data, &line);
  const CountingIterator end(data + text.size(), &line);
  Value::sax_parse(begin, end, &sax);
  builder.finish();
  return result;
}

}  // namespace penstock::json
