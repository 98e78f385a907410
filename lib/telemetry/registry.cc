#include "lib/telemetry/registry.h"

#include <bit>
#include <utility>

#include "lib/telemetry/registry_state.h"

namespace penstock::telemetry {
namespace {

// Cell 0 takes what is counted into a default-made Series.
constexpr std::uint32_t kFirstCell = 1;

}  // namespace

Shard::Shard() {
  append_block();
}

void Shard::append_block() {
  owned_[block_count_] = std::make_unique<Block>();
  blocks_[block_count_].store(owned_[block_count_].get(), std::memory_order_release);
  ++block_count_;
}

Registry::Registry() : cells_used_(kFirstCell) {}
Registry::~Registry() = default;

Family Registry::counter(std::string name, std::string help, std::vector<std::string> label_names,
                         std::size_t series_max) {
  return scaled_counter(std::move(name), std::move(help), std::move(label_names), 1, series_max);
}

Family Registry::scaled_counter(std::string name, std::string help,
                                std::vector<std::string> label_names, double divisor,
                                std::size_t series_max) {
  return add_family(FamilyState{.name = std::move(name),
                                .help = std::move(help),
                                .kind = Kind::kCounter,
                                .label_names = std::move(label_names),
                                .bounds = {},
                                .divisor = divisor,
                                .series_max = series_max,
                                .series = {}});
}

Family Registry::level(std::string name, std::string help, std::vector<std::string> label_names,
                       std::size_t series_max) {
  return add_family(FamilyState{.name = std::move(name),
                                .help = std::move(help),
                                .kind = Kind::kLevel,
                                .label_names = std::move(label_names),
                                .bounds = {},
                                .divisor = 1,
                                .series_max = series_max,
                                .series = {}});
}

Family Registry::histogram(std::string name, std::string help, std::vector<std::string> label_names,
                           std::span<const double> bounds, std::size_t series_max) {
  return add_family(FamilyState{.name = std::move(name),
                                .help = std::move(help),
                                .kind = Kind::kHistogram,
                                .label_names = std::move(label_names),
                                .bounds = {bounds.begin(), bounds.end()},
                                .divisor = 1,
                                .series_max = series_max,
                                .series = {}});
}

Family Registry::add_family(FamilyState state) {
  const sync::MutexLock lock(mutex_);
  const auto index = static_cast<std::uint32_t>(families_.size());
  const auto [known, is_new] = family_by_name_.try_emplace(state.name, index);
  if (is_new) {
    families_.push_back(std::make_unique<FamilyState>(std::move(state)));
  }
  return Family(known->second);
}

Series Registry::series(Family family, const std::vector<std::string>& label_values) {
  const sync::MutexLock lock(mutex_);
  FamilyState& state = *families_[family.index_];
  if (const auto known = state.series.find(label_values); known != state.series.end()) {
    return known->second;
  }
  std::vector<std::string> values = label_values;
  if (state.series.size() >= state.series_max) {
    ++series_dropped_;
    values.assign(state.label_names.size(), "other");
    if (const auto overflow = state.series.find(values); overflow != state.series.end()) {
      return overflow->second;
    }
  }
  const Series made = add_series(state);
  if (made.cell_ != 0) {
    state.series.emplace(std::move(values), made);
  }
  return made;
}

// The first of `count` new cells; 0 once all are taken (262,144 a shard).
std::uint32_t Registry::take_cells(std::uint32_t count) {
  std::uint32_t first = cells_used_;
  // They are written through one pointer: they may not straddle two blocks.
  if (first / Shard::kCellsPerBlock != (first + count - 1) / Shard::kCellsPerBlock) {
    first = (first / Shard::kCellsPerBlock + 1) * Shard::kCellsPerBlock;
  }
  const std::uint32_t block = first / Shard::kCellsPerBlock;
  if (block >= Shard::kBlocksMax) {
    return 0;
  }
  for (; blocks_ <= block; ++blocks_) {
    for (const std::unique_ptr<Shard>& shard : shards_) {
      shard->append_block();
    }
  }
  cells_used_ = first + count;
  return first;
}

// Gives a Series that swallows everything once all cells are taken.
Series Registry::add_series(FamilyState& family) {
  const auto bounds_count = static_cast<std::uint32_t>(family.bounds.size());
  const std::uint32_t first = take_cells(family.kind == Kind::kHistogram ? bounds_count + 2 : 1);
  if (first == 0) {
    return Series();
  }
  Series made;
  made.cell_ = first;
  made.bounds_count_ = bounds_count;
  made.bounds_ = family.bounds.empty() ? nullptr : family.bounds.data();
  return made;
}

Cells Registry::cells(std::uint32_t count) {
  const sync::MutexLock lock(mutex_);
  Cells made;
  made.first_ = take_cells(count);
  made.count_ = made.first_ == 0 ? 0 : count;
  return made;
}

Shard& Registry::new_shard() {
  const sync::MutexLock lock(mutex_);
  auto shard = std::make_unique<Shard>();
  while (shard->block_count_ < blocks_) {
    shard->append_block();
  }
  return *shards_.emplace_back(std::move(shard));
}

std::uint64_t Registry::sum(std::uint32_t cell) const {
  std::uint64_t total = 0;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    total += shard->cells_at(cell)->load(std::memory_order_relaxed);
  }
  return total;
}

