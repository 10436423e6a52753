#include "core/report/document.h"

namespace cloison::report {

std::string_view kind_name(Column::Kind kind) {
  switch (kind) {
    case Column::Kind::text:
      return "text";
    case Column::Kind::list:
      return "list";
    case Column::Kind::number:
      return "number";
    case Column::Kind::boolean:
      return "boolean";
    case Column::Kind::date:
      return "date";
    case Column::Kind::instant:
      return "instant";
    case Column::Kind::term:
      return "term";
  }
  return "";
}

std::string_view tone_name(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "plain";
    case Tone::good:
      return "good";
    case Tone::warning:
      return "warning";
    case Tone::bad:
      return "bad";
    case Tone::faint:
      return "faint";
  }
  return "";
}

}  // namespace cloison::report
