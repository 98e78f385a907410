#include "operator/kube/scale.h"

#include <utility>

#include "operator/kube/object_meta.h"

namespace penstock::kube {
namespace {

ApiResult<Scale> scale_of(const ApiResult<json::Value>& answer) {
  if (!answer) {
    return std::unexpected(answer.error());
  }
  ObjectMeta meta = read_meta(*answer);
  return Scale{.wanted = number_of(member(*answer, "spec"), "replicas"),
               .present = number_of(member(*answer, "status"), "replicas"),
               .selector = text_of(member(*answer, "status"), "selector"),
               .uid = std::move(meta.uid),
               .created = std::move(meta.created),
               .resource_version = std::move(meta.resource_version)};
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
