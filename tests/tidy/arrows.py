"""Which folder may include which: the one table, and the check of it against every #include line."""

import re

from source import Finding, Source

# Usable from everywhere, besides a folder's own files.
EVERYWHERE = ("lib/result", "lib/api")

# Single headers of plain data that everything in the sidecar may see, although their folder is not open to it.
OPEN_HEADERS = ("lib/resolve/resolved_policy.h", "lib/digest/digest.h", "operator/kube/object_meta.h", "operator/reconcile/node.h")

# folder -> folders whose headers it may include. A folder that is missing here is an error: decide its place first.
ARROWS: dict[str, tuple[str, ...]] = {
    "lib/result": (),
    "lib/clock": (),
    "lib/digest": (),
    "lib/gzip": (),
    "lib/json": (),
    "lib/random": (),
    "lib/sync": (),
    "lib/task": (),
    "lib/zoneinfo": (),
    "lib/api": ("lib/json",),
    "lib/net": ("lib/clock", "lib/sync", "lib/task"),
    "lib/resolve": ("lib/digest", "lib/json"),
    "lib/resources": ("lib/gzip", "lib/json"),
    "lib/signals": ("lib/json",),
    "lib/telemetry": ("lib/clock", "lib/sync"),
    # The sidecar. `domain` and `dialect` are pure.
    # `http1` is the sans-I/O codec: contexts carry parsed heads, so it lies below them.
    "sidecar/domain": ("lib/signals",),
    "sidecar/dialect": ("sidecar/domain", "lib/json"),
    "sidecar/http1": (),
    "sidecar/request": (
        "sidecar/domain",
        "sidecar/http1",
        "sidecar/dialect",
        "lib/clock",
        "lib/digest",
        "lib/random",
        "lib/signals",
        "lib/sync",
        "lib/task",
        "lib/telemetry",
    ),
    "sidecar/ports": ("sidecar/domain", "sidecar/request", "lib/task"),
    "sidecar/pipeline": ("sidecar/http1", "sidecar/request", "lib/task"),
    "sidecar/stages": (
        "sidecar/pipeline",
        "sidecar/ports",
        "sidecar/request",
        "sidecar/dialect",
        "sidecar/domain",
        "sidecar/http1",
        "lib/clock",
        "lib/digest",
        "lib/random",
        "lib/task",
        "lib/telemetry",
    ),
    "sidecar/http": (
        "sidecar/pipeline",
        "sidecar/request",
        "sidecar/dialect",
        "sidecar/domain",
        "sidecar/http1",
        "sidecar/ports",
        "lib/clock",
        "lib/net",
        "lib/sync",
        "lib/task",
    ),
    "sidecar/store": ("sidecar/ports", "sidecar/domain", "lib/digest", "lib/net", "lib/sync"),
    "sidecar/admin": ("sidecar/ports", "sidecar/request", "lib/json", "lib/signals", "lib/sync", "lib/telemetry"),
    # A program of its own, in the sidecar's image.
    "sidecar/redirect": (),
    "sidecar/app": ("sidecar/*", "lib/*"),
    "sidecar/main": ("sidecar/app",),
    # The operator. `autoscale`, `simulate`, `crd` and `reconcile` are pure.
    "operator/autoscale": ("lib/json", "lib/signals", "lib/zoneinfo"),
    "operator/simulate": ("operator/autoscale", "lib/json", "lib/random"),
    "operator/crd": ("lib/json",),
    "operator/reconcile": ("lib/gzip", "lib/json", "lib/resolve"),
    "operator/kube": ("lib/json", "lib/clock", "lib/net", "lib/sync"),
    "operator/collect": ("lib/clock", "lib/json", "lib/net", "lib/random", "lib/signals", "lib/sync", "lib/task"),
    "operator/webhook": ("operator/kube", "lib/clock", "lib/json", "lib/sync"),
    "operator/capacity": ("operator/kube", "lib/clock", "lib/json"),
    "operator/controllers": (
        "operator/autoscale",
        "operator/capacity",
        "operator/collect",
        "operator/reconcile",
        "operator/kube",
        "operator/webhook",
        "lib/json",
        "lib/clock",
        "lib/signals",
        "lib/sync",
        "lib/zoneinfo",
    ),
    "operator/app": ("operator/*", "lib/*"),
    "operator/main": ("operator/app",),
    # The demonstration: a program of its own beside the product, so it sees none of the product's insides.
    "deploy/demo": ("lib/*",),
    # Tests may look anywhere; nothing may look at them.
    "tests": ("lib/*", "sidecar/*", "operator/*", "deploy/*"),
}

# Folders of arithmetic and text: they take `now` and a seed, and see no I/O, clock, thread or randomness.
PURE = (
    "sidecar/domain",
    "sidecar/dialect",
    "lib/resolve",
    "lib/signals",
    "operator/autoscale",
    "operator/simulate",
    "operator/crd",
    "operator/reconcile",
)
IMPURE_HEADERS = re.compile(
    r"^(boost/asio.*|asio.*|hiredis/.*|openssl/.*|prometheus/.*|thread|condition_variable|future"
    r"|stop_token|random|sys/socket\.h|unistd\.h|netdb\.h|curl/.*)$"
)
IMPURE_CALLS = re.compile(r"::now\s*\(|\bgetenv\s*\(|\btime\s*\(\s*(?:nullptr|NULL|0)\s*\)|\brandom_device\b")

