#include "operator/kube/scale.h"

#include "operator/kube/object_meta.h"

namespace penstock::kube {
namespace {

ApiResult<Scale> scale_of(const ApiResult<json::Value>& answer) {
  if (!answer) {
    return std::unexpected(answer.error());
  }
  return Scale{.wanted = number_of(member(*answer, "spec"), "replicas"),
               .present = number_of(member(*answer, "status"), "replicas"),
               .selector = text_of(member(*answer, "status"), "selector"),
               .resource_version = read_meta(*answer).resource_version};
}

}  // namespace

ApiResult<Scale> read_scale(Client& client, const std::string& path) {
  return scale_of(client.get(path));
}

ApiResult<Scale> write_scale(Client& client, const std::string& path, std::int64_t replicas,
                             const std::string& seen) {
  json::Value patch = {{"spec", {{"replicas", replicas}}}};
  if (!seen.empty()) {
    patch["metadata"] = {{"resourceVersion", seen}};
  }
  return scale_of(client.merge(path, patch));
}

}  // namespace penstock::kube
