#pragma once

#include <string>

namespace penstock::domain {

// Empties `text` and gives its memory back: assigning an empty string keeps the buffer.
inline void free_memory(std::string& text) {
  std::string().swap(text);
}

}  // namespace penstock::domain
