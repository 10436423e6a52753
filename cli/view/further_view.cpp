#include "cli/view/further_view.h"

#include <fmt/format.h>

#include "core/base/clock.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

/// As places are called: a site's instance by its path, what is below a site by what makes it.
std::string called(const topology::Further& further, const std::string& key) {
  const auto& makes = further.makes.front();
  return printable(makes.find('.') == std::string::npos ? fmt::format("{}/{}", makes, key)
                                                        : fmt::format("{} {}", makes, key));
}

std::string_view outcome(ops::NoFurther::Why why) {
  switch (why) {
    case ops::NoFurther::Why::full:
      return "full";
    case ops::NoFurther::Why::by_hand:
      return "by_hand";
    case ops::NoFurther::Why::not_known:
      return "not_known";
  }
  return "";
}

JsonLine line(const topology::Further& further, std::string_view what, std::string_view why, const SourceMap& sources) {
  std::vector<JsonObject> entries;
  for (const auto& one : further.added) entries.push_back(JsonObject().text("key", one.key).text("like", one.like));
  return {"further", JsonObject()
                         .texts("makes", further.makes)
                         .text("rows", further.rows)
                         .number("count", further.count)
                         .text("outcome", what)
                         .text("why", why)
                         .objects("added", what == "asked" ? entries : std::vector<JsonObject>{})
                         .text("declared", sources.location(further.span))};
}

}  // namespace

std::string further_head(const ops::FurtherProved& further) {
  const auto begins = further.beside == 0 ? std::string("Also with") : rfc3339(further.proved.at) + ", with";
  auto text = fmt::format("\n{} one more of {}, which is not there yet: {}\n", begins, ops::further_text(further.added),
                          further.holds() ? "all of it holds" : "not all of it holds");
  for (const auto& one : further.added) {
    std::vector<std::string> entries;
    for (const auto& entry : one.added) entries.push_back(fmt::format("{} as {}", called(one, entry.key), entry.like));
    text += fmt::format("  {}; {} in {} so far\n", printable(join(entries, ", ")), one.count, printable(one.rows));
  }
  return text;
}

std::string no_further_text(const std::vector<ops::NoFurther>& none) {
  std::string text;
  for (const auto& one : none)
    text += fmt::format("\n{} one more of {}: {}\n",
                        one.why == ops::NoFurther::Why::full ? "There cannot be" : "Not asked about",
                        ops::further_text({one.of}), printable(one.text));
  return text;
}

std::vector<JsonLine> further_json(const ops::Verified& verified) {
  std::vector<JsonLine> lines;
  for (const auto& one : verified.further)
    if (one.beside == 0)
      for (const auto& further : one.added) lines.push_back(line(further, "asked", "", verified.sources));
  for (const auto& one : verified.no_further)
    lines.push_back(line(one.of, outcome(one.why), one.text, verified.sources));
  return lines;
}

}  // namespace cloison::cli
