#include "operator/kube/reflector.h"

#include <optional>
#include <utility>
#include <variant>

#include "lib/clock/clock.h"
#include "operator/kube/list_page.h"
#include "operator/kube/pause.h"

namespace penstock::kube {
namespace {

class Run {
 public:
  Run(Transport& transport, ListWatch order, ReflectorSink& sink, std::stop_token stop,
      const std::function<void(const ApiError&)>& on_error)
      : transport_(transport),
        order_(std::move(order)),
        sink_(sink),
        stop_(std::move(stop)),
        on_error_(on_error) {}

  void run() {
    while (!stop_.stop_requested()) {
      std::visit([this](const auto& step) { take(step); }, order_.next());
    }
  }

 private:
  void take(const ListWatch::List& step) {
    ApiResult<Response> answer = transport_.call(Request{.path = step.path});
    if (!answer) {
      return list_failed(answer.error());
    }
    if (answer->status != 200) {
      return list_failed(error_of(*answer));
    }
    const ApiResult<ListPage> page = read_list_page(
        std::move(answer->body), [this](const json::Value& object) { sink_.list_item(object); });
    if (!page) {
      on_error_(page.error());
      sink_.list_dropped();
      return order_.list_abandoned(page.error());
    }
    if (order_.listed(page->resource_version, page->continue_token)) {
      sink_.list_complete();
    }
  }

  void list_failed(const ApiError& error) {
    on_error_(error);
    if (order_.list_failed(error)) {
      sink_.list_dropped();
    }
  }

  void take(const ListWatch::Watch& step) {
    WatchDecoder decoder;
    std::optional<ApiError> error;
    const clock::Instant began = clock_.now();
    const ApiResult<Response> answer =
        transport_.stream(Request{.path = step.path}, stop_, [&](std::string_view bytes) {
          decoder.feed(bytes);
          error = take_events(decoder);
          return !error && !stop_.stop_requested();
        });
    if (stop_.stop_requested()) {
      return;
    }
    if (!error && !answer) {
      error = answer.error();
    } else if (!error && answer->status != 200) {
      error = error_of(*answer);
    }
    if (error) {
      on_error_(*error);
    }
    order_.watch_ended(error, clock_.now() - began);
  }

  std::optional<ApiError> take_events(WatchDecoder& decoder) {
    for (;;) {
      const ApiResult<std::optional<WatchEvent>> event = decoder.next();
      if (!event) {
        return event.error();
      }
      if (!*event) {
        return std::nullopt;
      }
      take_event(**event);
    }
  }

  void take_event(const WatchEvent& event) {
    if (event.type == WatchEvent::Type::kDeleted) {
      sink_.removed(event.object);
    } else if (event.type != WatchEvent::Type::kBookmark) {
      sink_.changed(event.object);
    }
    order_.seen(text_of(member(event.object, "metadata"), "resourceVersion"));
  }

  void take(const ListWatch::Wait& step) { pause(step.time, stop_); }

  Transport& transport_;
  ListWatch order_;
  ReflectorSink& sink_;
  const std::stop_token stop_;
  const std::function<void(const ApiError&)>& on_error_;
  const clock::RealClock clock_;
};

}  // namespace

void reflect(Transport& transport, ListWatch order, ReflectorSink& sink, std::stop_token stop,
             const std::function<void(const ApiError&)>& on_error) {
  Run(transport, std::move(order), sink, std::move(stop), on_error).run();
}

}  // namespace penstock::kube
