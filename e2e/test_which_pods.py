"""Which pods get the sidecar, by either injector: selectors, whose policy wins, and what is never touched."""

import itertools
import time

import pytest
from dry_run import LABELS, client_pod, engine_pod, made, with_injection, write_injection
from installation import EXCLUDED, SYSTEM, make_namespace, policy_document
from polling import wait_until
from spaces import POLICIES, Namespace, deployment

CONTAINER = {"name": "penstock-sidecar", "image": "sidecar", "restartPolicy": "Always", "ports": []}
ENGINE = {"engine": {"port": 8000, "flag": "--port"}}
_numbers = itertools.count(1)


@pytest.fixture(params=["admission policy", "webhook"])
def injecting(request):
    """A cluster with its operator, for each of the two that may put sidecars into pods."""
    if request.param == "webhook":
        return request.getfixturevalue("hooked").cluster
    request.getfixturevalue("running_operator")
    return request.getfixturevalue("admission")


@pytest.fixture
def space(injecting) -> Namespace:
    return Namespace(injecting, make_namespace(injecting, f"which{next(_numbers)}"))


def labelled(labels: dict, **spec) -> dict:
    pod = engine_pod({"args": ["--port", "8000"]}, **spec)
    return {**pod, "metadata": {**pod["metadata"], "labels": labels}}


def owner(cluster, namespace: str, pod: dict) -> str | None:
    """The policy whose sidecar a pod would get."""
    status, answer = made(cluster, namespace, pod)
    assert status == 201, answer
    sidecars = [one["name"] for one in answer["spec"].get("initContainers", [])].count("penstock-sidecar")
    noted = answer["metadata"].get("annotations", {}).get("penstock.dev/policy")
    assert sidecars == (noted is not None)
    return noted


def test_of_two_policies_the_older_has_the_pods_of_both(space):
    first = policy_document("zz-first", {"app": "llm"}, interception=ENGINE)
    space.apply(first)
    space.await_condition("zz-first", "Accepted", "True")
    # Creation times have seconds; the second policy must be younger by its time, since by its name it comes first.
    created = space.policy("zz-first")["metadata"]["creationTimestamp"]
    wait_until(lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) > created, "the next second")
    space.apply(policy_document("another", {"tier": "web"}, interception=ENGINE))
    wait_until(lambda: space.policy("another")["status"].get("injection"), "its injection")

    def owner_of(labels: dict) -> str | None:
        return owner(space.cluster, space.name, labelled(labels))

    wait_until(lambda: owner_of({"tier": "web"}) == "another", "the younger one's own pods")
    assert owner_of({"app": "llm"}) == "zz-first"
    assert owner_of({"app": "llm", "tier": "web"}) == "zz-first"
    space.cluster.kubectl("-n", space.name, "delete", "opol", "zz-first")
    wait_until(lambda: owner_of({"app": "llm", "tier": "web"}) == "another", "the younger one's turn")
    assert owner_of({"app": "llm"}) is None


# operator, values -> what of these labels it takes
EXPRESSIONS = {
    "In": (["a", "b"], [({"color": "a"}, True), ({"color": "b"}, True), ({"color": "c"}, False), ({}, False)]),
    "NotIn": (["a", "b"], [({"color": "c"}, True), ({}, True), ({"color": "a"}, False), ({"color": "b"}, False)]),
    "Exists": ([], [({"color": ""}, True), ({"color": "c"}, True), ({"other": "color"}, False), ({}, False)]),
    "DoesNotExist": ([], [({}, True), ({"other": "color"}, True), ({"color": ""}, False), ({"color": "c"}, False)]),
}


@pytest.mark.parametrize("operator", EXPRESSIONS)
@pytest.mark.parametrize("role", ["selects", "yields"])
def test_every_operator_of_an_expression(injecting, operator, role):
    """In the selector of a policy, and in that of an older one which has the pods that it takes."""
    values, cases = EXPRESSIONS[operator]
    expression = {"key": "color", "operator": operator, **({"values": values} if values else {})}
    selector = {"matchExpressions": [expression]}
    annotations = {"penstock.dev/policy": "mine"}
    name = make_namespace(injecting, f"{operator.lower()}-{role}-{next(_numbers)}")
    whole = {}
    if role == "selects":
        whole["selector"] = selector
    else:
        older = policy_document("a-first", {})
        injecting.api.create(POLICIES.format(name), {**older, "spec": {**older["spec"], "selector": selector}})
    write_injection(injecting, name, {"container": CONTAINER, "annotations": annotations, **whole})

    def takes(labels: dict) -> bool:
        return (owner(injecting, name, labelled({**LABELS, **labels})) == "mine") == (role == "selects")

    active = next(labels for labels, taken in cases if taken == (role == "selects"))
    wait_until(lambda: takes(active) == (role == "selects"), "injection")
    # Whom a policy yields to is the operator's word, which comes a moment later.
    wait_until(lambda: [takes(labels) for labels, _ in cases] == [taken for _, taken in cases], "whose pods they are")


