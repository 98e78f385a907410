#include "operator/controllers/background_answers.h"

#include <deque>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace penstock::controllers {
namespace {

using std::chrono::seconds;

// Does nothing before it is told to.
class Later final : public Background {
 public:
  std::deque<Task> tasks;

  void run(Task task) override { tasks.push_back(std::move(task)); }
  void go_on() {
    const Task task = std::move(tasks.front());
    tasks.pop_front();
    task();
  }
};

class BackgroundAnswersTest : public ::testing::Test {
 protected:
  fakes::FakeClock clock_;
  Later later_;
  int asked_ = 0;
  BackgroundAnswers<std::string> answers_{
      later_,
      clock_,
      [this](const std::string& key) { return key + std::to_string(++asked_); },
      {.again = seconds(10), .believed = seconds(30)}};
};

TEST_F(BackgroundAnswersTest, NobodyWaitsForAnAnswer) {
  EXPECT_EQ(answers_.find("a").error(), Silence::kNotYet);
  later_.go_on();
  ASSERT_TRUE(answers_.find("a"));
  EXPECT_EQ(**answers_.find("a"), "a1");
  EXPECT_TRUE(later_.tasks.empty()) << "it is fresh";
}

TEST_F(BackgroundAnswersTest, AnOldAnswerStandsUntilTheNextComes) {
  static_cast<void>(answers_.find("a"));
  later_.go_on();
  clock_.advance(seconds(10));
  EXPECT_EQ(**answers_.find("a"), "a1");
  later_.go_on();
  EXPECT_EQ(**answers_.find("a"), "a2");
}

TEST_F(BackgroundAnswersTest, WhoHangsIsAskedOnceAndNotBelievedForever) {
  static_cast<void>(answers_.find("a"));
  later_.go_on();
  for (int passed = 0; passed < 29; ++passed) {
    EXPECT_TRUE(answers_.find("a"));
    clock_.advance(seconds(1));
  }
  EXPECT_EQ(later_.tasks.size(), 1U);
  clock_.advance(seconds(1));
  EXPECT_EQ(answers_.find("a").error(), Silence::kTooLong);
  EXPECT_EQ(later_.tasks.size(), 1U);
}

TEST_F(BackgroundAnswersTest, KeysAreAskedApart) {
  static_cast<void>(answers_.find("a"));
  static_cast<void>(answers_.find("b"));
  EXPECT_EQ(later_.tasks.size(), 2U);
  later_.go_on();
  EXPECT_EQ(**answers_.find("a"), "a1");
  EXPECT_EQ(answers_.find("b").error(), Silence::kNotYet);
}

TEST_F(BackgroundAnswersTest, AKeyThatNobodyAsksForIsForgotten) {
  static_cast<void>(answers_.find("a"));
  later_.go_on();
  clock_.advance(std::chrono::minutes(11));
  static_cast<void>(answers_.find("b"));
  EXPECT_EQ(answers_.find("a").error(), Silence::kNotYet) << "as if for the first time";
}

}  // namespace
}  // namespace penstock::controllers
