#pragma once

#include <coroutine>
#include <exception>
#include <utility>

// In front of a coroutine that is awaited on rare paths. The compiler would otherwise put its frame
// inside the awaiting one (heap allocation elision), where it takes room for as long as that one
// lives: an idle stream must stay small.
#define PENSTOCK_OWN_FRAME [[gnu::noinline]]

namespace penstock {

template <class T = void>
class Task;

namespace task_detail {

// What every promise shares: who waits for the result, or what to call once a root task has ended.
class PromiseBase {
 public:
  using Done = void (*)(void*);

  // Lazy: a task runs when it is awaited or started.
  std::suspend_always initial_suspend() noexcept { return {}; }

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> finished) noexcept {
      PromiseBase& promise = finished.promise();
      if (promise.continuation_) {
        return promise.continuation_;
      }
      if (promise.done_ != nullptr) {
        promise.done_(promise.done_argument_);  // may destroy the frame: touch nothing after this
      }
      return std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }

  // Errors travel as Result; an exception that gets here is a bug or memory exhaustion.
  void unhandled_exception() noexcept { std::terminate(); }

  void set_continuation(std::coroutine_handle<> continuation) { continuation_ = continuation; }
  void set_done(Done done, void* argument) {
    done_ = done;
    done_argument_ = argument;
  }

 private:
  std::coroutine_handle<> continuation_;
  Done done_ = nullptr;
  void* done_argument_ = nullptr;
};

template <class T>
class Promise final : public PromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& value) {
    value_ = std::forward<U>(value);
  }
  T take() { return std::move(value_); }

 private:
  T value_{};
};

template <>
class Promise<void> final : public PromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() noexcept {}
};

}  // namespace task_detail

// A lazily started coroutine that one other coroutine awaits, or that start() runs as a root.
//
// Owns its frame. Resumption is symmetric: awaiting a chain of tasks uses constant stack. T must be
// default constructible and movable. Threads: a task runs on the worker that resumes it; it is
// never moved between workers.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = task_detail::Promise<T>;

  Task() = default;
  explicit Task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      frame_ = std::exchange(other.frame_, {});
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() { destroy(); }

  // Whether there is a task: false for an empty one.
  explicit operator bool() const { return static_cast<bool>(frame_); }

  // Runs the task as a root until its first suspension. `done(argument)` is called once, after the
  // last statement and after every local is gone; it may destroy this Task. REQUIRES: not started
  // before.
  void start(task_detail::PromiseBase::Done done, void* argument) {
    frame_.promise().set_done(done, argument);
    frame_.resume();
  }

  class Awaiter {
   public:
    explicit Awaiter(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
    bool await_ready() noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) noexcept {
      frame_.promise().set_continuation(waiting);
      return frame_;
    }
    T await_resume() { return frame_.promise().take(); }

   private:
    std::coroutine_handle<promise_type> frame_;
  };
  // The frame stays owned by this Task, which the awaiting expression keeps alive.
  Awaiter operator co_await() noexcept { return Awaiter(frame_); }

 private:
  void destroy() noexcept {
    if (frame_) {
      frame_.destroy();
      frame_ = {};
    }
  }

  std::coroutine_handle<promise_type> frame_;
};

namespace task_detail {

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}

inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace task_detail
}  // namespace penstock
