#include "operator/reconcile/interception.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/operator/reconcile/worlds.h"

namespace penstock::reconcile {
namespace {

struct Case {
  std::string name;
  std::string interception;  // of the policy
  std::vector<Ptr<Workload>> workloads;
  std::vector<Ptr<Service>> services;
  std::string expected;  // "Mode container from to bind flag env", or "Reason: part of the message"
};

std::string describe(const InterceptionFinding& finding) {
  if (!finding.choice) {
    return finding.reason + ": " + finding.message;
  }
  if (finding.choice->environment) {
    return std::string(json::name_of(finding.choice->mode)) + " " +
           finding.choice->to.providers->openai;
  }
  if (finding.choice->mode == api::InterceptionMode::kRedirect) {
    return "Redirect " + finding.choice->redirects + " " +
           std::to_string(finding.choice->to.engine_port.value());
  }
  const api::PortSwapStatus& ports = finding.choice->ports.value();
  return std::string(json::name_of(finding.choice->mode)) + " " + ports.container + " " +
         std::to_string(ports.from) + " " + std::to_string(ports.to) + " " +
         std::to_string(ports.bind) + " " + ports.flag + " " + ports.env;
}

void expect(const std::vector<Case>& cases, const std::string& pod_security = "") {
  for (const Case& row : cases) {
    World seen = world(policy(
        "p", "{selector: {matchLabels: {app: llm}}, interception: " + row.interception + "}"));
    seen.workloads = row.workloads;
    seen.services = row.services;
    seen.pod_security = pod_security;
    const std::string found = describe(choose_interception(seen, {}));
    EXPECT_EQ(found.substr(0, row.expected.size()), row.expected) << row.name;
  }
}

TEST(InterceptionTest, ChoosesByWorkloadsAndServicesAndRefusesWhatIsNotCertain) {
  const auto engine = workload("engine", kVllm);
  const auto other = workload("other", "[{name: vllm, image: vllm, args: [--port=9000]}]");
  const auto odd =
      workload("odd", "[{name: e, image: mine, ports: [{name: http, containerPort: 7000}]}]");
  const auto crowded = workload(
      "crowded",
      "[{name: vllm, image: vllm, args: [m], ports: [{containerPort: 8000}]}, {name: x, image: y, "
      "ports: [{containerPort: 18000}, {containerPort: 18001}]}]");
  const auto high = workload("high", "[{name: vllm, image: vllm, args: [--port=60000]}]");
  const auto client =
      workload("client", "[{name: app, image: app, env: [{name: OPENAI_API_KEY}]}]");
  const std::vector<Case> cases = {
      {"a known engine moves", "{}", {engine}, {}, "PortSwap vllm 8000 18000 8000 --port "},
      {"a Service by number does not matter to it",
       "{}",
       {engine},
       {service("s", "8000")},
       "PortSwap vllm 8000 18000 8000 --port "},
      {"to a port that nobody has", "{}", {crowded}, {}, "PortSwap vllm 8000 18002 8000 --port "},
      {"downwards near the end of the range",
       "{}",
       {high},
       {},
       "PortSwap vllm 60000 50000 60000 --port "},
      {"an unknown engine behind its port's name",
       "{}",
       {odd},
       {service("s", "http")},
       "NamedPort e 7000 7000 15801  "},
      {"an unknown engine behind its port's number",
       "{}",
       {odd},
       {service("s", "7000")},
       "EngineUnknown: Deployment odd: nothing tells how container e takes its port"},
      {"an unknown engine without a Service", "{}", {odd}, {}, "EngineUnknown: "},
      {"PortSwap of an unknown engine",
       "{mode: PortSwap}",
       {odd},
       {service("s", "http")},
       "EngineUnknown: "},
      {"an engine that the policy explains",
       "{engine: {flag: --listen}}",
       {workload("odd", "[{name: e, image: mine, args: [m], ports: [{containerPort: 7000}]}]")},
       {},
       "PortSwap e 7000 17000 7000 --listen "},
      {"NamedPort of a known engine",
       "{mode: NamedPort}",
       {engine},
       {service("s", "http")},
       "NamedPort vllm 8000 8000 15801  "},
      {"NamedPort past which a Service goes",
       "{mode: NamedPort}",
       {engine},
       {service("named", "http"), service("numbered", "8000")},
       "ServiceByNumber: Deployment engine: Service numbered sends to port 8000 by its number"},
      {"NamedPort without a Service",
       "{mode: NamedPort}",
       {engine},
       {},
       "ServiceByNumber: Deployment engine: NamedPort needs a Service whose targetPort is http"},
      {"NamedPort without a name", "{mode: NamedPort}", {other}, {}, "PortHasNoName: "},
      {"workloads of one shape",
       "{}",
       {engine, workload("second", kVllm)},
       {},
       "PortSwap vllm 8000 18000 8000 --port "},
      {"workloads of several shapes",
       "{}",
       {engine, other},
       {},
       "SeveralShapes: Deployment engine and Deployment other would be intercepted differently"},
      {"the host's network",
       "{}",
       {workload("h", kVllm, ", hostNetwork: true")},
       {},
       "HostNetwork: what carries the selected labels gets no sidecar from this policy: Deployment "
       "h (the host's network)"},
      {"nothing to look at", "{}", {}, {}, "NoWorkload: "},
      {"nothing to look at, but told",
       "{engine: {port: 8000, env: PORT}}",
       {},
       {},
       "PortSwap  8000 18000 8000  PORT"},
      {"nothing to look at, and Redirect wants to see",
       "{mode: Redirect, engine: {port: 8000, env: PORT}}",
       {},
       {},
       "NoWorkload: "},
  };
  expect(cases);
}

TEST(InterceptionTest, NobodyGetsAPortThatAnotherHas) {
  const auto moves = [](const std::string& port) {
    return workload("e", "[{name: vllm, image: vllm, args: [--port=" + port + "]}]");
  };
  const auto declares = [](const std::string& port) {
    return workload(
        "e",
        "[{name: vllm, image: vllm, args: [m]}, {name: other, image: x, ports: [{containerPort: " +
            port + "}]}]");
  };
  const auto odd =
      workload("odd", "[{name: e, image: mine, ports: [{name: http, containerPort: 15801}]}]");
  const auto client = workload(
      "c", "[{name: app, env: [{name: OPENAI_API_KEY}], ports: [{containerPort: 15801}]}]");
  expect({
      {"of a container that runs before it",
       "{}",
       {workload("e", kVllm, ", initContainers: [{name: i, ports: [{containerPort: 18000}]}]")},
       {},
       "PortSwap vllm 8000 18001 8000 "},
      {"nor the sidecar's", "{}", {moves("5820")}, {}, "PortSwap vllm 5820 15822 5820 "},
      {"one that leaves the range at its end",
       "{}",
       {workload("e",
                 "[{name: vllm, image: vllm, args: [--port=55535], ports: [{containerPort: "
                 "65535}]}]")},
       {},
       "PortSwap vllm 55535 1024 55535 "},
      {"the engine has the sidecar's status port",
       "{}",
       {moves("15820")},
       {},
       "PortTaken: Deployment e: port 15820 is the sidecar's own (status), and container vllm has "
       "it; give that another, or the sidecar: sidecar.statusPort of the chart"},
      {"or its admin port",
       "{}",
       {moves("15821")},
       {},
       "PortTaken: Deployment e: port 15821 is the sidecar's own (admin), and container vllm has "
       "it; give that another"},
      {"or another container has", "{}", {declares("15821")}, {}, "PortTaken: "},
      {"where the sidecar takes the engine's port, its own is free",
       "{}",
       {moves("15801")},
       {},
       "PortSwap vllm 15801 25801 15801 "},
      {"where it does not, its own is needed", "{}", {odd}, {service("s", "http")}, "PortTaken: "},
      {"by a client's, too", "{}", {client}, {}, "PortTaken: Deployment c: port 15801"},
      {"before there is a workload",
       "{engine: {port: 15820, env: PORT}}",
       {},
       {},
       "PortTaken: port 15820 is the sidecar's own (status), and the engine has it"},
  });
  expect({{"where rules lead to it", "{mode: Redirect}", {moves("15801")}, {}, "PortTaken: "}},
         "privileged");
}

TEST(InterceptionTest, ClientsAreWhoSaysSoAndNeedNoEngine) {
  const auto engine = workload("engine", kVllm);
  const auto client =
      workload("client", "[{name: app, image: app, env: [{name: OPENAI_API_KEY}]}]");
  expect({
      {"a client", "{}", {client}, {}, "Environment https://api.openai.com:443/v1"},
      {"a client that the policy takes for an engine",
       "{mode: PortSwap}",
       {client},
       {},
       "EngineNotFound: Deployment client: container app tells no port"},
      {"an engine that calls others",
       "{}",
       {workload("engine",
                 "[{name: vllm, image: vllm, args: [m], env: [{name: OPENAI_API_KEY}]}]")},
       {},
       "PortSwap vllm 8000 18000 8000 --port "},
      {"a client whose option names an engine's Service",
       "{}",
       {workload(
           "c",
           "[{name: app, image: 'myapp:1', args: [--upstream, 'http://vllm.default:8000/v1'], "
           "env: [{name: OPENAI_API_KEY}], ports: [{containerPort: 3000}]}]")},
       {},
       "Environment https://api.openai.com:443/v1"},
      {"the same, without a port",
       "{}",
       {workload("c",
                 "[{name: app, image: 'myapp:1', args: [--upstream, 'http://sglang-svc/v1'], env: "
                 "[{name: OPENAI_API_KEY}]}]")},
       {},
       "Environment https://api.openai.com:443/v1"},
      {"a client beside an engine: the engine's clients are served",
       "{}",
       {workload("both",
                 "[{name: app, image: app, env: [{name: OPENAI_API_KEY}]}, {name: vllm, image: "
                 "vllm/vllm-openai, args: [m]}]")},
       {},
       "PortSwap vllm 8000 18000 8000 --port "},
      {"an engine that the policy takes for a client",
       "{mode: Environment}",
       {engine},
       {},
       "Environment https://api.openai.com:443/v1"},
      {"an engine and a client", "{}", {engine, client}, {}, "SeveralShapes: "},
      {"a client of a gateway",
       "{mode: Environment}",
       {workload("c", "[{name: a, env: [{name: OPENAI_BASE_URL, value: 'http://gw:80/v1'}]}]")},
       {},
       "Environment http://gw:80/v1"},
      {"a client out of sight",
       "{mode: Environment}",
       {workload("c", "[{name: a, envFrom: [{secretRef: {name: s}}]}]")},
       {},
       "EnvFrom: Deployment c: container a takes variables from envFrom"},
      {"the same, but told to",
       "{mode: Environment, environment: {override: true}}",
       {workload("c", "[{name: a, envFrom: [{secretRef: {name: s}}]}]")},
       {},
       "Environment https://api.openai.com:443/v1"},
      {"clients before there are any", "{mode: Environment}", {}, {}, "Environment https://"},
  });
}

TEST(InterceptionTest, WhatOnlyEmbedsOrCallsAnEngineIsNotMoved) {
  const auto triton = [](const std::string& tag) {
    return workload("t", "[{name: t, image: 'nvcr.io/nvidia/tritonserver:24.10-" + tag +
                             "-python-py3', args: [--model-repository=/m], ports: "
                             "[{containerPort: 8000}]}]");
  };
  const std::string unknown =
      "EngineUnknown: Deployment t: nothing tells how container t takes its port; set "
      "spec.interception.engine.flag or .env";
  expect({
      {"Triton with TensorRT-LLM", "{}", {triton("trtllm")}, {}, unknown},
      {"Triton with vLLM", "{}", {triton("vllm")}, {}, unknown},
      {"a server with a backend",
       "{}",
       {workload("t",
                 "[{name: t, image: kserve/huggingfaceserver, args: [--backend=vllm], ports: "
                 "[{containerPort: 8080}]}]")},
       {},
       unknown},
      {"a gateway to Ollama",
       "{}",
       {workload("t",
                 "[{name: t, image: g, command: [litellm, --model, ollama/llama3], ports: "
                 "[{containerPort: 4000}]}]")},
       {},
       unknown},
      {"Triton, explained",
       "{engine: {flag: --http-port}}",
       {triton("vllm")},
       {},
       "PortSwap t 8000 18000 8000 --http-port "},
  });
}

// Admission would refuse every pod, since nothing in it names the port that is to move.
TEST(InterceptionTest, AnEngineThatSaysAnotherPortIsNotMoved) {
  const auto vllm = [](const std::string& more) {
    return workload(
        "v", "[{name: v, image: vllm, ports: [{name: http, containerPort: 8000}], " + more + "}]");
  };
  const auto unread = vllm("args: [--port, $(HTTP)]");
  const auto ollama = workload(
      "o", "[{name: o, image: ollama/ollama, env: [{name: OLLAMA_HOST, value: '0.0.0.0'}]}]");
  expect({
      {"a flag that is not read",
       "{}",
       {unread},
       {},
       "PortUnread: Deployment v: --port of container v does not say that its port is 8000; write "
       "that number there, give its port a name"},
      {"it stays, where the port's name moves",
       "{}",
       {unread},
       {service("s", "http")},
       "NamedPort v 8000 8000 15801  "},
      {"another port than the policy's",
       "{engine: {port: 8000}}",
       {vllm("args: [--port=9000]")},
       {},
       "PortUnread: "},
      {"a variable that says another", "{engine: {port: 8080}}", {ollama}, {}, "PortUnread: "},
      {"a file says nothing that a flag does not override",
       "{}",
       {vllm("args: [--config, f]")},
       {},
       "PortSwap v 8000 18000 8000 --port "},
      {"nor does envFrom",
       "{}",
       {workload("t",
                 "[{name: t, image: text-generation-inference, envFrom: [{secretRef: {name: "
                 "s}}], ports: [{containerPort: 80}]}]")},
       {},
       "PortSwap t 80 10080 80 --port PORT"},
  });
}

TEST(InterceptionTest, AnEngineThatCannotBeToldAPortIsNotMoved) {
  const auto vllm = [](const std::string& more) {
    return workload(
        "v", "[{name: v, image: vllm, ports: [{name: http, containerPort: 8000" + more + "}]");
  };
  const auto script = vllm("}], command: [sh, -c], args: [vllm serve m]");
  const auto image_alone = vllm("}]");
  const auto of_host = vllm(", hostPort: 8000}], args: [m]");
  expect({
      {"a script without the flag",
       "{}",
       {script},
       {},
       "PortUnread: Deployment v: the script of container v does not give --port; write it there"},
      {"nothing to put the flag behind",
       "{}",
       {image_alone},
       {},
       "PortUnread: Deployment v: container v has no args"},
      {"it stays, where the port's name moves",
       "{}",
       {image_alone},
       {service("s", "http")},
       "NamedPort v 8000 8000 15801  "},
      {"the node's port",
       "{}",
       {of_host},
       {service("s", "http")},
       "HostPort: Deployment v: container v has port 8000 of the node (hostPort), where another "
       "pod "
       "may have the one that it would go to; drop hostPort, or use mode Redirect"},
      {"the node's port, by name",
       "{mode: NamedPort}",
       {of_host},
       {service("s", "http")},
       "HostPort: "},
  });
  expect({{"rules lead there whatever the engine is told", "{}", {of_host}, {}, "Redirect v 8000"}},
         "privileged");
}

// The sidecar has the number inside the pod, too: ready before the engine, and behind client keys
// never.
TEST(InterceptionTest, AnEngineWhoseProbesOrHooksNameThePortInACommandIsNotMoved) {
  const auto vllm = [](const std::string& more) {
    return workload("v",
                    "[{name: v, image: vllm, args: [--port, \"8000\"], ports: [{name: http, "
                    "containerPort: 8000}], " +
                        more + "}]");
  };
  const auto probed = [&vllm](const std::string& words) {
    return vllm("readinessProbe: {exec: {command: [" + words + "]}}");
  };
  const auto curl = probed("curl, -fsS, \"http://127.0.0.1:8000/health\"");
  const std::string moved = "PortSwap v 8000 18000 8000 --port ";
  const std::string refused =
      "PortInCommand: Deployment v: a command of a probe or hook of container v names port 8000";
  std::vector<Case> cases = {
      {"a URL", "{mode: PortSwap}", {curl}, {}, refused},
      {"a script", "{mode: PortSwap}", {probed("sh, -c, nc -z localhost 8000")}, {}, refused},
      {"a word", "{mode: PortSwap}", {probed("nc, -z, localhost, \"8000\"")}, {}, refused},
      {"it stays, where the port's name moves",
       "{}",
       {curl},
       {service("s", "http")},
       "NamedPort v 8000 8000 15801  "},
      {"it stays, where rules may lead", "{}", {curl}, {}, "Redirect v 8000"},
      {"a longer number", "{}", {probed("sh, -c, nc -z localhost 80001")}, {}, moved},
      {"part of a word", "{}", {probed("check, /models/m8000")}, {}, moved},
      {"another port", "{}", {probed("nc, -z, localhost, \"9000\"")}, {}, moved},
      {"seconds", "{}", {probed("/bin/sleep, \"8000\"")}, {}, moved},
      {"a port against seconds",
       "{mode: PortSwap}",
       {probed("bash, -c, 'sleep 2;</dev/tcp/127.0.0.1/8000'")},
       {},
       refused},
      {"seconds of a script", "{}", {probed("sh, -c, 'true;sleep 8000; true'")}, {}, moved},
      {"a port behind seconds",
       "{mode: PortSwap}",
       {probed("sh, -c, 'sleep 8000; nc -z localhost 8000'")},
       {},
       refused},
  };
  for (const char* place : {"startupProbe: {", "livenessProbe: {", "lifecycle: {postStart: {",
                            "lifecycle: {preStop: {"}) {
    const bool is_hook = std::string_view(place).starts_with("lifecycle");
    cases.push_back({place,
                     "{mode: PortSwap}",
                     {vllm(std::string(place) + "exec: {command: [wait-for, \":8000\"]}}" +
                           (is_hook ? "}" : ""))},
                     {},
                     refused});
  }
  expect(cases, "privileged");
}

// It would move, and nobody could speak with it.
TEST(InterceptionTest, AnEngineThatServesTlsItselfIsRefusedInEveryMode) {
  const auto vllm = [](const std::string& more) {
    return workload("engine",
                    "[{name: vllm, image: vllm/vllm-openai, ports: [{name: http, "
                    "containerPort: 8000}], " +
                        more + "}]");
  };
  const auto with_args = [&vllm](const std::string& args) {
    return vllm("args: [--port, \"8000\", " + args + "]");
  };
  const auto probed = [&vllm](const std::string& probe) {
    return vllm("args: [--port, \"8000\"], readinessProbe: {httpGet: {path: /health, " + probe +
                "}}");
  };
  const auto key = with_args("--ssl-keyfile, /k, --ssl-certfile, /c");
  const auto named = service("s", "http");
  const std::string refused = "EngineTls: Deployment engine: container vllm serves TLS itself (";
  std::vector<Case> cases = {
      {"an option", "{}", {key}, {}, refused + "--ssl-keyfile), "},
      {"one word", "{}", {with_args("--ssl-certfile=/c")}, {}, refused + "--ssl-certfile), "},
      {"in a script",
       "{}",
       {vllm("command: [sh, -c, \"vllm serve m --port 8000 --ssl-keyfile /k\"]")},
       {},
       refused + "--ssl-keyfile), "},
      {"SGLang",
       "{}",
       {workload("engine", "[{name: vllm, image: lmsysorg/sglang, args: [--ssl-keyfile, /k]}]")},
       {},
       refused + "--ssl-keyfile), "},
      {"llama.cpp",
       "{}",
       {workload("engine",
                 "[{name: vllm, image: \"ggml-org/llama.cpp:server\", args: "
                 "[--ssl-cert-file=/c, --ssl-key-file=/k]}]")},
       {},
       refused + "--ssl-key-file), "},
      {"llama.cpp by a variable",
       "{}",
       {workload("engine",
                 "[{name: vllm, image: \"ggml-org/llama.cpp:server\", env: [{name: "
                 "LLAMA_ARG_SSL_KEY_FILE, value: /k}]}]")},
       {},
       refused + "LLAMA_ARG_SSL_KEY_FILE), "},
      {"a variable whose value is elsewhere",
       "{}",
       {vllm("args: [m], env: [{name: LLAMA_ARG_SSL_CERT_FILE, valueFrom: {fieldRef: {fieldPath: "
             "metadata.name}}}]")},
       {},
       refused + "LLAMA_ARG_SSL_CERT_FILE), "},
      {"an engine that the policy describes",
       "{engine: {port: 7000, flag: -p}}",
       {workload("engine", "[{name: vllm, image: mine, args: [-p, \"7000\", --ssl-keyfile, /k]}]")},
       {},
       refused + "--ssl-keyfile), "},
      {"a probe by the port's number",
       "{}",
       {probed("scheme: HTTPS, port: 8000")},
       {},
       refused + "a probe of scheme HTTPS), "},
      {"a probe by the port's name",
       "{}",
       {probed("scheme: HTTPS, port: http")},
       {},
       refused + "a probe of scheme HTTPS), "},
      {"a probe of another port",
       "{}",
       {probed("scheme: HTTPS, port: 9443")},
       {},
       "PortSwap vllm 8000 18000 8000 --port "},
      {"a plain probe", "{}", {probed("port: http")}, {}, "PortSwap vllm 8000 18000 8000 --port "},
      {"the value of another option",
       "{}",
       {with_args("--name=--ssl-keyfile")},
       {},
       "PortSwap vllm 8000 18000 8000 --port "},
      {"a client, whose calls go out",
       "{mode: Environment}",
       {key},
       {},
       "Environment https://api.openai.com"},
  };
  for (const char* mode : {"PortSwap", "NamedPort", "Redirect"}) {
    cases.push_back({mode, "{mode: " + std::string(mode) + "}", {key}, {named}, refused});
  }
  expect(cases, "privileged");
}

// Its probes would pass, and so would the proof of traffic, while every call of the sidecar failed.
TEST(InterceptionTest, AnEngineThatListensWhereTheSidecarDoesNotCallIsRefusedInEveryMode) {
  const auto vllm = [](const std::string& host) {
    return workload("engine", "[{name: vllm, image: vllm, args: [--port, \"8000\", --host, " +
                                  host + "], ports: [{name: http, containerPort: 8000}]}]");
  };
  std::vector<Case> cases = {
      {"every address", "{}", {vllm("0.0.0.0")}, {}, "PortSwap vllm 8000 18000 8000 --port "},
      {"clients, whose calls go out",
       "{mode: Environment}",
       {vllm("10.0.0.1")},
       {},
       "Environment https://api.openai.com"},
  };
  for (const char* mode : {"Auto", "PortSwap", "NamedPort", "Redirect"}) {
    cases.push_back({mode,
                     "{mode: " + std::string(mode) + "}",
                     {vllm("10.0.0.1")},
                     {service("s", "http")},
                     "EngineAddress: Deployment engine: container vllm says by --host on which "});
  }
  expect(cases, "privileged");
}

TEST(InterceptionTest, AnyOfTheNamesOfAPortLeadsToTheSidecar) {
  const auto two =
      workload("o",
               "[{name: e, image: mine, ports: [{name: http, containerPort: 7000}, {name: metrics, "
               "containerPort: 7000}]}]");
  expect({
      {"the first", "{}", {two}, {service("s", "http")}, "NamedPort e 7000 7000 15801  "},
      {"the second", "{}", {two}, {service("s", "metrics")}, "NamedPort e 7000 7000 15801  "},
      {"none", "{}", {two}, {service("s", "other")}, "EngineUnknown: "},
  });
}

TEST(InterceptionTest, OtherSpellingsOfTheFlagGoAlong) {
  const auto alias = [](const std::string& interception, const std::string& container) {
    World seen = world(
        policy("p", "{selector: {matchLabels: {app: llm}}, interception: " + interception + "}"));
    seen.workloads = {workload("e", "[" + container + "]")};
    return choose_interception(seen, {}).choice.value().ports.value().flag_alias;
  };
  const std::string tgi =
      "{name: e, image: huggingface/text-generation-inference, args: [-p, '81']}";
  EXPECT_EQ(alias("{}", tgi), "-p");
  EXPECT_EQ(alias("{}", "{name: e, image: vllm, args: [m]}"), "");
  EXPECT_EQ(alias("{engine: {flag: -l, port: 81}}", "{name: e, image: mine, args: [m]}"), "-l")
      << "a short flag's value may be in the same word";
}

TEST(InterceptionTest, RedirectWhereTheNamespaceAdmitsIt) {
  const auto engine = workload("engine", kVllm);
  const auto odd =
      workload("odd", "[{name: e, image: mine, ports: [{name: http, containerPort: 7000}]}]");
  const Case wanted{"wanted", "{mode: Redirect}", {engine}, {}, "Redirect vllm 8000"};
  const Case unknown{"nothing else is possible", "{}", {odd}, {}, "Redirect e 7000"};
  expect({wanted, unknown, {"a known engine moves", "{}", {engine}, {}, "PortSwap vllm 8000"}},
         "privileged");
  expect({wanted, {"unasked only where it is said", "{}", {odd}, {}, "EngineUnknown: "}});
  for (const char* level : {"baseline", "restricted"}) {
    expect(
        {{"refused", "{mode: Redirect}", {engine}, {}, "PodSecurity: Deployment engine: Redirect"},
         {"not chosen", "{}", {odd}, {}, "EngineUnknown: "}},
        level);
  }
}

TEST(InterceptionTest, AnEnginesOwnPreStopOfAnyWorkloadIsSeen) {
  World seen = world(policy("p", "{selector: {matchLabels: {app: llm}}}"));
  seen.workloads = {
      workload("a", kVllm),
      workload("b",
               "[{name: vllm, image: 'vllm/vllm-openai:v0.9', args: [m], lifecycle: {preStop: "
               "{exec: {}}}}]")};
  const InterceptionFinding finding = choose_interception(seen, {});
  ASSERT_TRUE(finding.choice) << finding.message;
  EXPECT_TRUE(finding.choice->engine_has_pre_stop);
}

}  // namespace
}  // namespace penstock::reconcile
