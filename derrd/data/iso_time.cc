#include "derrd/data/iso_time.h"

#include <cctype>
#include <chrono>

namespace derrd {
namespace {

// Takes what it reads off the front of the text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool Skip(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_.front()) == any_of.npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  // A number of so many digits, up to `most`.
  std::optional<int> Digits(std::size_t count, int most) {
    if (text_.size() < count) return std::nullopt;
    int number = 0;
    for (const char digit : text_.substr(0, count)) {
      if (std::isdigit(static_cast<unsigned char>(digit)) == 0) return std::nullopt;
      number = 10 * number + (digit - '0');
    }
    text_.remove_prefix(count);
    return number <= most ? std::optional(number) : std::nullopt;
  }
  // The digits of a fraction, at least one.
  std::optional<double> Fraction() {
    double value = 0, unit = 0.1;
    const std::size_t before = text_.size();
    for (; !text_.empty() && std::isdigit(static_cast<unsigned char>(text_.front())) != 0;
         unit /= 10) {
      value += unit * (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return text_.size() < before ? std::optional(value) : std::nullopt;
  }

 private:
  std::string_view text_;
};

std::optional<double> DaySeconds(Cursor& cursor) {
  const auto year = cursor.Digits(4, 9999);
  if (!year || !cursor.Skip("-")) return std::nullopt;
  const auto month = cursor.Digits(2, 12);
  if (!month || !cursor.Skip("-")) return std::nullopt;
  const auto day = cursor.Digits(2, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return 86400.0 * static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count());
}

// HH:MM, of a time or of a zone.
std::optional<double> ClockSeconds(Cursor& cursor, bool colon_needed) {
  const auto hour = cursor.Digits(2, 24);
  if (!hour) return std::nullopt;
  const bool colon = cursor.Skip(":");
  if (!colon && (colon_needed || cursor.done())) {
    return colon_needed ? std::nullopt : std::optional(3600.0 * *hour);
  }
  const auto minute = cursor.Digits(2, 59);
  if (!minute) return std::nullopt;
  return 3600.0 * *hour + 60.0 * *minute;
}

std::optional<double> SecondsAfterMinute(Cursor& cursor) {
  if (!cursor.Skip(":")) return 0.0;
  const auto second = cursor.Digits(2, 60);
  if (!second) return std::nullopt;
  if (!cursor.Skip(".,")) return *second;
  const auto fraction = cursor.Fraction();
  if (!fraction) return std::nullopt;
  return *second + *fraction;
}

// What is to be taken off local time.
std::optional<double> ZoneSeconds(Cursor& cursor) {
  if (cursor.done() || cursor.Skip("Zz")) return 0.0;
  cursor.Skip(" ");
  const bool east = cursor.Skip("+");
  if (!east && !cursor.Skip("-")) return std::nullopt;
  const auto offset = ClockSeconds(cursor, false);
  if (!offset) return std::nullopt;
  return east ? *offset : -*offset;
}

}  // namespace

std::optional<double> ParseIsoTime(std::string_view text) {
  Cursor cursor(text);
  const auto day = DaySeconds(cursor);
  if (!day || cursor.done()) return day;
  if (!cursor.Skip("Tt ")) return std::nullopt;
  const auto clock = ClockSeconds(cursor, true);
  if (!clock) return std::nullopt;
  const auto seconds = SecondsAfterMinute(cursor);
  if (!seconds) return std::nullopt;
  const auto zone = ZoneSeconds(cursor);
  if (!zone || !cursor.done()) return std::nullopt;
  return *day + *clock + *seconds - *zone;
}

}  // namespace derrd
