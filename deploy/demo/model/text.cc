#include "deploy/demo/model/text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "lib/random/split_mix64.h"

namespace penstock::demo::model {
namespace {

// The first kPlain words are ASCII letters only.
constexpr std::array<std::string_view, 64> kWords = {
    "water",  "flows", "along", "the",     "channel",   "to",      "a",           "wheel",
    "and",    "turns", "it",    "slowly",  "so",        "that",    "stone",       "grinds",
    "grain",  "into",  "flour", "because", "gravity",   "never",   "rests",       "while",
    "rivers", "carry", "snow",  "from",    "distant",   "hills",   "through",     "open",
    "gates",  "each",  "gate",  "holds",   "back",      "what",    "would",       "otherwise",
    "be",     "lost",  "with",  "care",    "we",        "learn",   "how",         "much",
    "flow",   "one",   "mill",  "needs",   "before",    "evening", "comes",       "again",
    "café",   "naïve", "水",    "🚀",      "\"as is\"", "\\path",  "line\nbreak", "Größe"};
constexpr std::uint64_t kPlain = 56;

void append_word(std::uint64_t seed, std::size_t index, std::uint64_t choices, std::string& out) {
  std::string_view word = kWords[mix(seed + index) % choices];
  if (index > 0) {
    out += ' ';
  }
  // The first word of a sentence: every twelfth starts one, the one before ends one.
  if (index % 12 == 0 && word.front() >= 'a' && word.front() <= 'z') {
    out += static_cast<char>(word.front() - 'a' + 'A');
    word.remove_prefix(1);
  }
  out += word;
  if (index % 12 == 11) {
    out += '.';
  }
}

}  // namespace

std::uint64_t mix(std::uint64_t seed) {
  return random::SplitMix64(seed).next();
}

std::string_view Pieces::operator[](std::size_t index) const {
  const std::size_t begin = index == 0 ? 0 : ends[index - 1];
  return std::string_view(text).substr(begin, ends[index] - begin);
}

void Pieces::keep(std::size_t count) {
  if (count < ends.size()) {
    ends.resize(count);
    text.resize(count == 0 ? 0 : ends.back());
  }
}

Pieces words(std::uint64_t seed, std::size_t tokens) {
  Pieces pieces;
  pieces.ends.reserve(tokens);
  pieces.text.reserve(tokens * 7);
  for (std::size_t index = 0; index < tokens; ++index) {
    append_word(seed, index, kWords.size(), pieces.text);
    pieces.ends.push_back(pieces.text.size());
  }
  return pieces;
}

Pieces words_of_length(std::uint64_t seed, std::size_t bytes) {
  Pieces pieces;
  pieces.text.reserve(bytes + 16);
  for (std::size_t index = 0; pieces.text.size() < bytes; ++index) {
    append_word(seed, index, kPlain, pieces.text);
    pieces.ends.push_back(pieces.text.size());
  }
  pieces.text.resize(bytes);
  if (!pieces.ends.empty()) {
    pieces.ends.back() = bytes;
  }
  return pieces;
}

Pieces cut(std::string text) {
  Pieces pieces;
  pieces.text = std::move(text);
  for (std::size_t at = 0; at < pieces.text.size();) {
    at = std::min(at + 4, pieces.text.size());
    while (at < pieces.text.size() &&
           (static_cast<unsigned char>(pieces.text[at]) & 0xC0U) == 0x80U) {
      ++at;
    }
    pieces.ends.push_back(at);
  }
  return pieces;
}

std::vector<float> embedding(std::string_view text, std::size_t dimensions) {
  std::uint64_t seed = mix(text.size());
  for (const char c : text) {
    seed = mix(seed ^ static_cast<unsigned char>(c));
  }
  std::vector<double> values(dimensions);
  double square = 0;
  for (double& value : values) {
    seed = mix(seed);
    value = static_cast<double>(seed >> 11U) / 4503599627370496.0 - 1.0;  // 2^52: into [-1, 1)
    square += value * value;
  }
  const double length = square > 0 ? std::sqrt(square) : 1.0;
  std::vector<float> unit;
  unit.reserve(dimensions);
  for (const double value : values) {
    unit.push_back(static_cast<float>(value / length));
  }
  return unit;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group =
          group << 8U | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += at + i > bytes.size() ? '=' : kAlphabet[group >> (18U - 6U * i) & 63U];
    }
  }
  return out;
}

void append_quoted(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20U) {
          out += "\\u00";
          out += kHex[static_cast<unsigned char>(c) >> 4U];
          out += kHex[static_cast<unsigned char>(c) & 15U];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append(std::int64_t number, std::string& out) {
  std::array<char, 24> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), end);
}

void append(float number, std::string& out) {
  std::array<char, 24> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), end);
}

}  // namespace penstock::demo::model
