#include "derrd/serve/recommend_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "derrd/core/nearest.h"
#include "derrd/data/utf8.h"
#include "derrd/serve/http_error.h"

namespace derrd::serve {

namespace {

// In the order of RecommendHandler::Field.
const std::array<std::string, 9> kFieldNames = {
    "user", "items", "k", "exclude", "allow", "where", "include_seen", "compare", "requests"};

}  // namespace

// Takes what the JSON reader meets, one event after the other. Every value has one place where it
// may stand, so the depth is bounded by the grammar.
class RecommendHandler {
 public:
  RecommendHandler(RecommendParser& into, const RequestLimits& limits)
      : into_(into), limits_(limits) {}

  // --- events of the reader; true: go on ---

  bool null() { WrongType("null"); }
  bool boolean(bool value) {
    if (Expects(Field::kIncludeSeen)) {
      Current().include_seen = value;
    } else if (Expects(Field::kCompare)) {
      Current().compare = value;
    } else {
      WrongType("true or false");
    }
    return true;
  }
  bool number_unsigned(std::uint64_t value) {
    if (!Expects(Field::kK)) WrongType("a number");
    if (value == 0 || value > limits_.k) {
      Refuse(400, "invalid_k", "{}k is {}; give a whole number from 1 to {}", Where(), value,
             limits_.k);
    }
    Current().k = value;
    return true;
  }
  bool number_integer(std::int64_t value) { return NotWhole(fmt::format("{}", value)); }
  bool number_float(double, const std::string& text) { return NotWhole(text); }
  bool string(std::string& value) {
    const std::string_view kept = Keep(value);
    if (place_ == Place::kStrings) {
      Strings().push_back(kept);
    } else if (place_ == Place::kWhere || place_ == Place::kValues) {
      Current().where.push_back({into_.names_.back(), kept});
    } else if (Expects(Field::kUser)) {
      Current().user = kept;
    } else {
      WrongType("a text");
    }
    return true;
  }
  bool binary(nlohmann::json::binary_t&) { WrongType("binary data"); }

  bool start_object(std::size_t) {
    if (place_ == Place::kStart) {
      Begin();
    } else if (place_ == Place::kBatch) {
      if (into_.count_ == limits_.batch) {
        Refuse(400, "invalid_batch", "the batch has more than {} requests; send several batches",
               limits_.batch);
      }
      Begin();
    } else if (Expects(Field::kWhere)) {
      place_ = Place::kWhere;
    } else {
      WrongType("an object");
    }
    return true;
  }
  bool key(std::string& name) {
    if (place_ == Place::kWhere) {
      into_.names_.push_back(Keep(name));
      return true;
    }
    field_ = FieldOf(name);
    const unsigned bit = 1u << static_cast<unsigned>(field_);
    if (seen_ & bit) Refuse(400, "repeated_field", "{}{} is given twice", Where(), name);
    seen_ |= bit;
    return true;
  }
  bool end_object() {
    if (into_.is_batch_ && place_ == Place::kTop) return true;
    if (place_ == Place::kWhere) {
      CheckNames();
      place_ = Place::kRequest;
      return true;
    }
    CheckWhole();
    place_ = into_.is_batch_ ? Place::kBatch : Place::kEnd;
    return true;
  }
  bool start_array(std::size_t) {
    if (place_ == Place::kStart) WrongType("an array");
    if (place_ == Place::kRequest && field_ == Field::kRequests) {
      BeginBatch();
    } else if (place_ == Place::kRequest && HoldsStrings()) {
      if (field_ == Field::kAllow) Current().has_allow = true;
      place_ = Place::kStrings;
    } else if (place_ == Place::kWhere) {
      values_before_ = Current().where.size();
      place_ = Place::kValues;
    } else {
      WrongType("an array");
    }
    return true;
  }
  bool end_array() {
    if (place_ == Place::kValues) {
      if (Current().where.size() == values_before_) {
        Refuse(400, "invalid_field", "{}where gives '{}' no value; give one, or leave it out",
               Where(), Shown(into_.names_.back()));
      }
      place_ = Place::kWhere;
    } else {
      place_ = place_ == Place::kStrings ? Place::kRequest : Place::kTop;
    }
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    Refuse(400, "invalid_json", "the body is no JSON: it goes wrong at byte {}", position);
  }

 private:
  enum class Field {
    kUser,
    kItems,
    kK,
    kExclude,
    kAllow,
    kWhere,
    kIncludeSeen,
    kCompare,
    kRequests
  };
  // kRequest: between the braces of a request. kStrings: in its items, exclude or allow. kWhere: in
  // its where, and kValues in the values of an attribute there. kTop: in the outer object of a
  // batch, after it.
  enum class Place { kStart, kRequest, kStrings, kWhere, kValues, kBatch, kTop, kEnd };

  RecommendRequest& Current() { return into_.requests_[into_.count_ - 1]; }

  bool Expects(Field field) const { return place_ == Place::kRequest && field_ == field; }

  bool HoldsStrings() const {
    return field_ == Field::kItems || field_ == Field::kExclude || field_ == Field::kAllow;
  }

  std::vector<std::string_view>& Strings() {
    if (field_ == Field::kItems) return Current().items;
    return field_ == Field::kExclude ? Current().exclude : Current().allow;
  }

