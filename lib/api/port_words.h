#pragma once

#include <string>
#include <string_view>
#include <vector>

// How command lines name a port: the same patterns as the admission policy's.
namespace penstock::api {

// The flag that sets an engine's port.
struct PortFlag {
  std::string name;   // "--port"; empty: there is none
  std::string alias;  // "-p", whose value may be in the same word; empty: there is none
};

// Whether a word is the flag itself, so that the next one is its value.
bool is_flag(std::string_view word, const PortFlag& flag);

// Whether `text` holds the flag and then `port`, or another value, as words of their own: the one
// string of a shell's command, or a single argument. Between them is '=' or ' ', after an alias
// perhaps nothing.
bool names_port(std::string_view text, const PortFlag& flag, std::string_view port);

// Whether `text` holds the flag and then `port` as part of longer words: of another flag or port.
bool names_longer_words(std::string_view text, const PortFlag& flag, std::string_view port);

// Whether `text` gives the flag any value, or leaves it to the next word. An alias counts where its
// value may be a port: "-p" has other meanings for the other programs of a script.
bool holds_flag(std::string_view text, const PortFlag& flag);

// `text` with the flag and `from` turned to `to`; a text that is `from` becomes `to`.
std::string with_port(std::string text, const PortFlag& flag, std::string_view from,
                      std::string_view to);

// How command lines refer to an environment variable: $(NAME), ${NAME} and, where shells take such
// a name, $NAME.
std::vector<std::string> references_to(std::string_view variable);

// Whether `text` refers to an environment variable by one of these.
bool refers_to(std::string_view text, std::string_view variable);

// Whether `text` holds `number` as one of its own: "127.0.0.1:8000/health", not "80001" or "m8000".
bool holds_number(std::string_view text, std::string_view number);

// Whether this command line hands a string to a shell: "sh -c", "tini -- /bin/bash -lc", ….
bool runs_script(const std::vector<std::string>& words);

}  // namespace penstock::api
