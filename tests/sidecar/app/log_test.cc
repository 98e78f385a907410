#include "sidecar/app/log.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "lib/net/descriptor.h"

namespace penstock::app {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;  // more than a pipe takes

class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    out_ = net::Descriptor(ends[0]);
    in_ = net::Descriptor(ends[1]);
  }
  [[nodiscard]] int in() const { return in_.get(); }
  [[nodiscard]] int out() const { return out_.get(); }
  void close_in() { in_.close(); }
  void close_out() { out_.close(); }

  // Waits for `size` bytes; fewer are the end.
  std::string read(std::size_t size = std::string::npos) {
    std::string text;
    std::array<char, 16 * 1024> chunk{};
    while (text.size() < size) {
      const ssize_t n =
          ::read(out_.get(), chunk.data(), std::min(chunk.size(), size - text.size()));
      if (n <= 0) {
        break;
      }
      text.append(chunk.data(), static_cast<std::size_t>(n));
    }
    return text;
  }

 private:
  net::Descriptor out_;
  net::Descriptor in_;
};

class LogWriterTest : public testing::Test {
 protected:
  // The writer's end, beside somebody who reads.
  std::string read_to_the_end() {
    std::string text;
    std::thread reader([&] { text = output_.read(); });
    log_.reset();
    output_.close_in();
    errors_.close_in();
    reader.join();
    return text;
  }

  Pipe output_;
  Pipe errors_;
  std::unique_ptr<LogWriter> log_ = std::make_unique<LogWriter>(output_.in(), errors_.in());
};

TEST_F(LogWriterTest, WritesLinesInOrderAndNotesBesides) {
  log_->write("one\n");
  log_->write("two\n");
  log_->note("info", "say \"ready\"");
  log_->write("three\n");
  EXPECT_EQ(read_to_the_end(), "one\ntwo\nthree\n");
  const std::string note = errors_.read();
  EXPECT_EQ(note.find(R"({"time":")"), 0U) << note;
  EXPECT_NE(note.find(R"(Z","level":"info","message":"say \"ready\""})"), std::string::npos)
      << note;
  EXPECT_EQ(note.back(), '\n');
}

TEST_F(LogWriterTest, WhoDoesNotReadStopsNobodyAndIsToldWhatWasDropped) {
  const auto lines = [](std::size_t i) {
    std::string text(kBufferBytes, static_cast<char>('0' + i));
    text.back() = '\n';
    return text;
  };
  log_->write(lines(0));
  std::string text = output_.read(1);  // the writer has it, and more than the pipe takes
  constexpr std::size_t kBuffers = 70;
  for (std::size_t i = 1; i < kBuffers; ++i) {
    log_->write(lines(i));
  }
  const std::size_t dropped = log_->dropped_buffers();
  EXPECT_GE(dropped, kBuffers - 1 - LogWriter::kQueueBytes / kBufferBytes);
  EXPECT_LT(dropped, kBuffers - LogWriter::kQueueBytes / kBufferBytes / 2);

  text += read_to_the_end();
  ASSERT_EQ(text.size(), (kBuffers - dropped) * kBufferBytes);
  for (std::size_t i = 0; i < kBuffers - dropped; ++i) {  // the last ones are those that went
    EXPECT_EQ(text.compare(i * kBufferBytes, kBufferBytes, lines(i)), 0) << i;
  }
  const std::string note = errors_.read();
  EXPECT_NE(note.find("\"" + std::to_string(dropped) + " buffers of log lines dropped"),
            std::string::npos)
      << note;
}

TEST_F(LogWriterTest, AQuietBufferStaysWhereItIs) {
  std::string buffer;
  buffer.reserve(kBufferBytes);
  const char* const memory = buffer.data();
  constexpr int kSeconds = 1000;  // of a log that nobody reads: far more memory than may wait
  std::string expected;
  for (int i = 0; i < kSeconds; ++i) {
    const std::string line(200, static_cast<char>('a' + i % 26));
    buffer += line + "\n";
    expected += buffer;
    buffer = log_->write(std::move(buffer));
    ASSERT_TRUE(buffer.empty());
    ASSERT_EQ(buffer.data(), memory);
  }
  EXPECT_EQ(log_->dropped_buffers(), 0U);
  EXPECT_EQ(read_to_the_end(), expected);
}

TEST_F(LogWriterTest, AFullBufferComesBackOnceItIsWritten) {
  std::string buffer(kBufferBytes, 'x');
  const char* const memory = buffer.data();
  EXPECT_NE(log_->write(std::move(buffer)).data(), memory);
  EXPECT_EQ(output_.read(kBufferBytes).size(), kBufferBytes);
  // Of a later round, for it came after what was read; a round begins with taking back.
  log_->note("info", "a later round");
  EXPECT_EQ(errors_.read(1), "{");
  const std::string again = log_->write(std::string(kBufferBytes, 'y'));
  EXPECT_TRUE(again.empty());
  EXPECT_EQ(again.data(), memory);
  EXPECT_EQ(read_to_the_end(), std::string(kBufferBytes, 'y'));
}

TEST_F(LogWriterTest, WaitsForAReaderWhereTheOutputDoesNot) {
  ASSERT_EQ(::fcntl(output_.in(), F_SETFL, O_NONBLOCK), 0);
  const std::string lines(4 * kBufferBytes, 'x');
  log_->write(std::string(lines));
  EXPECT_EQ(read_to_the_end(), lines);
}

TEST_F(LogWriterTest, EndsThoughNobodyReadsAndTheOutputIsFull) {
  ASSERT_NE(std::signal(SIGPIPE, SIG_IGN), SIG_ERR);  // as the program does
  Pipe full;
  auto log = std::make_unique<LogWriter>(full.in(), errors_.in(), std::chrono::milliseconds(1));
  log->write(std::string(kBufferBytes, 'x'));
  log->write(std::string(kBufferBytes, 'y'));
  EXPECT_EQ(full.read(1), "x");  // the writer has them, and more than the pipe takes
  log.reset();
  EXPECT_EQ(full.read(kBufferBytes - 1), std::string(kBufferBytes - 1, 'x'));
  pollfd more{.fd = full.out(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&more, 1, /*milliseconds=*/200), 0) << "nothing is written behind what hung";
}

TEST_F(LogWriterTest, EndsWhereNobodyReadsAnyMore) {
  ASSERT_NE(std::signal(SIGPIPE, SIG_IGN), SIG_ERR);  // as the program does
  output_.close_out();
  log_->write(std::string(kBufferBytes, 'x'));
  log_->note("info", "still here");
  log_.reset();
  errors_.close_in();
  EXPECT_NE(errors_.read().find("still here"), std::string::npos);
}

}  // namespace
}  // namespace penstock::app