  void Begin() {
    if (into_.count_ == into_.requests_.size()) into_.requests_.emplace_back();
    ++into_.count_;
    RecommendRequest& request = Current();
    request.items.clear();
    request.exclude.clear();
    request.allow.clear();
    request.where.clear();
    request.user.reset();
    request.k = std::min<std::size_t>(10, limits_.k);
    request.has_allow = request.include_seen = request.compare = false;
    into_.names_.clear();
    seen_ = 0;
    place_ = Place::kRequest;
  }

  void BeginBatch() {
    if (into_.is_batch_ || seen_ != 1u << static_cast<unsigned>(Field::kRequests)) {
      Refuse(400, "invalid_field",
             "{}requests stands beside other fields; it is the only field of a batch", Where());
    }
    into_.is_batch_ = true;
    into_.count_ = 0;
    place_ = Place::kBatch;
  }

  // The decoded text, never longer than the body, in memory that was reserved for all of it.
  std::string_view Keep(const std::string& value) {
    const std::size_t begin = into_.text_.size();
    into_.text_ += value;
    return std::string_view(into_.text_).substr(begin);
  }

  Field FieldOf(const std::string& name) const {
    for (std::size_t i = 0; i < kFieldNames.size(); ++i) {
      if (place_ == Place::kRequest && kFieldNames[i] == name) return static_cast<Field>(i);
    }
    if (place_ == Place::kTop) {
      Refuse(400, "invalid_field",
             "'{}' stands beside requests, which is the only field of a batch", name);
    }
    Refuse(400, "unknown_field", "{}'{}' is no field of a request{}", Where(), name,
           DidYouMean(name, kFieldNames));
  }

  // Sorts them: there may be as many as fit into a body.
  void CheckNames() {
    std::ranges::sort(into_.names_);
    const auto repeated = std::ranges::adjacent_find(into_.names_);
    if (repeated == into_.names_.end()) return;
    Refuse(400, "repeated_field", "{}where gives '{}' twice; give its values as one array", Where(),
           Shown(*repeated));
  }

  static std::string Shown(std::string_view name) { return Shortened(name, 100); }

  void CheckWhole() const {
    const RecommendRequest& request = into_.requests_[into_.count_ - 1];
    const bool has_items = seen_ & (1u << static_cast<unsigned>(Field::kItems));
    if (request.user.has_value() == has_items) {
      Refuse(400, "invalid_request", "{}recommend to whom? Give either user or items", Where());
    }
    if (has_items && request.items.empty()) {
      Refuse(400, "invalid_request", "{}items is empty; give at least one", Where());
    }
  }

  // "requests[3]: ", or nothing outside a batch.
  std::string Where() const {
    return into_.is_batch_ ? fmt::format("requests[{}]: ", into_.count_ - 1) : std::string();
  }

  [[noreturn]] void WrongType(std::string_view found) const {
    if (place_ == Place::kStart) {
      Refuse(400, "invalid_request", "the body is {}; send an object", found);
    }
    if (place_ == Place::kBatch) {
      Refuse(400, "invalid_request", "requests[{}] is {}; send an object", into_.count_, found);
    }
    if (place_ == Place::kWhere) {
      Refuse(400, "invalid_field", "{}where holds {} for '{}'; give a text or an array of texts",
             Where(), found, Shown(into_.names_.back()));
    }
    if (place_ == Place::kValues) {
      Refuse(400, "invalid_field", "{}where holds {} among the values of '{}'; give texts alone",
             Where(), found, Shown(into_.names_.back()));
    }
    const std::string& name = kFieldNames[static_cast<std::size_t>(field_)];
    if (place_ == Place::kStrings) {
      Refuse(400, "invalid_field", "{}{} holds {}; give texts alone", Where(), name, found);
    }
    Refuse(400, "invalid_field", "{}{} is {}; give {}", Where(), name, found, Wanted());
  }

  std::string_view Wanted() const {
    switch (field_) {
      case Field::kUser:
        return "a text";
      case Field::kK:
        return "a whole number";
      case Field::kIncludeSeen:
      case Field::kCompare:
        return "true or false";
      case Field::kWhere:
        return "an object of attributes and their values";
      case Field::kRequests:
        return "an array of requests";
      default:
        return "an array of texts";
    }
  }

  bool NotWhole(const std::string& text) const {
    if (!Expects(Field::kK)) WrongType("a number");
    Refuse(400, "invalid_k", "{}k is {:.40}; give a whole number from 1 to {}", Where(), text,
           limits_.k);
  }

  RecommendParser& into_;
  const RequestLimits& limits_;
  Place place_ = Place::kStart;
  Field field_ = Field::kUser;
  unsigned seen_ = 0;              // a bit a field of the object being read
  std::size_t values_before_ = 0;  // in where, before the attribute being read
};

std::span<const RecommendRequest> RecommendParser::Parse(std::string_view body,
                                                         const RequestLimits& limits) {
  count_ = 0;
  is_batch_ = false;
  text_.clear();
  text_.reserve(body.size());
  if (!IsUtf8(body)) Refuse(400, "invalid_utf8", "the body is not UTF-8; encode it so");
  const std::size_t zero = body.find('\0');
  if (zero != std::string_view::npos) {  // the reader would take it for the end
    Refuse(400, "invalid_json", "the body is no JSON: it goes wrong at byte {}", zero + 1);
  }
  RecommendHandler handler(*this, limits);
  nlohmann::json::sax_parse(body.begin(), body.end(), &handler);
  if (is_batch_ && count_ == 0) {
    Refuse(400, "invalid_batch", "requests is empty; give at least one");
  }
  return std::span(requests_).first(count_);
}

}  // namespace derrd::serve
