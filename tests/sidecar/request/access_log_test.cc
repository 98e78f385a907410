#include "sidecar/request/access_log.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sidecar/request/request_record_json.h"

namespace penstock::request {
namespace {

class AccessLogTest : public testing::Test {
 protected:
  void keep_what_is_handed_on() {
    log_.set_output([this](std::string&& lines) {
      handed_on_.push_back(std::move(lines));
      return std::move(next_);
    });
  }

  static std::string line(const RequestRecord& record) {
    std::string text;
    append_json(text, record);
    return text + "\n";
  }

  RequestRecord record_;
  AccessLog log_;
  std::vector<std::string> handed_on_;
  std::string next_;  // the buffer that the next hand-over gives back
};

TEST_F(AccessLogTest, WithoutAnOutputThereIsNoLog) {
  EXPECT_FALSE(log_.enabled());
  log_.add(record_);
  log_.flush();
  keep_what_is_handed_on();
  EXPECT_TRUE(log_.enabled());
  log_.flush();
  EXPECT_TRUE(handed_on_.empty());
}

TEST_F(AccessLogTest, AFlushHandsOnWholeLinesInOrder) {
  keep_what_is_handed_on();
  record_.status = 200;
  const std::string first = line(record_);
  log_.add(record_);
  record_.status = 404;
  log_.add(record_);
  EXPECT_TRUE(handed_on_.empty());
  log_.flush();
  EXPECT_EQ(handed_on_, std::vector<std::string>{first + line(record_)});
  log_.flush();  // nothing new
  EXPECT_EQ(handed_on_.size(), 1U);
}

TEST_F(AccessLogTest, AFullBufferIsHandedOnAtOnce) {
  keep_what_is_handed_on();
  const std::size_t size = line(record_).size();
  const std::size_t fill = (AccessLog::kBufferBytes + size - 1) / size;
  for (std::size_t i = 1; i < fill; ++i) {
    log_.add(record_);
  }
  EXPECT_TRUE(handed_on_.empty());
  log_.add(record_);
  ASSERT_EQ(handed_on_.size(), 1U);
  EXPECT_EQ(handed_on_[0].size(), fill * size);
  EXPECT_LE(handed_on_[0].capacity(), 2 * AccessLog::kBufferBytes);
}

TEST_F(AccessLogTest, GoesOnInTheBufferItGotBack) {
  keep_what_is_handed_on();
  next_.reserve(AccessLog::kBufferBytes);
  const char* const given = next_.data();
  log_.add(record_);
  log_.flush();
  log_.add(record_);
  log_.flush();
  ASSERT_EQ(handed_on_.size(), 2U);
  EXPECT_EQ(handed_on_[1].data(), given);
  EXPECT_EQ(handed_on_[1], line(record_));
}

}  // namespace
}  // namespace penstock::request
