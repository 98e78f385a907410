#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace penstock::domain {

// Bytes appended one small piece after the other. std::string does the same with a call and a
// terminating zero for each piece; where a request is made of hundreds of them, that is half the
// cost.
class ByteSink {
 public:
  // Makes room for `size` more bytes at once.
  void reserve(std::size_t size) {
    if (capacity_ - size_ < size) {
      grow(size);
    }
  }

  // `size` more bytes, for the caller to write before anything else is appended.
  [[nodiscard]] char* extend(std::size_t size) {
    reserve(size);
    return data_.get() + std::exchange(size_, size_ + size);
  }

  void append(std::string_view bytes) {
    char* const at = extend(bytes.size());
    if (!bytes.empty()) {
      std::memcpy(at, bytes.data(), bytes.size());
    }
  }

  void push_back(char byte) { *extend(1) = byte; }

  void clear() { size_ = 0; }
  // REQUIRES: size <= size().
  void truncate(std::size_t size) { size_ = size; }
  // What was appended from `offset` on. REQUIRES: offset <= size().
  [[nodiscard]] char* from(std::size_t offset) { return data_.get() + offset; }
  // Gives the memory back.
  void release() {
    data_.reset();
    size_ = 0;
    capacity_ = 0;
  }

  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  void grow(std::size_t size) {
    const std::size_t capacity = std::max(size_ + size, 2 * capacity_);
    auto data = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ != 0) {
      std::memcpy(data.get(), data_.get(), size_);
    }
    data_ = std::move(data);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace penstock::domain