# Who may parse JSON with what: nlohmann for configuration and admin answers, simdjson for request bodies.
NLOHMANN_FILES = re.compile(r"^(lib/json/.*|lib/api/.*|lib/resolve/.*|lib/resources/.*|.*_json\.(h|cc)|tests/.*|deploy/.*)$")
SIMDJSON_FILES = re.compile(r"^(sidecar/dialect/.*|sidecar/domain/json_tree\.cc|operator/kube/list_page\.cc|tests/.*|deploy/.*)$")


def folder_of(path: str) -> str:
    """The row of ARROWS that a file belongs to ("sidecar/http"); "" for a path that has none."""
    parts = path.split("/")
    if parts[0] == "tests":
        return "tests"
    if path.endswith("/main.cc") and len(parts) == 2:
        return f"{parts[0]}/main"
    return "/".join(parts[:2]) if len(parts) >= 3 else ""


def allowed(folder: str, target: str) -> bool:
    if folder == target or target in EVERYWHERE:
        return True
    if target.endswith("/main"):
        return False
    return any(target == rule or (rule.endswith("/*") and target.startswith(rule[:-1])) for rule in ARROWS[folder])


def check_arrows(sources: list[Source]) -> list[Finding]:
    findings = []
    paths = {source.path for source in sources}
    for source in sources:
        if not source.is_cpp:
            continue
        folder = folder_of(source.path)
        if folder not in ARROWS:
            message = f"folder '{folder or source.path}' has no row in tests/tidy/arrows.py; give it its place first"
            findings.append(Finding(source.path, 1, "arrows", message))
            continue
        for line, target, quoted in source.includes():
            if not quoted:
                continue
            if target not in paths:
                message = f'"{target}" is no file of this tree; write the path from the repository root'
                findings.append(Finding(source.path, line, "arrows", message))
            elif target not in OPEN_HEADERS and not allowed(folder, folder_of(target)):
                message = f"{folder} may not include {folder_of(target)} ({target})"
                findings.append(Finding(source.path, line, "arrows", message))
    return findings


def check_pure(sources: list[Source]) -> list[Finding]:
    findings = []
    for source in sources:
        if not source.is_cpp or folder_of(source.path) not in PURE:
            continue
        for line, target, quoted in source.includes():
            if not quoted and IMPURE_HEADERS.match(target):
                findings.append(Finding(source.path, line, "pure", f"<{target}> in a pure folder"))
        for match in IMPURE_CALLS.finditer(source.code):
            message = f"'{match.group().strip()}' in a pure folder: take it as a parameter"
            findings.append(Finding(source.path, source.line_of(match.start()), "pure", message))
    return findings


def check_json_libraries(sources: list[Source]) -> list[Finding]:
    findings = []
    for source in sources:
        if not source.is_cpp:
            continue
        for line, target, _ in source.includes():
            if target.startswith("nlohmann/") and not NLOHMANN_FILES.match(source.path):
                message = "nlohmann belongs where resources are read (lib/json, api, resolve, resources) and in *_json.cc"
                findings.append(Finding(source.path, line, "json", message))
            if target.startswith("simdjson") and not SIMDJSON_FILES.match(source.path):
                message = "simdjson belongs in sidecar/dialect, the JSON tree and the operator's list pages"
                findings.append(Finding(source.path, line, "json", message))
    return findings


def check_cycles(sources: list[Source]) -> list[Finding]:
    """No cycle among files; none among folders either, which the arrows alone do not promise."""
    file_graph: dict[str, set[str]] = {}
    folder_graph: dict[str, set[str]] = {}
    for source in sources:
        if not source.is_cpp or source.is_test:
            continue
        targets = {target for _, target, quoted in source.includes() if quoted}
        file_graph[source.path] = targets
        own = folder_of(source.path)
        others = {folder_of(target) for target in targets if target not in OPEN_HEADERS} - {own}
        folder_graph.setdefault(own, set()).update(others)
    findings = []
    for graph in (file_graph, folder_graph):
        cycle = find_cycle(graph)
        if cycle:
            findings.append(Finding(cycle[0], 1, "cycle", " -> ".join(cycle)))
    return findings


def find_cycle(graph: dict[str, set[str]]) -> list[str]:
    """One cycle as a path that ends where it starts, or an empty list."""
    finished: set[str] = set()
    for root in sorted(graph):
        trail: list[str] = []
        on_trail: set[str] = set()
        stack = [(root, iter(sorted(graph[root])))] if root not in finished else []
        if stack:
            trail.append(root)
            on_trail.add(root)
        while stack:
            node, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                stack.pop()
                finished.add(node)
                on_trail.discard(trail.pop())
            elif target in on_trail:
                return trail[trail.index(target) :] + [target]
            elif target in graph and target not in finished:
                stack.append((target, iter(sorted(graph[target]))))
                trail.append(target)
                on_trail.add(target)
    return []
