#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/dialect/fold.h"

// Folds or unfolds standard input for the tests that read the result with the official SDKs.
//
//   fold_cli fold|unfold|unfold-with-usage chat|completions|responses|messages
//
// Exit status 0 with the result on standard output, 3 where there is none, 2 for wrong arguments.
namespace {

using penstock::domain::Operation;

std::optional<Operation> operation(std::string_view name) {
  if (name == "chat") {
    return Operation::kChat;
  }
  if (name == "completions") {
    return Operation::kCompletions;
  }
  if (name == "responses") {
    return Operation::kResponses;
  }
  return name == "messages" ? std::optional(Operation::kMessages) : std::nullopt;
}

std::string read_input() {
  std::string input;
  std::array<char, 65536> buffer{};
  std::size_t size = 0;
  while ((size = std::fread(buffer.data(), 1, buffer.size(), stdin)) > 0) {
    input.append(buffer.data(), size);
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc == 3 ? argv[1] : "";
  const auto what = argc == 3 ? operation(argv[2]) : std::nullopt;
  const bool folds = mode == "fold";
  if (!what || (!folds && mode != "unfold" && mode != "unfold-with-usage")) {
    return 2;
  }
  const std::string input = read_input();
  const auto result = folds ? penstock::dialect::fold(*what, input)
                            : penstock::dialect::unfold(*what, input, mode == "unfold-with-usage");
  if (!result) {
    return 3;
  }
  const bool written = std::fwrite(result->data(), 1, result->size(), stdout) == result->size();
  return written ? 0 : 1;
}
