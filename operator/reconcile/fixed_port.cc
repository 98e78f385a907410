#include "operator/reconcile/fixed_port.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "lib/api/port_words.h"
#include "operator/reconcile/command_line.h"

namespace penstock::reconcile {
namespace {

bool is_of_host(const Container& container, std::uint16_t port) {
  return std::ranges::any_of(container.ports, [port](const Port& declared) {
    return declared.number == port && declared.of_host;
  });
}

bool has_longer_words(const Container& container, const EngineShape& shape,
                      const std::string& port) {
  const api::PortFlag flag{.name = shape.flag, .alias = shape.flag_alias};
  return std::ranges::any_of(words_of(container), [&](const std::string& word) {
    return api::names_longer_words(word, flag, port);
  });
}

// Nothing says a port, so it is the engine's default, and it is to be told another.
std::optional<FixedPort> untold(const Container& container, const EngineShape& shape) {
  const bool runs_script = api::runs_script(words_of(container));
  // Arguments take the place of the image's own, so none are given to one that has none.
  const bool takes_more = !container.args.empty() || container.command.size() > 1;
  if (!shape.env.empty() || (!runs_script && takes_more)) {
    return std::nullopt;
  }
  const std::string& of = container.name;
  return FixedPort{"PortUnread",
                   runs_script ? "the script of container " + of + " does not give " + shape.flag +
                                     "; write it there, with the port"
                               : "container " + of +
                                     " has no args, so nothing tells whether its image gives " +
                                     shape.flag + "; write it into args, with the port"};
}

// Whether `part` ends in the program: "/bin/sleep", "'sleep".
bool is_sleep(std::string_view part) {
  return part.substr(part.find_last_of("/;&|('\"`") + 1) == "sleep";  // npos + 1 is 0
}

// What follows the seconds of `sleep`, "2" of "2;</dev/tcp/127.0.0.1/8000".
std::string_view behind_seconds(std::string_view part) {
  return part.substr(std::min(part.find_first_of(";&|)<>"), part.size()));
}

// For how many seconds `sleep` waits is no port.
bool ask_port(const std::vector<std::string>& words, const std::string& port) {
  bool are_seconds = false;
  for (const std::string& word : words) {
    std::istringstream parts(word);
    for (std::string part; parts >> part; are_seconds = is_sleep(part)) {
      if (api::holds_number(are_seconds ? behind_seconds(part) : part, port)) {
        return true;
      }
    }
  }
  return false;
}

// Inside the pod as well, the sidecar has the port: such a command would ask that for the engine.
std::optional<FixedPort> asked_by_command(const Container& container, const std::string& port) {
  return ask_port(container.probe_words, port)
             ? std::optional(FixedPort{
                   "PortInCommand", "a command of a probe or hook of container " + container.name +
                                        " names port " + port +
                                        ", where it would meet the sidecar; make it an httpGet "
                                        "or tcpSocket, which follow the engine"})
             : std::nullopt;
}

}  // namespace

std::optional<FixedPort> fixed_port(const Container& container, const EngineShape& shape,
                                    const Said& said) {
  const std::string port = std::to_string(shape.port);
  if (is_of_host(container, shape.port)) {
    return FixedPort{kHostPort, "container " + container.name + " has port " + port +
                                    " of the node (hostPort), where another pod may have the one "
                                    "that it would go to; drop hostPort"};
  }
  if (said.ports.contains(shape.port)) {
    if (has_longer_words(container, shape, port)) {
      return FixedPort{"PortUnread", "container " + container.name + " gives " + port +
                                         " as part of longer words, too, which would change with "
                                         "it; write flag and port as words of their own"};
    }
  } else if (!said.by.empty()) {
    return FixedPort{"PortUnread", said.by + " of container " + container.name +
                                       " does not say that its port is " + port +
                                       "; write that number there"};
  } else if (shape.flag.empty() && shape.env.empty()) {
    return std::nullopt;
  } else if (std::optional<FixedPort> fixed = untold(container, shape)) {
    return fixed;
  }
  return asked_by_command(container, port);
}

}  // namespace penstock::reconcile
