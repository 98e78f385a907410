#include "sidecar/domain/eviction/eviction_policy.h"

#include "sidecar/domain/eviction/lru.h"
#include "sidecar/domain/eviction/s3_fifo.h"

namespace penstock::domain {

std::unique_ptr<EvictionPolicy> make_eviction_policy(resolve::Eviction kind,
                                                     std::uint64_t capacity_bytes) {
  switch (kind) {
    case resolve::Eviction::kLru: return std::make_unique<Lru>();
    case resolve::Eviction::kS3Fifo: break;
  }
  return std::make_unique<S3Fifo>(capacity_bytes);
}

}  // namespace penstock::domain
