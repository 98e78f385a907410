#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operator/reconcile/world.h"

// What a container's command line starts.
namespace penstock::reconcile {

// "vllm" and "serve"; of Python the module, "vllm.entrypoints.openai.api_server".
struct Program {
  std::string name;
  std::string next;  // the word after it; may be empty

  bool operator==(const Program&) const = default;
};

// The container's command and its arguments, one after the other.
std::vector<std::string> words_of(const Container& container);

// The programs that `words`, a command line, starts: one, or every one of a shell's script (sh -c).
// What only starts another (exec, env, tini, ...) is looked through. Values of options are none.
std::vector<Program> programs_of(const std::vector<std::string>& words);

// Whether a word can only be a program that runs what follows it: a shell, Python, exec, ....
bool runs_what_follows(std::string_view word);

}  // namespace penstock::reconcile
