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

  void append(std::string_view bytes) {
    reserve(bytes.size());
    if (!bytes.empty()) {
      std::memcpy(data_.get() + size_, bytes.data(), bytes.size());
      size_ += bytes.size();
    }
  }

  void push_back(char byte) {
    reserve(1);
    data_[size_++] = byte;
  }

  void clear() { size_ = 0; }
  // REQUIRES: size <= size().
  void truncate(std::size_t size) { size_ = size; }
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
