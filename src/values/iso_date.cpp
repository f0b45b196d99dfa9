#include "values/iso_date.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>

namespace brood {
namespace {

struct civil {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

/// Converts from days since 1970, for all years that JavaScript knows; std::chrono ends at 32767. Years begin in March
/// here, so that the leap day comes last, and are grouped in eras of 400.
civil to_civil(std::int64_t days) {
  constexpr std::int64_t days_in_era = 146'097;
  days += 719'468;  // since March 1 of the year 0
  const std::int64_t era = (days >= 0 ? days : days - (days_in_era - 1)) / days_in_era;
  const auto day_of_era = static_cast<unsigned>(days - era * days_in_era);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned month_from_march = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

}  // namespace

std::optional<std::string> iso_text(double milliseconds) {
  constexpr double most = 8.64e15;
  constexpr std::int64_t day = 86'400'000;
  if (!(std::abs(milliseconds) <= most)) return std::nullopt;
  const auto time = static_cast<std::int64_t>(milliseconds);
  std::int64_t days = time / day;
  std::int64_t rest = time % day;
  if (rest < 0) {
    rest += day;
    --days;
  }
  const civil date = to_civil(days);
  const char* year = date.year >= 0 && date.year <= 9999 ? "%04lld" : date.year < 0 ? "-%06lld" : "+%06lld";
  char text[64];
  auto at = static_cast<std::size_t>(std::snprintf(text, sizeof text, year, std::llabs(date.year)));
  std::snprintf(text + at, sizeof text - at, "-%02u-%02uT%02d:%02d:%02d.%03dZ", date.month, date.day,
                static_cast<int>(rest / 3'600'000), static_cast<int>(rest / 60'000 % 60),
                static_cast<int>(rest / 1000 % 60), static_cast<int>(rest % 1000));
  return text;
}

}  // namespace brood
