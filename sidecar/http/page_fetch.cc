#include "sidecar/http/page_fetch.h"

#include <array>
#include <utility>

#include "sidecar/http/client_writer.h"
#include "sidecar/http/payload_decoder.h"
#include "sidecar/http1/head_parser.h"

namespace penstock::http {
namespace {

std::string request_text(const PageAddress& from) {
  const std::string host = from.host.contains(':') ? "[" + from.host + "]" : from.host;
  return "GET " + from.path + " HTTP/1.1\r\nhost: " + host + ":" + std::to_string(from.port) +
         "\r\naccept: text/plain\r\nconnection: close\r\n\r\n";
}

// The bytes of one answer, as they arrive.
class PageReader {
 public:
  enum class State : std::uint8_t { kMore, kWhole, kBroken };

  State take(std::string_view bytes) {
    pending_.append(bytes);
    if (!has_head_) {
      const State head = take_head();
      if (!has_head_) {
        return head;
      }
    }
    const PayloadDecoder::Decoded decoded = decoder_.decode(pending_);
    page_.body.append(decoded.payload);
    pending_.erase(0, decoded.consumed);
    if (decoded.broken || page_.body.size() > PageFetch::kBodyBytesMax) {
      return State::kBroken;
    }
    return decoder_.done() ? State::kWhole : State::kMore;
  }

  State end() { return has_head_ && decoder_.end_of_stream() ? State::kWhole : State::kBroken; }

  Page page() { return std::move(page_); }

 private:
  State take_head() {
    for (;;) {
      http1::ResponseHead head;
      const http1::HeadResult parsed = http1::parse_response_head(pending_, {}, false, head);
      if (parsed.state == http1::HeadResult::kNeedMore) {
        return State::kMore;
      }
      if (parsed.state != http1::HeadResult::kDone) {
        return State::kBroken;
      }
      pending_.erase(0, parsed.size);
      if (head.status >= 200) {
        has_head_ = true;
        page_.status = head.status;
        decoder_.start(head.framing, head.content_length);
        return State::kMore;
      }
    }
  }

  std::string pending_;
  bool has_head_ = false;
  PayloadDecoder decoder_;
  Page page_;
};

}  // namespace

PageFetch::PageFetch(net::Reactor& reactor, net::DeadlineWheel& wheel, net::Resolver& resolver)
    : reactor_(reactor),
      wheel_(wheel),
      resolver_(resolver),
      deadline_([](void* self) { static_cast<PageFetch*>(self)->cancel(); }, this) {}

void PageFetch::cancel() {
  if (dial_ != nullptr) {
    dial_->cancel();
  }
  if (connection_ != nullptr) {
    connection_->cancel();
  }
}

Task<Page> PageFetch::get(PageAddress from, std::chrono::milliseconds within) {
  net::Dial dial(reactor_, wheel_, resolver_);
  const net::DialTarget target{.host = from.host, .port = from.port, .timeout = within};
  dial_ = &dial;
  net::Dial::Outcome outcome = co_await dial.run(target);
  dial_ = nullptr;
  connection_ = std::move(outcome.connection);
  Page page;
  if (connection_ == nullptr) {
    co_return page;
  }
  wheel_.arm(deadline_, within);
  page = co_await exchange(from);
  deadline_.disarm();
  co_await connection_->close();
  connection_.reset();
  co_return page;
}

Task<Page> PageFetch::exchange(const PageAddress& from) {
  const std::string text = request_text(from);
  ClientWriter writer(*connection_);
  PageReader reader;
  // A fresh connection has room for so little.
  const bool sent = writer.write(text) == ClientWriter::Result::kWritten;
  PageReader::State state = sent ? PageReader::State::kMore : PageReader::State::kBroken;
  while (state == PageReader::State::kMore) {
    const bool open = co_await connection_->readable();
    if (!open) {
      break;
    }
    std::array<char, 16 * 1024> bytes;
    const net::Io got = connection_->read_some(bytes);
    if (got.state == net::IoState::kOk) {
      state = reader.take(std::string_view(bytes.data(), got.bytes));
    } else if (got.state != net::IoState::kWouldBlock) {
      state = got.state == net::IoState::kEnd ? reader.end() : PageReader::State::kBroken;
    }
  }
  Page page;
  if (state == PageReader::State::kWhole) {
    page = reader.page();
  }
  co_return page;
}

}  // namespace penstock::http