double Registry::sum_of_doubles(std::uint32_t cell) const {
  double total = 0;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    total += std::bit_cast<double>(shard->cells_at(cell)->load(std::memory_order_relaxed));
  }
  return total;
}

std::uint64_t Registry::total(Family family) const {
  const sync::MutexLock lock(mutex_);
  std::uint64_t total = 0;
  for (const auto& [values, series] : families_[family.index_]->series) {
    total += sum(series.cell_);
  }
  return total;
}

std::uint64_t Registry::total(Family family, const std::vector<std::string>& label_values) const {
  const sync::MutexLock lock(mutex_);
  const auto& known = families_[family.index_]->series;
  const auto found = known.find(label_values);
  return found == known.end() ? 0 : sum(found->second.cell_);
}

std::vector<std::uint64_t> Registry::sums(Cells cells) const {
  const sync::MutexLock lock(mutex_);
  std::vector<std::uint64_t> totals(cells.count_);
  for (std::uint32_t i = 0; i < cells.count_; ++i) {
    totals[i] = sum(cells.first_ + i);
  }
  return totals;
}

Distribution Registry::distribution(Family family) const {
  const sync::MutexLock lock(mutex_);
  const FamilyState& state = *families_[family.index_];
  const auto buckets = static_cast<std::uint32_t>(state.bounds.size()) + 1;
  Distribution result{.bounds = state.bounds, .counts = std::vector<std::uint64_t>(buckets)};
  for (const auto& [values, series] : state.series) {
    for (std::uint32_t bucket = 0; bucket < buckets; ++bucket) {
      result.counts[bucket] += sum(series.cell_ + bucket);
    }
    result.sum += sum_of_doubles(series.cell_ + buckets);
  }
  return result;
}

GaugeHandle Registry::gauge(std::string name, std::string help, std::vector<Label> labels,
                            std::move_only_function<double() const> read) {
  return gauges(std::move(name), std::move(help),
                [labels = std::move(labels), read = std::move(read)](const Show& show) {
                  show(labels, read());
                });
}

GaugeHandle Registry::gauges(std::string name, std::string help,
                             std::move_only_function<void(const Show&) const> read) {
  const sync::MutexLock lock(mutex_);
  const std::uint64_t id = next_gauge_++;
  gauges_.emplace(id, std::make_unique<GaugeState>(
                          GaugeState{std::move(name), std::move(help), std::move(read)}));
  return GaugeHandle(this, id);
}

void Registry::remove_gauge(std::uint64_t id) {
  const sync::MutexLock lock(mutex_);
  gauges_.erase(id);
}

GaugeHandle::GaugeHandle(GaugeHandle&& other) noexcept
    : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}

GaugeHandle& GaugeHandle::operator=(GaugeHandle&& other) noexcept {
  if (this != &other) {
    reset();
    registry_ = std::exchange(other.registry_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

void GaugeHandle::reset() {
  if (registry_ != nullptr) {
    std::exchange(registry_, nullptr)->remove_gauge(id_);
  }
}

}  // namespace penstock::telemetry
