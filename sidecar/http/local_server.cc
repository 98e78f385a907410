#include "sidecar/http/local_server.h"

#include <array>

#include "sidecar/http/client_writer.h"
#include "sidecar/http/payload_decoder.h"
#include "sidecar/http1/head_parser.h"
#include "sidecar/http1/head_writer.h"

namespace penstock::http {
namespace {

std::string_view value_of(const http1::RequestHead& head, std::string_view name) {
  for (const http1::HeaderField& field : head.fields) {
    if (http1::equals_ignoring_case(field.name, name)) {
      return field.value;
    }
  }
  return {};
}

LocalRequest request_of(const http1::RequestHead& head, std::string_view body) {
  const std::size_t question = head.path.find('?');
  LocalRequest request;
  request.method = head.method;
  request.path = head.path.substr(0, question);
  request.query =
      question == std::string_view::npos ? std::string_view{} : head.path.substr(question + 1);
  request.body = body;
  request.authorization = value_of(head, "authorization");
  request.host = head.host;
  request.origin = value_of(head, "origin");
  return request;
}

std::string text_of(const LocalResponse& response, bool for_head, bool keeps) {
  std::string text;
  http1::append_status_line(text, response.status);
  http1::append_field(text, "content-type", response.content_type);
  http1::append_field(text, "content-length", response.body.size());
  http1::append_field(text, "cache-control", "no-store");  // answers about now
  for (const auto& [name, value] : response.headers) {
    http1::append_field(text, name, value);
  }
  if (!keeps) {
    http1::append_field(text, "connection", "close");
  }
  text += http1::kLineEnd;
  text += for_head ? std::string_view{} : std::string_view(response.body);
  return text;
}

}  // namespace

// One connection.
class LocalServer::Exchange {
 public:
  Exchange(LocalServer& server, net::Descriptor socket)
      : server_(server),
        connection_(server.reactor_, std::move(socket)),
        deadline_([](void* self) { static_cast<Exchange*>(self)->connection_.cancel(); }, this),
        patience_([](void* self) { static_cast<Exchange*>(self)->lose_patience(); }, this) {}

  void start() {
    task_ = run();
    task_.start(
        [](void* self) {
          auto* ended = static_cast<Exchange*>(self);
          ended->server_.exchanges_.erase(ended);
        },
        this);
  }
  void ask_again() {
    if (waits_) {
      asked_.set();
    }
  }
  void lose_patience() {
    patience_over_ = true;
    ask_again();
  }
  void close() {
    closing_ = true;
    connection_.cancel();
    ask_again();
  }
  [[nodiscard]] bool may_go() const { return !waits_ && !closing_; }
  [[nodiscard]] std::uint64_t last_step() const { return step_; }

 private:
  enum class Read : std::uint8_t { kMore, kWhole, kRefused };

  Task<> run();
  Read parse();
  void begin_wait();
  Task<bool> respond();
  Task<> await_answer(LocalRequest& request, LocalResponse& response);

