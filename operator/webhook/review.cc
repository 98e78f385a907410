#include "operator/webhook/review.h"

#include "operator/kube/base64.h"
#include "operator/kube/object_meta.h"
#include "operator/webhook/pod_patch.h"

namespace penstock::webhook {

namespace {

constexpr int kDepthMax = 64;

}  // namespace

using json::Value;
using kube::member;

Result<std::string> answer_review(const std::string& body, const InjectionsOf& injections_of) {
  // What is nested deeper than any pod is left out: copying and writing it would recurse as deep.
  const auto shallow = [](int depth, Value::parse_event_t, Value&) { return depth <= kDepthMax; };
  const Value review = Value::parse(body, shallow, false);
  const Value& request = member(review, "request");
  const std::string uid = kube::text_of(request, "uid");
  const Value& pod = member(request, "object");
  if (kube::text_of(review, "kind") != "AdmissionReview" || uid.empty() || !pod.is_object()) {
    return fail(ErrorCode::kInvalidRequest, "the body is no AdmissionReview of a pod");
  }
  Value response = {{"uid", uid}, {"allowed", true}};
  for (const api::InjectionStatus& injection : injections_of(kube::text_of(request, "namespace"))) {
    if (concerns(injection, pod)) {
      response["patchType"] = "JSONPatch";
      response["patch"] = kube::encode_base64(pod_patch(pod, injection).dump());
      break;
    }
  }
  const Value answer = {{"apiVersion", "admission.k8s.io/v1"},
                        {"kind", "AdmissionReview"},
                        {"response", std::move(response)}};
  return answer.dump();
}

}  // namespace penstock::webhook
