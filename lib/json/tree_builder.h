#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/json/text.h"

namespace penstock::json {

// Builds one document after another from parser events, under the bounds of text.h. Both parsers
// drive it. Once a bound is hit it records one error and ignores every further event.
class TreeBuilder {
 public:
  // 0: no anchor.
  using Anchor = std::size_t;

  explicit TreeBuilder(Text& text) : text_(text) {}

  // False, with its error, for a text that is too long or not UTF-8.
  bool admits(std::string_view text);
  // Once all events are in: leaves out empty documents.
  void finish();

  void begin_map(int line, Anchor anchor);
  void begin_list(int line, Anchor anchor);
  void end();
  void scalar(Value value, int line, Anchor anchor);
  void alias(Anchor anchor, int line);

  // Only where expects_key() holds.
  void key(std::string name, int line);
  bool expects_key() const;

  void error(int line, std::string message);
  // Records the error and ignores everything from here on.
  void stop(int line, std::string message);
  bool stopped() const { return stopped_; }

  // Forgets anchors and half-built nodes; YAML's documents share nothing.
  void begin_document();

 private:
  struct Frame {
    Document node;
    Anchor anchor = 0;
    bool is_map = false;
    bool has_key = false;
    bool drop_value = false;  // of a duplicate key: the first one is kept
    std::string key;
    int key_line = 0;
    std::size_t nodes_before = 0;
  };
  struct Anchored {
    Document node;
    std::size_t nodes = 0;
  };

  void begin(Value empty, int line, Anchor anchor);
  void place(Document node);
  void remember(Anchor anchor, const Document& node, std::size_t nodes);
  bool spend(std::size_t nodes, int line);

  Text& text_;
  std::vector<Frame> stack_;
  std::map<Anchor, Anchored> anchors_;
  std::size_t nodes_ = 0;
  bool stopped_ = false;
};

}  // namespace penstock::json
