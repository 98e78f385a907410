#include "sidecar/domain/eviction/s3_fifo.h"

namespace penstock::domain {
namespace {

// An answer of a model with its overhead is seldom smaller; where entries are, fewer are
// remembered.
constexpr std::uint64_t kBytesPerGhost = 2048;

}  // namespace

S3Fifo::S3Fifo(std::uint64_t capacity_bytes)
    : small_target_(capacity_bytes / 10), ghosts_(capacity_bytes / kBytesPerGhost) {}

void S3Fifo::on_insert(EvictionNode& node) {
  node.frequency = 0;
  node.in_main = ghosts_.recall(node.fingerprint, small_.size() + main_.size());
  queue_of(node).push_newest(node);
}

void S3Fifo::on_hit(EvictionNode& node) {
  if (node.frequency < kFrequencyMax) {
    ++node.frequency;
  }
}

EvictionNode* S3Fifo::pick_victim() {
  for (int moves = 0;; ++moves) {
    const bool from_small = takes_from_small();
    EvictionNode* node = from_small ? small_.oldest() : main_.oldest();
    if (node == nullptr) {
      return nullptr;
    }
    queue_of(*node).remove(*node);
    if (node->frequency == 0 || moves == kMovesMax) {
      if (from_small) {
        ghosts_.remember(node->fingerprint);
      }
      return node;
    }
    node->frequency = from_small ? 0 : static_cast<std::uint8_t>(node->frequency - 1);
    node->in_main = true;
    main_.push_newest(*node);
  }
}

void S3Fifo::on_remove(EvictionNode& node) {
  queue_of(node).remove(node);
}

std::size_t S3Fifo::overhead_bytes() const {
  return sizeof(*this) + ghosts_.overhead_bytes();
}

}  // namespace penstock::domain