  LocalServer& server_;
  net::Connection connection_;
  net::Deadline deadline_;
  net::Deadline patience_;
  Event asked_;
  std::string input_;
  std::string body_;
  http1::RequestHead head_;
  std::size_t consumed_ = 0;
  std::uint64_t step_ = 0;
  int refusal_ = 400;
  bool begun_ = false;  // part of a request is here, and its limit runs
  bool waits_ = false;
  bool patience_over_ = false;
  bool closing_ = false;
  Task<> task_;
};

LocalServer::Exchange::Read LocalServer::Exchange::parse() {
  head_.clear();
  body_.clear();
  const http1::HeadResult parsed = http1::parse_request_head(input_, {}, head_);
  if (parsed.state == http1::HeadResult::kNeedMore) {
    return Read::kMore;
  }
  if (parsed.state != http1::HeadResult::kDone) {
    refusal_ = parsed.state == http1::HeadResult::kError ? http_status(parsed.error) : 505;
    return Read::kRefused;
  }
  PayloadDecoder decoder;
  decoder.start(head_.framing, head_.content_length);
  std::string rest = input_.substr(parsed.size);  // decoding moves bytes: not those the head views
  const PayloadDecoder::Decoded decoded = decoder.decode(rest);
  if (decoded.broken || decoded.payload.size() > kBodyBytesMax ||
      head_.content_length > kBodyBytesMax) {
    refusal_ = decoded.broken ? 400 : 413;
    return Read::kRefused;
  }
  if (!decoder.done()) {
    return input_.size() > 4 * kBodyBytesMax ? Read::kRefused : Read::kMore;
  }
  body_.assign(decoded.payload);
  consumed_ = parsed.size + decoded.consumed;
  return Read::kWhole;
}

// One limit until a request begins, and one for all of it, however slowly its bytes drip.
void LocalServer::Exchange::begin_wait() {
  if (begun_) {
    return;
  }
  begun_ = !input_.empty();
  step_ = ++server_.steps_;
  server_.wheel_.arm(deadline_, kPatience);
}

Task<> LocalServer::Exchange::run() {
  bool open = true;
  while (open && !closing_) {
    const Read read = input_.empty() ? Read::kMore : parse();
    if (read == Read::kMore) {
      begin_wait();
      open = co_await connection_.readable();
      std::array<char, 8192> scratch;
      const net::Io got = open ? connection_.read_some(scratch) : net::Io{};
      open = open && (got.state == net::IoState::kOk || got.state == net::IoState::kWouldBlock);
      input_.append(scratch.data(), got.bytes);
      continue;
    }
    if (read == Read::kRefused) {
      const LocalResponse refused{refusal_, "text/plain", "bad request\n", {}};
      const std::string text = text_of(refused, false, false);
      ClientWriter writer(connection_);
      static_cast<void>(writer.write(text));
      break;
    }
    begun_ = false;
    open = co_await respond();
    input_.erase(0, consumed_);
  }
  deadline_.disarm();
  co_await connection_.close();
}

Task<bool> LocalServer::Exchange::respond() {
  LocalRequest request = request_of(head_, body_);
  LocalResponse response = server_.handler_(request);
  deadline_.disarm();
  if (response.wait) {
    co_await await_answer(request, response);
  }
  const bool keeps = head_.keep_alive && !closing_;
  const std::string text = text_of(response, head_.method == "HEAD", keeps);
  ClientWriter writer(connection_);
  const ClientWriter::Result written = writer.write(text);
  if (written == ClientWriter::Result::kBlocked) {
    step_ = ++server_.steps_;
    server_.wheel_.arm(deadline_, kPatience);
    const bool drained = co_await writer.drain();
    co_return drained&& keeps;
  }
  co_return written == ClientWriter::Result::kWritten&& keeps;
}

Task<> LocalServer::Exchange::await_answer(LocalRequest& request, LocalResponse& response) {
  patience_over_ = server_.waiters_ >= kWaitersMax;
  if (patience_over_) {
    request.patience_over = true;
    response = server_.handler_(request);
    if (response.wait) {
      response = {503, "text/plain", "too many wait\n", {}};
    }
    co_return;
  }
  ++server_.waiters_;
  while (response.wait && !closing_) {
    patience_.disarm();
    if (response.wait_at_most.count() > 0) {
      server_.wheel_.arm(patience_, response.wait_at_most);
    }
    waits_ = true;
    co_await asked_.wait();
    waits_ = false;
    request.patience_over = patience_over_;
    response = server_.handler_(request);
  }
  --server_.waiters_;
  patience_.disarm();
}

LocalServer::LocalServer(net::Reactor& reactor, net::DeadlineWheel& wheel, Handler handler)
    : reactor_(reactor),
      listener_(reactor.executor()),
      wheel_(wheel),
      handler_(std::move(handler)) {}

LocalServer::~LocalServer() = default;

Result<void> LocalServer::listen(const std::string& host, std::uint16_t port) {
  const Result<void> opened = listener_.open(host, port);
  if (opened) {
    listener_.start([this](net::Descriptor socket) { accept(std::move(socket)); });
  }
  return opened;
}

// Those that were told to go are there until the event loop's next round.
bool LocalServer::make_room() {
  if (exchanges_.size() < kConnectionsMax) {
    return true;
  }
  Exchange* longest = nullptr;
  for (const auto& [exchange, owned] : exchanges_) {
    if (exchange->may_go() &&
        (longest == nullptr || exchange->last_step() < longest->last_step())) {
      longest = exchange;
    }
  }
  if (longest == nullptr || exchanges_.size() >= 2 * kConnectionsMax) {
    return false;
  }
  longest->close();
  return true;
}

void LocalServer::accept(net::Descriptor socket) {
  if (!make_room()) {
    return;  // the socket closes
  }
  auto exchange = std::make_unique<Exchange>(*this, std::move(socket));
  Exchange& accepted = *exchange;
  exchanges_.emplace(&accepted, std::move(exchange));
  accepted.start();
}

void LocalServer::ask_again() {
  std::vector<Exchange*> all;
  for (const auto& [key, exchange] : exchanges_) {
    all.push_back(key);
  }
  for (Exchange* exchange : all) {
    exchange->ask_again();
  }
}

void LocalServer::close() {
  listener_.close();
  std::vector<Exchange*> all;
  for (const auto& [key, exchange] : exchanges_) {
    all.push_back(key);
  }
  for (Exchange* exchange : all) {
    exchange->close();
  }
}

}  // namespace penstock::http
