#include "operator/reconcile/command_line.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace penstock::reconcile {
namespace {

using Words = std::vector<std::string>;

// Start what follows them and their options.
constexpr std::array<std::string_view, 18> kStarters = {
    "catatonit", "command", "ddtrace-run", "dumb-init", "env",     "exec",
    "ionice",    "mpirun",  "nice",        "nohup",     "numactl", "nvidia_entrypoint.sh",
    "setsid",    "stdbuf",  "taskset",     "time",      "tini",    "trtllm-llmapi-launch"};
constexpr std::array<std::string_view, 9> kKeywords = {"!",    "do",    "elif",  "else", "if",
                                                       "then", "until", "while", "{"};
constexpr std::array<std::string_view, 6> kShells = {"sh", "ash", "bash", "dash", "ksh", "zsh"};
constexpr int kDepthMax = 4;  // scripts within scripts

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

bool is_python(std::string_view name) {
  return name.starts_with("python") && name.find_first_not_of("0123456789.", 6) == name.npos;
}

// NAME=value, before a command.
bool is_assignment(std::string_view word) {
  const std::size_t equals = word.find('=');
  return equals != word.npos && equals > 0 &&
         std::ranges::all_of(word.substr(0, equals), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

bool is_option(std::string_view word) {
  return word.starts_with('-');
}

// An option's value, such as that of nice -n 5, or taskset's list of cores.
bool is_number(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789,-:") == word.npos;
}

// "/opt/vllm/entrypoints/openai/api_server.py" as its module would be called.
std::string module_of(std::string_view script) {
  if (!script.ends_with(".py")) {
    return std::string(base_name(script));
  }
  std::string result(script.substr(0, script.size() - 3));
  std::ranges::replace(result, '/', '.');
  return result;
}

// Splits a script into its commands' words, as far as that needs no shell: quotes, comments,
// continued lines and what separates commands.
class Script {
 public:
  explicit Script(std::string_view text) : text_(text) {}

  std::vector<Words> commands() {
    while (at_ < text_.size()) {
      take(text_[at_]);
    }
    end_command();
    return std::move(commands_);
  }

 private:
  void take(char c) {
    if (c == '\\') {
      take_escaped();
    } else if (c == '\'' || c == '"') {
      take_quoted(c);
    } else if (c == '#' && !in_word_) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (std::string_view(";&|\n()").contains(c)) {
      end_command();
      ++at_;
    } else if (std::string_view(" \t\r").contains(c)) {
      end_word();
      ++at_;
    } else {
      put(c);
      ++at_;
    }
  }

  void take_escaped() {
    if (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
      put(text_[at_ + 1]);
    }
    at_ += 2;
  }

  void take_quoted(char quote) {
    in_word_ = true;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      const bool escapes = quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size();
      at_ += escapes ? 1 : 0;
      word_ += text_[at_];
    }
    ++at_;
  }

  void put(char c) {
    word_ += c;
    in_word_ = true;
  }

  void end_word() {
    if (in_word_) {
      words_.push_back(std::move(word_));
    }
    word_.clear();
    in_word_ = false;
  }

  void end_command() {
    end_word();
    if (!words_.empty()) {
      commands_.push_back(std::move(words_));
    }
    words_.clear();
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;
  Words words_;
  std::vector<Words> commands_;
};

void add_programs(const Words& words, std::size_t at, int depth, std::vector<Program>& found);

void add_script(const std::string& text, int depth, std::vector<Program>& found) {
  if (depth >= kDepthMax) {
    return;
  }
  for (const Words& command : Script(text).commands()) {
    add_programs(command, 0, depth + 1, found);
  }
}

void add(std::string name, const Words& words, std::size_t next, std::vector<Program>& found) {
  found.push_back({std::move(name), next < words.size() ? words[next] : std::string()});
}

// A shell at `at`: its -c script, or the file that it runs.
void add_shells(const Words& words, std::size_t at, int depth, std::vector<Program>& found) {
  for (std::size_t i = at + 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!is_option(word)) {
      return add(std::string(base_name(word)), words, i + 1, found);
    }
    if (word.starts_with("--")) {
      continue;
    }
    i += word.ends_with('o') ? 1 : 0;  // -o pipefail
    if (word.contains('c')) {
      return i + 1 < words.size() ? add_script(words[i + 1], depth, found) : void();
    }
  }
  add(std::string(base_name(words[at])), words, at + 1, found);
}

// Python at `at`: the module or the script that it runs.
void add_pythons(const Words& words, std::size_t at, std::vector<Program>& found) {
  for (std::size_t i = at + 1; i < words.size(); ++i) {
    if (words[i] == "-m" && i + 1 < words.size()) {
      return add(words[i + 1], words, i + 2, found);
    }
    if (words[i] == "-c") {
      break;
    }
    if (!is_option(words[i])) {
      return add(module_of(words[i]), words, i + 1, found);
    }
    i += words[i] == "-X" || words[i] == "-W" ? 1 : 0;
  }
  add(std::string(base_name(words[at])), words, at + 1, found);
}

void add_programs(const Words& words, std::size_t at, int depth, std::vector<Program>& found) {
  bool started = false;
  for (; at < words.size(); ++at) {
    const std::string& word = words[at];
    const std::string_view name = base_name(word);
    if (is_assignment(word) || is_one_of(kKeywords, word) ||
        (started && (is_option(word) || is_number(word)))) {
      continue;
    }
    if (is_one_of(kStarters, name)) {
      started = true;
      continue;
    }
    if (is_one_of(kShells, name)) {
      return add_shells(words, at, depth, found);
    }
    return is_python(name) ? add_pythons(words, at, found)
                           : add(std::string(name), words, at + 1, found);
  }
}

}  // namespace

std::vector<std::string> words_of(const Container& container) {
  std::vector<std::string> words = container.command;
  words.insert(words.end(), container.args.begin(), container.args.end());
  return words;
}

std::vector<Program> programs_of(const std::vector<std::string>& words) {
  std::vector<Program> found;
  add_programs(words, 0, 0, found);
  return found;
}

bool runs_what_follows(std::string_view word) {
  const std::string_view name = base_name(word);
  return is_one_of(kStarters, name) || is_one_of(kShells, name) || is_python(name);
}

}  // namespace penstock::reconcile
