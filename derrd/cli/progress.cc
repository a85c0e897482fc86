#include "derrd/cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "derrd/report/table.h"

namespace derrd::cli {
namespace {

constexpr double kTerminalInterval = 0.1;
constexpr double kPlainInterval = 10.0;
constexpr std::size_t kBarWidth = 20;
constexpr std::size_t kUsualColumns = 80;

// 0 when standard error is not a terminal.
std::size_t ColumnsOfStandardError() {
  if (::isatty(STDERR_FILENO) == 0) return 0;
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kUsualColumns;
}

std::string Bar(double share) {
  const auto filled = static_cast<std::size_t>(share * kBarWidth);
  std::string bar(filled, '=');
  if (filled < kBarWidth) bar += '>';
  bar.resize(kBarWidth, ' ');
  return "[" + bar + "] ";
}

std::string Rate(double per_second) {
  return per_second < 100 ? fmt::format("{:.3g}", per_second)
                          : WithThousands(static_cast<std::uint64_t>(std::llround(per_second)));
}

// At most so many code points.
std::string Cut(const std::string& line, std::size_t columns) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if ((line[i] & 0xC0) != 0x80 && ++width > columns) return line.substr(0, i);
  }
  return line;
}

}  // namespace

Progress::Progress(std::string label, std::uint64_t total, std::string unit)
    : Progress(std::move(label), total, std::move(unit), stderr, ColumnsOfStandardError(),
               [] { return std::chrono::steady_clock::now().time_since_epoch(); }) {}

Progress::Progress(std::string label, std::uint64_t total, std::string unit, std::FILE* stream,
                   std::size_t columns, Clock clock)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      stream_(stream),
      columns_(columns),
      clock_(std::move(clock)),
      start_(clock_()),
      shown_(start_) {}

Progress::~Progress() {
  if (open_) std::fputc('\n', stream_);
}

void Progress::Update(std::uint64_t done, std::string_view note) {
  const auto now = clock_();
  if ((now - shown_).count() < (columns_ > 0 ? kTerminalInterval : kPlainInterval)) return;
  shown_ = now;
  Show(Line(done, (now - start_).count(), note), /*last=*/false);
}

void Progress::Finish(std::uint64_t done, std::string_view note) {
  const double seconds = (clock_() - start_).count();
  std::string line =
      fmt::format("{} {} {} in {}", label_, WithThousands(done), unit_, HumanDuration(seconds));
  if (seconds > 0)
    line += fmt::format("  {} {}/s", Rate(static_cast<double>(done) / seconds), unit_);
  if (!note.empty()) line.append("  ").append(note);
  Show(line, /*last=*/true);
}

std::string Progress::Line(std::uint64_t done, double seconds, std::string_view note) const {
  std::string line = label_ + " ";
  if (total_ > 0) {
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
    line += fmt::format("{}{:3.0f} %  {} of {} {}", columns_ > 0 ? Bar(share) : "",
                        std::floor(100 * share), WithThousands(done), WithThousands(total_), unit_);
  } else {
    line += fmt::format("{} {}", WithThousands(done), unit_);
  }
  if (done > 0 && seconds > 0) {
    const double rate = static_cast<double>(done) / seconds;
    line += fmt::format("  {} {}/s", Rate(rate), unit_);
    if (total_ > 0) {
      const auto remaining = static_cast<double>(total_ - std::min(done, total_));
      line += fmt::format("  {} left", HumanDuration(remaining / rate));
    }
  }
  if (!note.empty()) line.append("  ").append(note);
  return line;
}

// A stream that cannot be written, as of a terminal that was closed, must not end the work.
void Progress::Show(const std::string& line, bool last) {
  // Back to the first column, the line, and clear what an earlier, longer one left.
  const std::string text =
      columns_ > 0
          ? fmt::format("\r{}\x1b[K{}", last ? line : Cut(line, columns_ - 1), last ? "\n" : "")
          : line + "\n";
  std::fputs(text.c_str(), stream_);
  std::fflush(stream_);
  open_ = columns_ > 0 && !last;
}

std::string HumanDuration(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

}  // namespace derrd::cli
