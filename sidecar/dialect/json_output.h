#pragma once

#include <string>
#include <string_view>

// Writing JSON by hand, where its bytes are the client's or come to it many times a second.
namespace penstock::dialect {

// A value as it is spelled, on one line: between the tokens of a JSON text a line end is white
// space, and within strings there is none.
void append_json(std::string& out, std::string_view raw);

// One more member of an object that has some already.
void append_member(std::string& out, std::string_view key, std::string_view raw);

// Appends `text` as the inside of a JSON string.
void append_escaped(std::string& out, std::string_view text);

}  // namespace penstock::dialect
