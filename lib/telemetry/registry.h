#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/sync/mutex.h"
#include "lib/telemetry/distribution.h"
#include "lib/telemetry/series.h"
#include "lib/telemetry/shard.h"

namespace penstock::telemetry {

class Registry;

// Keeps a gauge registered. Destroying it removes the gauge and returns only when no scrape is
// reading it.
class [[nodiscard]] GaugeHandle {
 public:
  GaugeHandle() = default;
  GaugeHandle(GaugeHandle&& other) noexcept;
  GaugeHandle& operator=(GaugeHandle&& other) noexcept;
  GaugeHandle(const GaugeHandle&) = delete;
  GaugeHandle& operator=(const GaugeHandle&) = delete;
  ~GaugeHandle() { reset(); }

  void reset();

 private:
  friend class Registry;
  GaugeHandle(Registry* registry, std::uint64_t id) : registry_(registry), id_(id) {}

  Registry* registry_ = nullptr;
  std::uint64_t id_ = 0;
};

// The process's metrics: counted per thread without contention, summed when somebody scrapes.
//
//   const Family hits = registry.counter("penstock_cache_hits_total", "Answers from the cache.",
//   {"tier"}); const Series memory = registry.series(hits, {"memory"});   // once Shard& shard =
//   registry.new_shard();                       // once a thread shard.add(memory); // on the hot
//   path: about 1 ns
//
// Threads: every call here from any thread, under one mutex; shards never take it.
// Bounds:  a family holds at most series_max sets of label values; further ones are counted
// together in a series
//          whose labels all read "other", and in penstock_telemetry_series_dropped_total.
// Life:    outlives every Shard&, Series and GaugeHandle it gave out.
class Registry {
 public:
  static constexpr std::size_t kSeriesMaxDefault = 256;

  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // A name that is registered already gives the same family again; the first help and labels stay.
  // REQUIRES: names are valid in Prometheus; the same name always asks for the same kind and number
  // of labels.
  Family counter(std::string name, std::string help, std::vector<std::string> label_names,
                 std::size_t series_max = kSeriesMaxDefault);
  // A counter of small units, shown as its total divided by `divisor` (picodollars as dollars:
  // 1e12).
  Family scaled_counter(std::string name, std::string help, std::vector<std::string> label_names,
                        double divisor, std::size_t series_max = kSeriesMaxDefault);
  // What is there now: added and subtracted by any thread, shown as a gauge.
  Family level(std::string name, std::string help, std::vector<std::string> label_names,
               std::size_t series_max = kSeriesMaxDefault);
  // REQUIRES: bounds increase; 1 … 256 of them.
  Family histogram(std::string name, std::string help, std::vector<std::string> label_names,
                   std::span<const double> bounds, std::size_t series_max = kSeriesMaxDefault);

  // The same values give the same series. REQUIRES: one value a label name.
  Series series(Family family, const std::vector<std::string>& label_values);

  // REQUIRES: 1 … 1,024 of them.
  Cells cells(std::uint32_t count);

  // Read at each scrape, on the scraping thread and under the mutex: `read` must not call this
  // registry. Gauges of one name and equal labels are added up.
  GaugeHandle gauge(std::string name, std::string help, std::vector<Label> labels,
                    std::move_only_function<double() const> read);
  // The same of a name whose label sets only the scrape tells: `read` shows each with its value.
  // How many there are is for the caller to bound.
  using Show = std::function<void(std::vector<Label> labels, double value)>;
  GaugeHandle gauges(std::string name, std::string help,
                     std::move_only_function<void(const Show&) const> read);

  // For one thread; owned by the registry, and counted for good when the thread is gone.
  Shard& new_shard();

  // Prometheus text format 0.0.4.
  [[nodiscard]] std::string render() const;

  // Over all series of the family, in the units that were counted.
  [[nodiscard]] std::uint64_t total(Family family) const;
  // Of one series; 0 where nothing has asked for it yet.
  [[nodiscard]] std::uint64_t total(Family family,
                                    const std::vector<std::string>& label_values) const;
  // One a cell, over all threads.
  [[nodiscard]] std::vector<std::uint64_t> sums(Cells cells) const;
  [[nodiscard]] Distribution distribution(Family family) const;

 private:
  friend class GaugeHandle;
  enum class Kind : std::uint8_t { kCounter, kLevel, kHistogram };
  struct FamilyState;
  struct GaugeState;
  struct Snapshot;

  Family add_family(FamilyState state);
  Series add_series(FamilyState& family) PENSTOCK_REQUIRES(mutex_);
  std::uint32_t take_cells(std::uint32_t count) PENSTOCK_REQUIRES(mutex_);
  std::uint64_t sum(std::uint32_t cell) const PENSTOCK_REQUIRES(mutex_);
  double sum_of_doubles(std::uint32_t cell) const PENSTOCK_REQUIRES(mutex_);
  void render_counted(Snapshot& out) const PENSTOCK_REQUIRES(mutex_);
  void render_gauges(Snapshot& out) const PENSTOCK_REQUIRES(mutex_);
  void remove_gauge(std::uint64_t id);

  mutable sync::Mutex mutex_;
  std::vector<std::unique_ptr<FamilyState>> families_ PENSTOCK_GUARDED_BY(mutex_);
  std::map<std::string, std::uint32_t, std::less<>> family_by_name_ PENSTOCK_GUARDED_BY(mutex_);
  std::map<std::uint64_t, std::unique_ptr<GaugeState>> gauges_ PENSTOCK_GUARDED_BY(mutex_);
  std::uint64_t next_gauge_ PENSTOCK_GUARDED_BY(mutex_) = 1;
  std::vector<std::unique_ptr<Shard>> shards_ PENSTOCK_GUARDED_BY(mutex_);
  std::uint32_t cells_used_ PENSTOCK_GUARDED_BY(mutex_);
  std::uint32_t blocks_ PENSTOCK_GUARDED_BY(mutex_) = 1;
  std::uint64_t series_dropped_ PENSTOCK_GUARDED_BY(mutex_) = 0;
};

}  // namespace penstock::telemetry
