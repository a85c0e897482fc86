// Times as logs and databases write them.
#ifndef DERRD_DATA_ISO_TIME_H_
#define DERRD_DATA_ISO_TIME_H_

#include <optional>
#include <string_view>

namespace derrd {

// Seconds since 1970-01-01 00:00 UTC of an ISO 8601 date (2024-01-16) or of a date and time
// (2024-01-16T10:00:00.25+01:00), which a space may join as well as a T, and of which seconds, a
// fraction and the zone may be left out; without a zone it is UTC. Nothing when it is anything else
// or no day of the calendar; a leap second counts as the next second.
std::optional<double> ParseIsoTime(std::string_view text);

}  // namespace derrd

#endif  // DERRD_DATA_ISO_TIME_H_
