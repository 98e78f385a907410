#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>

// A mutex that clang's thread-safety analysis understands (-Wthread-safety; the attributes vanish
// elsewhere).
//
//   sync::Mutex mutex_;
//   std::vector<Entry> entries_ PENSTOCK_GUARDED_BY(mutex_);
//
//   void add(Entry entry) {
//     const sync::MutexLock lock(mutex_);
//     entries_.push_back(std::move(entry));     // without the lock: a compile error
//   }
#if defined(__clang__)
#define PENSTOCK_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define PENSTOCK_THREAD_ATTRIBUTE(x)
#endif

#define PENSTOCK_CAPABILITY(name) PENSTOCK_THREAD_ATTRIBUTE(capability(name))
#define PENSTOCK_SCOPED_CAPABILITY PENSTOCK_THREAD_ATTRIBUTE(scoped_lockable)
// On data: only touched with the mutex held. The PT form guards what a pointer points at.
#define PENSTOCK_GUARDED_BY(mutex) PENSTOCK_THREAD_ATTRIBUTE(guarded_by(mutex))
#define PENSTOCK_PT_GUARDED_BY(mutex) PENSTOCK_THREAD_ATTRIBUTE(pt_guarded_by(mutex))
// On functions: the caller holds the mutex, or must not hold it.
#define PENSTOCK_REQUIRES(...) PENSTOCK_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define PENSTOCK_EXCLUDES(...) PENSTOCK_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define PENSTOCK_ACQUIRE(...) PENSTOCK_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define PENSTOCK_TRY_ACQUIRE(...) PENSTOCK_THREAD_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define PENSTOCK_RELEASE(...) PENSTOCK_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define PENSTOCK_NO_THREAD_ANALYSIS PENSTOCK_THREAD_ATTRIBUTE(no_thread_safety_analysis)

namespace penstock::sync {

// Not recursive. Prefer MutexLock over the bare calls, which exist for it and for
// std::condition_variable_any.
//
// A request takes some fifteen of these and finds nearly all of them free. Free, one costs an
// atomic operation each way, inline, in four bytes; std::mutex costs a call into the C library each
// way and forty bytes. The states are those of "mutex2" in U. Drepper, "Futexes Are Tricky".
class PENSTOCK_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() PENSTOCK_ACQUIRE() {
    if (!take_free()) {
      await_free();
    }
  }
  void unlock() PENSTOCK_RELEASE() {
    // From here on another may hold it and end it: the wake-up takes the address alone.
    if (state_.exchange(kFree, std::memory_order_release) == kAwaited) {
      state_.notify_one();
    }
  }
  bool try_lock() PENSTOCK_TRY_ACQUIRE(true) { return take_free(); }

 private:
  static constexpr int kFree = 0;
  static constexpr int kHeld = 1;
  static constexpr int kAwaited = 2;  // held, and somebody may sleep until it is free

  bool take_free() noexcept {
    int free = kFree;
    return state_.compare_exchange_strong(free, kHeld, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }

  // Who has slept cannot know whether others still do, and takes it as awaited.
  [[gnu::noinline]] void await_free() noexcept {
    while (state_.exchange(kAwaited, std::memory_order_acquire) != kFree) {
      state_.wait(kAwaited, std::memory_order_relaxed);
    }
  }

  std::atomic<int> state_{kFree};
};

// Holds the mutex from here to the end of the scope.
class PENSTOCK_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) PENSTOCK_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() PENSTOCK_RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits for a change of what a Mutex guards. Spurious wake-ups happen: wait in a loop on the
// condition.
class Condition {
 public:
  void wait(Mutex& mutex) PENSTOCK_REQUIRES(mutex) { condition_.wait(mutex); }
  // False: so long has passed, and nobody was notified.
  bool wait_for(Mutex& mutex, std::chrono::milliseconds limit) PENSTOCK_REQUIRES(mutex) {
    return condition_.wait_for(mutex, limit) == std::cv_status::no_timeout;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace penstock::sync
