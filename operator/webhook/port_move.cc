#include "operator/webhook/port_move.h"

#include <algorithm>
#include <string>
#include <vector>

#include "lib/api/pod_annotations.h"
#include "lib/api/port_words.h"
#include "lib/api/url.h"
#include "operator/kube/object_meta.h"
#include "operator/webhook/port_pointers.h"

namespace penstock::webhook {
namespace {

using api::PortSwapStatus;
using json::Value;
using kube::list_of;
using kube::member;
using kube::text_of;

std::vector<std::string> strings_of(const Value& object, const char* name) {
  std::vector<std::string> result;
  for (const Value& element : list_of(object, name)) {
    result.push_back(element.is_string() ? element.get<std::string>() : std::string());
  }
  return result;
}

bool declares(const Value& container, std::int64_t port) {
  return std::ranges::any_of(list_of(container, "ports"),
                             [port](const Value& declared) { return is_tcp_port(declared, port); });
}

enum class How : std::uint8_t { kNamed, kEdit, kAppend, kArgs, kEnv, kRefuse };

const char* name_of(How how) {
  switch (how) {
    case How::kNamed: return "named";
    case How::kEdit: return "edit";
    case How::kAppend: return "append";
    case How::kArgs: return "args";
    case How::kEnv: return "env";
    case How::kRefuse: break;
  }
  return "refuse";
}

class Move {
 public:
  Move(const Value& container, std::size_t index, const PortSwapStatus& swap)
      : container_(container),
        at_("/spec/containers/" + std::to_string(index)),
        swap_(swap),
        flag_{.name = swap.flag, .alias = swap.flag_alias},
        from_(std::to_string(swap.from)),
        to_(std::to_string(swap.to)),
        command_(strings_of(container, "command")),
        args_(strings_of(container, "args")),
        words_(command_),
        port_names_(names_of_port(container, swap.from)) {
    words_.insert(words_.end(), args_.begin(), args_.end());
    find_hits();
    how_ = choose();
  }

  // A port of the host is the node's: another pod may have the one that we would move to.
  [[nodiscard]] bool possible() const {
    return how_ != How::kRefuse &&
           std::ranges::none_of(list_of(container_, "ports"), [this](const Value& port) {
             return is_moved(port) && port.contains("hostPort");
           });
  }

  void write(Patch& patch) const {
    write_words("/args/", args_, arg_hits_, patch);
    write_words("/command/", command_, command_hits_, patch);
    switch (how_) {
      case How::kEdit:
        for (const std::size_t hit : env_hits_) {
          patch.replace(at_ + "/env/" + std::to_string(hit) + "/value", moved_value(hit));
        }
        break;
      case How::kAppend:
        patch.add(at_ + "/args/-", swap_.flag);
        patch.add(at_ + "/args/-", to_);
        break;
      case How::kArgs: patch.add(at_ + "/args", Value::array({swap_.flag, to_})); break;
      case How::kEnv:
        if (!container_.contains("env")) {
          patch.add(at_ + "/env", Value::array());
        }
        patch.add(at_ + "/env/-",
                  {{"name", swap_.env},
                   {"value", swap_.env_host.empty() ? to_ : swap_.env_host + ":" + to_}});
        break;
      case How::kNamed:
      case How::kRefuse: break;
    }
    move_pointers(container_, at_, swap_.from, swap_.to, patch);
    write_ports(patch);
    patch.add("/metadata/annotations/" + escaped_segment(api::pod_annotation::kPortSwap),
              text_of(container_, "name") + ":" + from_ + ":" + to_ + ":" + name_of(how_));
  }

 private:
  // "8000", or "0.0.0.0:8000" whose host stays; a host alone gains the port.
  [[nodiscard]] std::string moved_value(std::size_t hit) const {
    const std::string value = text_of(list_of(container_, "env")[hit], "value");
    if (api::is_host_alone(value)) {
      return value + ":" + to_;
    }
    return value.substr(0, value.size() - from_.size()) + to_;
  }

  [[nodiscard]] bool is_moved(const Value& port) const { return is_tcp_port(port, swap_.from); }

  // Which words give the flag `value`: "--port", "8000" as two words, or both in one.
  [[nodiscard]] std::vector<std::size_t> hits_of(const std::vector<std::string>& words,
                                                 const std::string& value) const {
    std::vector<std::size_t> hits;
    for (std::size_t i = 0; !swap_.flag.empty() && i < words.size(); ++i) {
      const bool alone = i > 0 && api::is_flag(words[i - 1], flag_) && words[i] == value;
      if (alone || api::names_port(words[i], flag_, value)) {
        hits.push_back(i);
      }
    }
    return hits;
  }

  // What else refers to a variable may mean anything by the same number.
  [[nodiscard]] bool is_value_of_flag(std::string_view variable) const {
    return std::ranges::any_of(api::references_to(variable), [this](const std::string& reference) {
      return !hits_of(command_, reference).empty() || !hits_of(args_, reference).empty();
    });
  }

  void find_hits() {
    arg_hits_ = hits_of(args_, from_);
    command_hits_ = hits_of(command_, from_);
    // A flag goes before the engine's own variable.
    const bool own_counts = !has_flag() || !arg_hits_.empty() || !command_hits_.empty();
    const Value& env = list_of(container_, "env");
    for (std::size_t i = 0; i < env.size(); ++i) {
      const std::string name = text_of(env[i], "name");
      const std::string value = text_of(env[i], "value");
      const bool host_port = !swap_.env_host.empty() && name == swap_.env &&
                             (value.ends_with(":" + from_) || api::is_host_alone(value));
      // The engine's own variable, or one that the command line gives the flag as its value.
      if (host_port ||
          (value == from_ && ((name == swap_.env && own_counts) || is_value_of_flag(name)))) {
        env_hits_.push_back(i);
      }
    }
  }

