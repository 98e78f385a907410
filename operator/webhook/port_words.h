#pragma once

#include <string>
#include <string_view>

// How command lines name a port: the same patterns as the admission policy's.
namespace penstock::webhook {

// Whether `text` holds `flag`, then '=' or ' ', then `port`, as words of their own: the one string
// of a shell's command, or a single argument.
bool names_port(std::string_view text, std::string_view flag, std::string_view port);

// Whether `text` holds `flag`, then '=' or ' ', then `port` and more of a word: another port.
bool names_longer_port(std::string_view text, std::string_view flag, std::string_view port);

// `text` with "flag=from" and "flag from" turned to `to`; a text that is `from` becomes `to`.
std::string with_port(std::string text, std::string_view flag, std::string_view from,
                      std::string_view to);

// Whether `text` refers to an environment variable: $(NAME), ${NAME} or $NAME.
bool refers_to(std::string_view text, std::string_view variable);

// Whether this command hands its one string to a shell: "sh -c", "/bin/bash -lc", ….
bool is_shell(std::string_view program, std::string_view option);

}  // namespace penstock::webhook
