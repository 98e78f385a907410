#pragma once

#include <cstdint>
#include <string>

namespace penstock::telemetry {

struct Label {
  std::string name;
  std::string value;
  auto operator<=>(const Label&) const = default;
};

// All series of one metric name. A small value; belongs to the registry that made it.
class Family {
 public:
  Family() = default;

 private:
  friend class Registry;
  explicit Family(std::uint32_t index) : index_(index) {}

  std::uint32_t index_ = 0;
};

// One family with one set of label values: what a shard counts into. A small value; belongs to the
// registry that made it and stays valid as long as that. A default-made one swallows what is
// counted into it.
class Series {
 public:
  Series() = default;

 private:
  friend class Registry;
  friend class Shard;

  std::uint32_t cell_ = 0;          // first cell in every shard; 0 is nobody's
  std::uint32_t bounds_count_ = 0;  // histograms only, as is bounds_
  const double* bounds_ = nullptr;  // increasing; owned by the registry
};

// A row of counters without a name, which no scrape shows: for what is too fine for the text
// format. A small value, as Series is; a default-made one swallows what is counted into it.
class Cells {
 public:
  Cells() = default;

 private:
  friend class Registry;
  friend class Shard;

  std::uint32_t first_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace penstock::telemetry
