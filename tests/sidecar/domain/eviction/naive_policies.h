#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

// The policies as their papers put them, over plain lists with linear searches: what the real ones
// are compared with. Every entry weighs one.
namespace penstock::domain::naive {

class Lru {
 public:
  explicit Lru(std::size_t) {}

  void insert(std::uint64_t key) { order_.push_back(key); }
  bool hit(std::uint64_t key) {
    const auto found = std::ranges::find(order_, key);
    if (found == order_.end()) {
      return false;
    }
    order_.erase(found);
    order_.push_back(key);
    return true;
  }
  std::uint64_t evict() {
    const std::uint64_t victim = order_.front();
    order_.pop_front();
    return victim;
  }
  void remove(std::uint64_t key) { std::erase(order_, key); }
  [[nodiscard]] std::size_t size() const { return order_.size(); }

 private:
  std::deque<std::uint64_t> order_;
};

class S3Fifo {
 public:
  explicit S3Fifo(std::size_t capacity) : small_target_(capacity / 10) {}

  void insert(std::uint64_t key) {
    // A ghost is known while fewer than `size()` evictions came after its own.
    const auto ghost = std::ranges::find(ghosts_, key, &Ghost::key);
    bool known = false;
    if (ghost != ghosts_.end()) {
      known = evictions_ - ghost->at < size();
      ghosts_.erase(ghost);
    }
    (known ? main_ : small_).push_back({key, 0});
  }
  bool hit(std::uint64_t key) {
    for (auto* queue : {&small_, &main_}) {
      for (Entry& entry : *queue) {
        if (entry.key == key) {
          entry.frequency = std::min(entry.frequency + 1, 3);
          return true;
        }
      }
    }
    return false;
  }
  std::uint64_t evict() {
    for (int moves = 0;; ++moves) {
      const bool from_small = small_.size() > small_target_ || main_.empty();
      auto& queue = from_small ? small_ : main_;
      Entry entry = queue.front();
      queue.pop_front();
      if (entry.frequency == 0 || moves == 32) {
        if (from_small) {
          std::erase_if(ghosts_, [&entry](const Ghost& ghost) { return ghost.key == entry.key; });
          ghosts_.push_back({entry.key, ++evictions_});
        }
        return entry.key;
      }
      entry.frequency = from_small ? 0 : entry.frequency - 1;
      main_.push_back(entry);
    }
  }
  void remove(std::uint64_t key) {
    const auto same = [key](const Entry& entry) { return entry.key == key; };
    std::erase_if(small_, same);
    std::erase_if(main_, same);
  }
  [[nodiscard]] std::size_t size() const { return small_.size() + main_.size(); }

 private:
  struct Entry {
    std::uint64_t key;
    int frequency;
  };
  struct Ghost {
    std::uint64_t key;
    std::uint64_t at;
  };
  std::size_t small_target_;
  std::deque<Entry> small_;
  std::deque<Entry> main_;
  std::deque<Ghost> ghosts_;
  std::uint64_t evictions_ = 0;
};

}  // namespace penstock::domain::naive
