#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/demo/model/request.h"
#include "deploy/demo/model/simulation.h"
#include "lib/result/result.h"

namespace penstock::demo::model {

enum class Operation : std::uint8_t {
  kChat,
  kCompletions,
  kResponses,
  kEmbeddings,
  kModerations,
  kModels,
  kMessages,
  kCountTokens,
  kSpeech,
  kTranscription,
  kFiles,
  kFileContent,
  kRealtime,
  kEcho,
  kSimulate,
  kUnknown
};

[[nodiscard]] std::string_view label(Operation operation);

// What a path asks for, behind any prefix that ends in /v1 or /simulate; a query does not matter.
[[nodiscard]] Operation operation_of(std::string_view target);

// What differs from call to call although the request is the same.
struct Stamp {
  std::string unique;        // 16 hexadecimal digits
  std::int64_t created = 0;  // seconds since 1970
  bool anthropic = false;    // the dialect of errors, and of /v1/models
};

// The events of a stream, end to end in one string.
class EventList {
 public:
  struct Event {
    std::string_view name;  // a literal; empty for none
    std::string_view data;
    bool token = false;  // a model would have needed time to think of it
  };

  // Where the next event's data is appended; end() completes it.
  [[nodiscard]] std::string& data() { return data_; }
  void end(std::string_view name, bool token) { marks_.push_back({name, data_.size(), token}); }

  // Forgets every event from `count` on.
  void keep(std::size_t count);

  [[nodiscard]] std::size_t size() const { return marks_.size(); }
  [[nodiscard]] Event operator[](std::size_t index) const;

 private:
  struct Mark {
    std::string_view name;
    std::size_t end = 0;
    bool token = false;
  };

  std::string data_;
  std::vector<Mark> marks_;
};

struct Header {
  std::string name;
  std::string value;
};

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<Header> headers;
  std::string body;  // unused where the answer streams
  EventList events;
  bool streams = false;
  std::int64_t tokens = 0;  // what a model would have needed time for
};

// The answer to a request for a model. Errors of the request become an answer with the dialect's
// error body.
[[nodiscard]] Answer answer(Operation operation, const ModelRequest& request,
                            const Simulation& simulation, const Stamp& stamp);

// One renderer for each operation.
[[nodiscard]] Answer chat(const ModelRequest&, const Simulation&, const Stamp&);
[[nodiscard]] Answer completions(const ModelRequest&, const Simulation&, const Stamp&);
[[nodiscard]] Answer responses(const ModelRequest&, const Simulation&, const Stamp&);
[[nodiscard]] Answer messages(const ModelRequest&, const Simulation&, const Stamp&);
[[nodiscard]] Answer embeddings(const ModelRequest&, const Simulation&, const Stamp&);
[[nodiscard]] Answer moderations(const ModelRequest&, const Simulation&, const Stamp&);

// GET /v1/models and /v1/models/{id}.
[[nodiscard]] Answer models(std::string_view target, const Stamp& stamp);

// The dialect's error with a status; type and code follow from the status where the simulation does
// not say.
[[nodiscard]] Answer error(int status, std::string_view message, const Simulation& simulation,
                           const Stamp& stamp);

// The JSON text of an error as the dialect writes it, also inside a stream.
[[nodiscard]] std::string error_body(int status, std::string_view message,
                                     const Simulation& simulation, const Stamp& stamp);

// Behind how many of `events` error-in-stream strikes.
[[nodiscard]] std::size_t error_position(const Simulation& simulation, std::size_t events);

// The message of an error that x-simulate asked for.
[[nodiscard]] std::string_view reason(int status);

}  // namespace penstock::demo::model
