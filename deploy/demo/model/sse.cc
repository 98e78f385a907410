#include "deploy/demo/model/sse.h"

namespace penstock::demo::model {
namespace {

struct Style {
  std::string_view line_end;
  std::string_view colon;
};

void append_line(std::string_view field, std::string_view value, const Style& style,
                 std::string& out) {
  out += field;
  out += style.colon;
  out += value;
  out += style.line_end;
}

// Breaks JSON behind its first comma between members: a line feed there is white space to a JSON
// reader.
void append_data(std::string_view data, bool multiline, const Style& style, std::string& out) {
  const auto comma = data.find(",\"");
  if (multiline && comma != std::string_view::npos && data.front() == '{') {
    append_line("data", data.substr(0, comma + 1), style, out);
    data.remove_prefix(comma + 1);
  }
  append_line("data", data, style, out);
}

}  // namespace

void append_event(const EventList::Event& event, const Simulation& simulation, bool anthropic,
                  std::string& out) {
  const Style style{simulation.is(Switch::kCrlf) ? "\r\n" : "\n",
                    simulation.is(Switch::kNoSpace) ? ":" : ": "};
  if (simulation.is(Switch::kComments)) {
    out += ": a comment";
    out += style.line_end;
    out += style.line_end;
  }
  if (simulation.is(Switch::kPings)) {
    if (anthropic) {
      append_line("event", "ping", style, out);
      append_line("data", R"({"type":"ping"})", style, out);
    } else {
      out += ": ping";
      out += style.line_end;
    }
    out += style.line_end;
  }
  if (!event.name.empty()) {
    append_line("event", event.name, style, out);
  }
  append_data(event.data, simulation.is(Switch::kMultiline), style, out);
  out += style.line_end;
}

}  // namespace penstock::demo::model
