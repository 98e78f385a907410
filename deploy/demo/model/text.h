#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::demo::model {

// Text and numbers that look like a model's and depend on nothing but a seed.
//
// Threads: pure functions.

// A well-mixed value of the seed: the first number of a SplitMix64.
[[nodiscard]] std::uint64_t mix(std::uint64_t seed);

// Text together with where each token of it ends, in bytes.
struct Pieces {
  std::string text;
  std::vector<std::size_t> ends;

  [[nodiscard]] std::size_t size() const { return ends.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t index) const;
  // Forgets every token from `count` on.
  void keep(std::size_t count);
};

// `tokens` words. They hold accents, other scripts, emoji, quotes and line breaks, so that whoever
// cuts or re-escapes them carelessly is found out.
[[nodiscard]] Pieces words(std::uint64_t seed, std::size_t tokens);

// Plain ASCII words, exactly `bytes` long.
[[nodiscard]] Pieces words_of_length(std::uint64_t seed, std::size_t bytes);

// Any text cut into tokens of about four bytes, never inside a UTF-8 character.
[[nodiscard]] Pieces cut(std::string text);

// A unit vector of `dimensions` numbers that depends on the text alone.
[[nodiscard]] std::vector<float> embedding(std::string_view text, std::size_t dimensions);

[[nodiscard]] std::string base64(std::string_view bytes);

// JSON writing: a quoted and escaped string; UTF-8 stays as it is.
void append_quoted(std::string_view text, std::string& out);
void append(std::int64_t number, std::string& out);

// Shortest text that reads back as the same float.
void append(float number, std::string& out);

}  // namespace penstock::demo::model
