#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "sidecar/dialect/torn_json.h"

namespace penstock::dialect {

// What a client has of a server-sent event that is not whole yet: for who has to end its stream in
// the middle of one. It keeps where in the event's lines and JSON the client stands, and nothing of
// the bytes: an event may have any length.
//
// Costs next to nothing where events come whole: only what follows the last blank line is read, and
// that line is looked for from the end.
//
// Threads: not safe. One belongs to one client's stream.
class UnfinishedEvent {
 public:
  // What the client gets next, cut anywhere.
  void feed(std::string_view sent);
  void clear();

  // The client stands between events.
  [[nodiscard]] bool empty() const { return tail_ == nullptr; }
  // Its data is whole; the blank line is missing.
  [[nodiscard]] bool lacks_only_its_end() const {
    return tail_ != nullptr && tail_->json.state() == TornJson::State::kWhole;
  }

  // REQUIRES, from here on: !empty().
  // What its data says so far.
  [[nodiscard]] const TornJson& json() const { return tail_->json; }
  // More bytes would go on with the data.
  [[nodiscard]] bool within_data() const {
    return tail_->line == Line::kColon || tail_->line == Line::kData;
  }
  // A line was ended, and by what no byte can join.
  [[nodiscard]] bool at_line_begin() const {
    return tail_->line == Line::kName && tail_->name_size == 0 && !tail_->after_cr;
  }
  // What is missing where the data is how "[DONE]" begins, OpenAI's last word; nullopt: it is not.
  [[nodiscard]] std::optional<std::string_view> rest_of_done() const;

 private:
  static constexpr std::string_view kDone = "[DONE]";

  // Where in its line the client stands.
  enum class Line : std::uint8_t {
    kName,   // of its field; the line has nothing else yet
    kColon,  // right behind, in a line of data
    kData,
    kOther,  // it says nothing that matters here
  };
  struct Tail {
    explicit Tail(bool at_begin) : begins_stream(at_begin) {}

    // Returns how many bytes belong to the event; it is whole where its end is among them.
    std::size_t feed(std::string_view sent, bool& whole);
    void take(std::string_view part);
    void take_data(std::string_view part);
    void end_line();
    [[nodiscard]] bool names_data() const;

    TornJson json;
    Line line = Line::kName;
    bool begins_stream;     // the line may have a byte order mark
    bool after_cr = false;  // a LF would belong to the line before
    std::uint8_t name_size = 0;
    std::uint8_t begun_size = 0;
    std::array<char, 8> name{};              // as much as tells `data`, also behind a mark
    std::array<char, kDone.size()> begun{};  // how the data begins
  };

  std::unique_ptr<Tail> tail_;  // null between events: idle streams hold no more than this
  bool begun_ = false;          // the stream has
};

}  // namespace penstock::dialect
