#include "operator/reconcile/advice.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/json/write.h"
#include "operator/reconcile/decide.h"
#include "tests/operator/reconcile/worlds.h"

namespace penstock::reconcile {
namespace {

const std::string kSpec = "{selector: {matchLabels: {app: llm}}}";
const std::string kRestarting =
    "{selector: {matchLabels: {app: llm}}, interception: {rollout: Restart}}";

void add(World& to, const std::string& name, const std::string& kind, const std::string& owner) {
  Pod made = pod(name);
  made.owner_kind = kind;
  made.owner_name = owner;
  to.pods.push_back(std::make_shared<const Pod>(std::move(made)));
}

std::string message(const World& seen, const std::string& type) {
  const Settings settings{.version = "1.0"};
  const Plan plan = decide(in_force(seen, settings), settings);
  const auto found = std::ranges::find(plan.status.conditions, type, &api::Condition::type);
  return found == plan.status.conditions.end() ? "" : found->message;
}

TEST(RestartAdviceTest, EachKindGetsTheCommandThatWorksForIt) {
  World seen = world(policy("p", kSpec));
  seen.workloads.push_back(workload("second", kVllm));
  add(seen, "a", "ReplicaSet", "engine-abc12");
  add(seen, "b", "ReplicaSet", "second-abc12");
  add(seen, "c", "DaemonSet", "everywhere");
  add(seen, "d", "ReplicaSet", "without-deployment");
  add(seen, "e", "ReplicationController", "old");
  add(seen, "f", "Job", "batch");
  add(seen, "g", "Job", "batch");
  add(seen, "h", "", "");
  EXPECT_EQ(message(seen, "Injected"),
            "0 of 8 pods carry the sidecar; "
            "kubectl -n ns rollout restart deployment/engine deployment/second "
            "daemonset/everywhere; kubectl -n ns delete pod d e; "
            "delete job/batch, pod/h and make anew, which nothing else does");
  seen.policy = policy("p", kRestarting);
  EXPECT_EQ(message(seen, "Injected"),
            "0 of 8 pods carry the sidecar; they are replaced one at a time; "
            "delete job/batch, pod/h and make anew, which nothing else does");
}

// There, kubectl restarts nothing, or what it restarts replaces no pod.
TEST(RestartAdviceTest, PodsWhoseRolloutWaitsForPeopleAreToBeDeleted) {
  const auto advice = [](const std::string& owner, const std::string& spec) {
    const json::Value object =
        yaml("{metadata: {name: engine}, spec: {" + spec +
             ", template: {metadata: {labels: {app: llm}}, spec: {containers: " + kVllm + "}}}}");
    World seen = world(policy("p", kSpec));
    seen.workloads = {std::make_shared<const Workload>(owner == "StatefulSet"
                                                           ? controllers::read_stateful_set(object)
                                                           : controllers::read_deployment(object))};
    add(seen, "a", owner, owner == "StatefulSet" ? "engine" : "engine-abc12");
    return message(seen, "Injected");
  };
  const std::string start = "0 of 1 pods carry the sidecar; kubectl -n ns ";
  EXPECT_EQ(advice("ReplicaSet", "paused: true"), start + "delete pod a");
  EXPECT_EQ(advice("ReplicaSet", "paused: false"), start + "rollout restart deployment/engine");
  EXPECT_EQ(advice("StatefulSet", "updateStrategy: {type: OnDelete}"), start + "delete pod a");
  EXPECT_EQ(advice("StatefulSet", "updateStrategy: {rollingUpdate: {partition: 1}}"),
            start + "delete pod a");
  EXPECT_EQ(advice("StatefulSet", "updateStrategy: {rollingUpdate: {partition: 0}}"),
            start + "rollout restart statefulset/engine");
}

TEST(RestartAdviceTest, ACommandIsBoundedAndStaysOne) {
  RestartNeeds needs;
  for (int i = 0; i < 18; ++i) {
    needs.rollouts.push_back("deployment/d" + std::to_string(i));
  }
  const std::string text = restart_advice("ns", needs);
  EXPECT_TRUE(text.starts_with("kubectl -n ns rollout restart deployment/d0 deployment/d1 "))
      << text;
  EXPECT_TRUE(text.ends_with(" deployment/d15; 2 more are named here after that")) << text;
  EXPECT_EQ(text.find(','), std::string::npos);
}

TEST(RestartAdviceTest, ASidecarThatRefusesSaysWhatToDoAboutIt) {
  const std::string kept = " keep the last good version: a; ";
  const std::string older =
      "sidecars of release 0.9" + kept + "their log says why; to bring them to release 1.0: ";
  const std::string by_hand = "kubectl -n ns rollout restart deployment/engine";
  struct Row {
    std::string name;
    std::string spec;
    std::string release;
    bool is_current;  // it is made as new pods are
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"an older release", kSpec, "0.9", true, older + by_hand},
      {"and an older injection", kSpec, "0.9", false, "(also RestartRequired) " + older + by_hand},
      {"the operator replaces no pods that are as new ones are", kRestarting, "0.9", true,
       older + by_hand},
      {"and the others", kRestarting, "0.9", false,
       "(also RestartRequired) " + older + "they are replaced one at a time"},
      {"the operator's own release, where a restart changes nothing", kSpec, "1.0", true,
       "sidecars of release 1.0" + kept +
           "what they refuse, such as a Secret's key that is not there, says: kubectl -n ns logs a "
           "-c penstock-sidecar"},
      {"and where it may", kSpec, "1.0", false,
       "(also RestartRequired) sidecars of release 1.0 keep the last good version: a; made with an "
       "older injection, they may lack a Secret that is new: " +
           by_hand},
  };
  for (const Row& row : rows) {
    World seen = world(policy("p", row.spec));
    const std::string injection = decide(seen, {.version = "1.0"}).status.injection->hash;
    const Pod refusing = pod("a", "p", row.is_current ? injection : "older");
    seen.pods = {std::make_shared<const Pod>(refusing)};
    seen.reports = {
        {"ns/a", {.reachable = true, .hash = "older", .version = row.release, .refuses = true}}};
    EXPECT_EQ(message(seen, "Degraded"), row.expected) << row.name;
  }
}

// The setting may have changed since a pod was made; new pods follow it.
TEST(NetworkPolicyAdviceTest, EveryPortIsOpenedWhereAPodIsAsked) {
  World seen = world(policy("p", kSpec));
  for (const int port : {9'020, 0}) {
    Pod one = pod("a" + std::to_string(port), "p", "older");
    one.status_port = port;
    seen.reports["ns/" + one.meta.name] = {};
    seen.pods.push_back(std::make_shared<const Pod>(std::move(one)));
  }
  const std::string said = message(seen, "Degraded");
  EXPECT_NE(said.find("no answer from port 9020 of a9020, a0"), std::string::npos) << said;
  EXPECT_NE(said.find(R"("ports":[{"port":15820},{"port":9020},{"port":8000}])"), std::string::npos)
      << said;
}

}  // namespace
}  // namespace penstock::reconcile
