#include "lib/task/task.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace penstock {
namespace {

// Suspends until the test resumes it.
class Gate {
 public:
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  void await_resume() const noexcept {}
  void open() { std::exchange(waiting_, {}).resume(); }

 private:
  std::coroutine_handle<> waiting_;
};

Task<std::string> read_through(Gate& gate) {
  co_await gate;
  co_return "answer";
}

Task<> record(Gate& gate, std::string& seen) {
  seen = co_await read_through(gate);
}

void count(void* argument) {
  ++*static_cast<int*>(argument);
}

TEST(TaskTest, RunsLazilyAndReportsDoneOnce) {
  Gate gate;
  std::string seen;
  int done = 0;
  Task<> root = record(gate, seen);
  EXPECT_EQ(done, 0);
  root.start(&count, &done);
  EXPECT_EQ(seen, "");
  EXPECT_EQ(done, 0);
  gate.open();
  EXPECT_EQ(seen, "answer");
  EXPECT_EQ(done, 1);
}

struct Owner {
  Task<> root;
  std::shared_ptr<int> held;
};

Task<> hold(Gate& gate, std::shared_ptr<int> held) {
  co_await gate;
  ++*held;
}

TEST(TaskTest, DoneMayDestroyTheTask) {
  Gate gate;
  auto held = std::make_shared<int>(0);
  auto* owner = new Owner{hold(gate, held), held};
  owner->root.start([](void* argument) { delete static_cast<Owner*>(argument); }, owner);
  EXPECT_EQ(held.use_count(), 3);
  gate.open();
  EXPECT_EQ(*held, 1);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(TaskTest, DroppingASuspendedTaskReleasesItsFrame) {
  Gate gate;
  auto held = std::make_shared<int>(0);
  {
    int done = 0;
    Task<> root = hold(gate, held);
    root.start(&count, &done);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

Task<int> depth(int level) {
  if (level == 0) {
    co_return 0;
  }
  const int below = co_await depth(level - 1);
  co_return below + 1;
}

Task<> loop(int times, int& sum) {
  for (int i = 0; i < times; ++i) {
    sum += co_await depth(1);
  }
}

TEST(TaskTest, ManyAwaitsUseConstantStack) {
  int sum = 0;
  int done = 0;
  Task<> root = loop(200'000, sum);
  root.start(&count, &done);
  EXPECT_EQ(sum, 200'000);
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace penstock