  // The command line gives the flag a value, this or another.
  [[nodiscard]] bool has_flag() const {
    return std::ranges::any_of(
        words_, [this](const std::string& word) { return api::holds_flag(word, flag_); });
  }

  // The flag or variable is there with another value: not the port that was meant.
  [[nodiscard]] bool has_other_value() const {
    const auto is_own = [this](const Value& variable) {
      return text_of(variable, "name") == swap_.env;
    };
    return has_flag() ||
           (!swap_.env.empty() && std::ranges::any_of(list_of(container_, "env"), is_own));
  }

  // A longer number after the flag, or a longer flag, beside the port itself: exchanging one would
  // change the other.
  [[nodiscard]] bool is_ambiguous() const {
    return std::ranges::any_of(words_, [this](const std::string& word) {
      return api::names_longer_words(word, flag_, from_);
    });
  }

  // Nothing found: the engine listens on its default, and is told another.
  [[nodiscard]] How choose() const {
    if (swap_.to == swap_.from) {
      const bool named =
          std::ranges::any_of(port_names_, [](const std::string& name) { return !name.empty(); });
      return named ? How::kNamed : How::kRefuse;
    }
    if (!arg_hits_.empty() || !command_hits_.empty() || !env_hits_.empty()) {
      return is_ambiguous() ? How::kRefuse : How::kEdit;
    }
    if (has_other_value()) {
      return How::kRefuse;
    }
    const bool shell = api::runs_script(words_);
    if (!swap_.flag.empty() && !shell && !args_.empty()) {
      return How::kAppend;
    }
    if (!swap_.flag.empty() && !shell && command_.size() > 1) {
      return How::kArgs;
    }
    return swap_.env.empty() ? How::kRefuse : How::kEnv;
  }

  void write_words(const char* part, const std::vector<std::string>& words,
                   const std::vector<std::size_t>& hits, Patch& patch) const {
    for (const std::size_t hit : hits) {
      patch.replace(at_ + part + std::to_string(hit),
                    api::with_port(words[hit], flag_, from_, to_));
    }
  }

  // The names of the port lead to the sidecar, and stay with the engine: before Kubernetes 1.33,
  // Services and some network plugins look for a port's name in regular containers alone.
  void write_ports(Patch& patch) const {
    patch.add("/spec/initContainers/0/ports/-", {{"containerPort", swap_.bind}});
    if (how_ != How::kNamed) {
      return;  // the number that they say is the sidecar's
    }
    const Value& ports = list_of(container_, "ports");
    for (std::size_t i = 0; i < ports.size(); ++i) {
      if (is_moved(ports[i]) && !text_of(ports[i], "name").empty()) {
        patch.replace(at_ + "/ports/" + std::to_string(i) + "/containerPort", swap_.bind);
      }
    }
    // Unless it is declared without a name already, the engine's own number would be lost.
    if (std::ranges::find(port_names_, "") == port_names_.end()) {
      patch.add(at_ + "/ports/-", {{"containerPort", swap_.from}});
    }
  }

  const Value& container_;
  const std::string at_;
  const PortSwapStatus& swap_;
  const api::PortFlag flag_;
  const std::string from_;
  const std::string to_;
  const std::vector<std::string> command_;
  const std::vector<std::string> args_;
  std::vector<std::string> words_;  // all of them
  std::vector<std::size_t> arg_hits_;
  std::vector<std::size_t> command_hits_;
  std::vector<std::size_t> env_hits_;
  const std::vector<std::string> port_names_;  // of the port that moves; may be empty strings
  How how_ = How::kRefuse;
};

// The sidecar is no root: on a low port it may listen where the pod says that anybody may on any,
// as some runtimes have it by themselves.
void open_low_port(const Value& spec, std::uint16_t bind, Patch& patch) {
  constexpr int kFirstOfAll = 1'024;
  constexpr const char* kSysctl = "net.ipv4.ip_unprivileged_port_start";
  const Value& sysctls = list_of(member(spec, "securityContext"), "sysctls");
  const bool is_said = std::ranges::any_of(
      sysctls, [](const Value& sysctl) { return text_of(sysctl, "name") == kSysctl; });
  if (bind >= kFirstOfAll || is_said) {
    return;
  }
  if (!spec.contains("securityContext")) {
    patch.add("/spec/securityContext", Value::object());
  }
  if (sysctls.empty()) {
    patch.add("/spec/securityContext/sysctls", Value::array());
  }
  patch.add("/spec/securityContext/sysctls/-", {{"name", kSysctl}, {"value", "0"}});
}

}  // namespace

std::optional<std::size_t> find_engine(const Value& pod, const PortSwapStatus& swap,
                                       const std::string& name) {
  const Value& containers = list_of(member(pod, "spec"), "containers");
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const bool is_it =
        name.empty() ? declares(containers[i], swap.from) : text_of(containers[i], "name") == name;
    if (is_it) {
      found.push_back(i);
    }
  }
  if (found.empty() && name.empty() && containers.size() == 1) {
    found.push_back(0);
  }
  return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

bool move_port(const Value& pod, std::size_t engine, const PortSwapStatus& swap, Patch& patch) {
  const Move move(member(pod, "spec")["containers"][engine], engine, swap);
  if (!move.possible()) {
    return false;
  }
  move.write(patch);
  open_low_port(member(pod, "spec"), swap.bind, patch);
  return true;
}

}  // namespace penstock::webhook
