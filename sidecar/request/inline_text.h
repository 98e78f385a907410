#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace penstock::request {

// Text of at most `kCapacity` bytes without an allocation; what is longer is cut, never inside a
// UTF-8 character.
template <std::size_t kCapacity>
class InlineText {
  static_assert(kCapacity <= 255);

 public:
  InlineText() = default;
  explicit InlineText(std::string_view text) { assign(text); }

  InlineText& operator=(std::string_view text) {
    assign(text);
    return *this;
  }

  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  bool operator==(std::string_view text) const { return view() == text; }

 private:
  void assign(std::string_view text) {
    std::size_t size = text.size();
    if (size > kCapacity) {
      size = kCapacity;
      while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
        --size;
      }
    }
    text.copy(bytes_.data(), size);
    size_ = static_cast<std::uint8_t>(size);
  }

  std::array<char, kCapacity> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace penstock::request