def test_some_namespaces_are_never_touched(injecting):
    """Though they hold a policy with an injection; made before another whose pods are, so it is known as well."""
    never = ["kube-system", "kube-node-lease", SYSTEM, EXCLUDED]
    annotations = {"penstock.dev/policy": "mine"}
    injection = {"hash": "1", "selector": {"matchLabels": LABELS}, "container": CONTAINER, "annotations": annotations}
    made_here = make_namespace(injecting, EXCLUDED)
    try:
        for name in never:
            injecting.api.create(POLICIES.format(name), policy_document("mine", LABELS))
            injecting.api.merge(POLICIES.format(name) + "/mine/status", {"status": {"injection": injection}})
        other = with_injection(injecting, f"touched-{next(_numbers)}", injection)
        pod = labelled(LABELS)
        wait_until(lambda: owner(injecting, other, pod) == "mine", "injection")
        assert [owner(injecting, name, pod) for name in never] == [None] * len(never)
    finally:
        for name in never:
            injecting.api.delete(POLICIES.format(name) + "/mine")
        injecting.api.delete(f"/api/v1/namespaces/{made_here}")


@pytest.fixture
def policy(space) -> Namespace:
    """One that the operator itself has made ready."""
    space.apply(policy_document("chat", LABELS, interception=ENGINE))
    wait_until(lambda: owner(space.cluster, space.name, labelled(LABELS)) == "chat", "injection")
    return space


def test_pods_of_the_nodes_network_are_never_touched(policy):
    assert owner(policy.cluster, policy.name, labelled(LABELS, hostNetwork=True)) is None


def test_copies_of_static_pods_are_never_touched(policy):
    """Their kubelet runs what its file says, and the API server refuses a copy that refers to a ConfigMap."""
    copy = labelled(LABELS, nodeName="somewhere")
    copy["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "1"}
    assert owner(policy.cluster, policy.name, copy) is None


def test_pods_that_opt_out_are_never_touched(policy):
    pod = labelled(LABELS)
    for wish, wanted in (("false", None), ("true", "chat")):
        pod["metadata"]["annotations"] = {"penstock.dev/inject": wish}
        assert owner(policy.cluster, policy.name, pod) == wanted


def test_injecting_twice_is_injecting_once(policy):
    once = made(policy.cluster, policy.name, labelled(LABELS))[1]
    again = {
        "metadata": {name: once["metadata"][name] for name in ("name", "labels", "annotations")},
        "spec": once["spec"],
    }
    status, twice = made(policy.cluster, policy.name, again)
    assert status == 201, twice
    assert twice["spec"] == once["spec"]
    assert twice["metadata"]["annotations"] == once["metadata"]["annotations"]
    assert [one["name"] for one in twice["spec"]["initContainers"]] == ["penstock-sidecar"]


SAME = {"cpu": "2", "memory": "4Gi", "nvidia.com/gpu": "1"}


@pytest.mark.parametrize(
    ("quality", "resources"),
    [
        ("Guaranteed", {"requests": SAME, "limits": SAME}),
        ("Burstable", {"requests": {"cpu": "2"}, "limits": {"memory": "4Gi"}}),
    ],
)
def test_pods_keep_their_class(space, quality, resources):
    container = {"args": ["--port", "8000"], "resources": resources}
    space.apply(deployment("engine", LABELS, **container))
    space.apply(policy_document("chat", LABELS))
    pod = client_pod([{"name": "vllm", **container}])
    wait_until(lambda: owner(space.cluster, space.name, pod) == "chat", "injection")
    answer = made(space.cluster, space.name, pod)[1]
    assert answer["status"]["qosClass"] == quality
    sidecar = answer["spec"]["initContainers"][0]["resources"]
    assert ("cpu" in sidecar["limits"]) == (quality == "Guaranteed"), "else it could be held back"
    plain = {**pod, "metadata": {**pod["metadata"], "annotations": {"penstock.dev/inject": "false"}}}
    assert made(space.cluster, space.name, plain)[1]["status"]["qosClass"] == quality, "as without it"


def test_one_policy_serves_pods_of_every_class(space):
    """Its workloads may differ in theirs: each pod is given what keeps its own."""
    resources = {"Guaranteed": {"requests": SAME, "limits": SAME}, "Burstable": {"requests": {"cpu": "2"}}}
    pods = {name: client_pod([{"name": "vllm", "args": ["--port", "8000"], "resources": one}]) for name, one in resources.items()}
    for name, one in resources.items():
        space.apply(deployment(name.lower(), LABELS, args=["--port", "8000"], resources=one))
    space.apply(policy_document("chat", LABELS))
    for name, pod in pods.items():
        wait_until(lambda pod=pod: owner(space.cluster, space.name, pod) == "chat", "injection")
        answer = made(space.cluster, space.name, pod)[1]
        assert answer["status"]["qosClass"] == name
        sidecar = answer["spec"]["initContainers"][0]["resources"]
        assert ("cpu" in sidecar["limits"]) == (name == "Guaranteed")
