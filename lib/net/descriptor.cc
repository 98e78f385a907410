#include "lib/net/descriptor.h"

#include <unistd.h>

namespace penstock::net {

void Descriptor::close() noexcept {
  if (descriptor_ >= 0) {
    ::close(std::exchange(descriptor_, -1));
  }
}

}  // namespace penstock::net
