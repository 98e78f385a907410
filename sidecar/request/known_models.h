#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace penstock::request {

// The models that may appear as metric labels: those of the routing table. A client chooses the
// model of its request, so that every other name has to be "other", or label sets would grow
// without bound.
//
// Threads: immutable, shared freely.
class KnownModels {
 public:
  static constexpr std::uint32_t kOther = 0;

  KnownModels() : KnownModels(std::vector<std::string>()) {}
  explicit KnownModels(const std::vector<std::string>& names);

  // 1 … for a known model or one of a known family ("gpt-4o*"), which has one label; else kOther.
  [[nodiscard]] std::uint32_t index(std::string_view model) const;
  // REQUIRES: an index that index() gave.
  [[nodiscard]] const std::string& name(std::uint32_t index) const { return names_[index]; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::vector<std::string> names_;
  std::vector<std::uint32_t> families_;  // indices of names that end with '*', longest first
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> index_;
};

}  // namespace penstock::request
