#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/json/field.h"
#include "lib/json/scalars.h"
#include "lib/json/strictness.h"
#include "lib/json/text.h"

namespace penstock::json {

// Checks leaves and collects every error with its path, not only the first; read.h walks the
// tables with it. At most kErrorsMax errors are kept.
// Every check that returns nullopt has recorded its error.
class Reader {
 public:
  static constexpr std::size_t kErrorsMax = 200;

  explicit Reader(Strictness strictness, std::string root = {})
      : strictness_(strictness), path_(std::move(root)) {}

  // Holds one more step of the path for as long as it lives.
  class [[nodiscard]] Step {
   public:
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    ~Step() { path_.resize(length_); }

   private:
    friend class Reader;
    Step(std::string& path, std::size_t length) : path_(path), length_(length) {}
    std::string& path_;
    std::size_t length_;
  };
  Step member(std::string_view name);
  Step element(std::size_t index);

  void fail(std::string message);

  bool expect_object(const Value& value);
  // Reports members of `object` that `known` does not list.
  void check_members(const Value& object, std::span<const std::string_view> known);
  // nullptr: absent (reported where required).
  const Value* find(const Value& object, std::string_view name, const Rules& rules);

  std::optional<bool> boolean(const Value& value);
  // Within the rules and within [type_min, type_max].
  std::optional<std::int64_t> integer(const Value& value, const Rules& rules, std::int64_t type_min,
                                      std::int64_t type_max);
  std::optional<double> number(const Value& value, const Rules& rules);
  std::optional<std::string> string(const Value& value, const Rules& rules);
  std::optional<std::chrono::milliseconds> duration(const Value& value, const Rules& rules);
  std::optional<Quantity> quantity(const Value& value, const Rules& rules);
  std::optional<UsdPerMillion> price(const Value& value);
  // The index into `names`.
  std::optional<std::size_t> choice(const Value& value, std::span<const std::string_view> names);
  bool list(const Value& value, const Rules& rules);
  bool map(const Value& value, const Rules& rules);

  const std::vector<FieldError>& errors() const { return errors_; }
  const std::vector<std::string>& ignored() const { return ignored_; }

 private:
  bool check_count(std::size_t count, const Rules& rules);
  std::optional<std::string_view> text(const Value& value, std::string_view expected);

  Strictness strictness_;
  std::string path_;
  std::vector<FieldError> errors_;
  std::vector<std::string> ignored_;
};

}  // namespace penstock::json
