#include "sidecar/app/version.h"

namespace penstock::app {

std::string_view version() {
  return PENSTOCK_VERSION;
}

}  // namespace penstock::app
