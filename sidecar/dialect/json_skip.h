#pragma once

#include <cstddef>

namespace penstock::dialect {

// Runs over the inside of a JSON object or array to its closing bracket, sixty-four bytes at a
// time, without looking at what is in it. The text may come in pieces; brackets in strings do not
// count, and which kind of bracket closes which is not checked.
class ContainerSkip {
 public:
  // Begins after an opening bracket.
  void begin() { *this = ContainerSkip{}; }

  // Reads on from `p`. Returns the place after the closing bracket, or `end` with `closed()` false.
  const char* run(const char* p, const char* end);
  [[nodiscard]] bool closed() const { return depth_ == 0; }

 private:
  std::size_t depth_ = 1;
  bool in_string_ = false;
  bool escaped_ = false;  // the next byte is taken as it is
};

// Runs over the inside of a JSON string; `escaped` carries an escape that a cut fell into. Returns
// the place after the closing quote, or null when [p, end) does not hold it.
const char* skip_json_string(const char* p, const char* end, bool& escaped);

}  // namespace penstock::dialect
