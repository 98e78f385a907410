#pragma once

#include <string>
#include <string_view>

#include "deploy/demo/model/answer.h"
#include "deploy/demo/model/draft.h"

namespace penstock::demo::model {

// The Responses dialect, shared by its plain form (responses.cc) and its stream
// (responses_stream.cc).
//
// An answer is a list of items: reasoning (where asked for), then function calls or one message.
// Items are numbered in that order; part `count` of an item renders only that many of its tokens,
// so a stream shows items grow.
struct ResponseText {
  const ModelRequest& request;
  const Simulation& simulation;
  const Stamp& stamp;
  const Draft& draft;

  [[nodiscard]] std::size_t items() const;
  [[nodiscard]] bool is_reasoning(std::size_t item) const;
  [[nodiscard]] bool is_call(std::size_t item) const;
  [[nodiscard]] std::size_t call_of(std::size_t item) const;
  [[nodiscard]] std::string item_id(std::size_t item) const;

  // One item, complete or as it is announced.
  void append_item(std::size_t item, bool complete, std::string& out) const;
  // The content part of a message, complete or empty.
  void append_part(bool complete, std::string& out) const;
  // The response object. `status`: in_progress, completed, incomplete or failed; only in_progress
  // has no output.
  void append_response(std::string_view status, std::string& out) const;
  // completed, or incomplete where the draft was cut.
  [[nodiscard]] std::string_view final_status() const;
};

[[nodiscard]] EventList stream_response(const ResponseText& text);

}  // namespace penstock::demo::model
