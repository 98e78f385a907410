#pragma once

#include <coroutine>
#include <utility>

namespace penstock {

// Lets one coroutine sleep until something happens on its own thread. Set once, it stays set until
// the next wait.
//
// Threads: one. set() resumes the waiting coroutine before it returns.
class Event {
 public:
  void set() {
    if (waiting_) {
      std::exchange(waiting_, {}).resume();  // may destroy this object
      return;
    }
    set_ = true;
  }

  class Awaiter {
   public:
    explicit Awaiter(Event& event) : event_(event) {}
    bool await_ready() noexcept { return std::exchange(event_.set_, false); }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { event_.waiting_ = waiting; }
    void await_resume() const noexcept {}

   private:
    Event& event_;
  };
  [[nodiscard]] Awaiter wait() { return Awaiter(*this); }

 private:
  std::coroutine_handle<> waiting_;
  bool set_ = false;
};

}  // namespace penstock
