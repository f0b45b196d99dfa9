#include "http/date.hpp"

#include <cstring>

namespace brood::http::detail {
namespace {

void two_digits(char* to, int value) noexcept {
  to[0] = static_cast<char>('0' + value / 10 % 10);
  to[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::array<char, 29> imf_fixdate(std::time_t time) noexcept {
  static constexpr char days[] = "SunMonTueWedThuFriSat";
  static constexpr char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  std::array<char, 29> text;
  std::memcpy(text.data(), "Sun, 06 Nov 1994 08:49:37 GMT", text.size());
  std::memcpy(text.data(), days + 3 * utc.tm_wday, 3);
  two_digits(&text[5], utc.tm_mday);
  std::memcpy(&text[8], months + 3 * utc.tm_mon, 3);
  two_digits(&text[12], (utc.tm_year + 1900) / 100);
  two_digits(&text[14], utc.tm_year % 100);
  two_digits(&text[17], utc.tm_hour);
  two_digits(&text[20], utc.tm_min);
  two_digits(&text[23], utc.tm_sec);
  return text;
}

std::time_t current_second() noexcept {
  // The coarse clock is read without a system call, in a few nanoseconds.
  std::timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return now.tv_sec;
}

std::string_view date_line::now() noexcept {
  if (const auto now = current_second(); now != written_) write(now);
  return {text_.data(), text_.size()};
}

void date_line::write(std::time_t now) noexcept {
  const auto date = imf_fixdate(now);
  std::memcpy(text_.data(), "Date: ", 6);
  std::memcpy(&text_[6], date.data(), date.size());
  std::memcpy(&text_[35], "\r\n", 2);
  written_ = now;
}

}  // namespace brood::http::detail
