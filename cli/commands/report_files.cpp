#include "cli/commands/report_files.h"

#include "core/ops/files.h"

namespace cloison::cli {

using report::Format;
using report::Language;

Result<std::string> in_format(const report::Report& made, Format format, Language language) {
  switch (format) {
    case Format::csv:
      return report::write_csv(made, language);
    case Format::xlsx:
      return report::write_xlsx(made, language);
    case Format::html:
      return report::write_html(made, language);
    case Format::pdf:
      return report::write_pdf(made, language);
    case Format::json:
      return report::write_json(made);
    case Format::oscal:
      return made.oscal(made.heading);
    case Format::markdown:
      break;
  }
  return report::write_markdown(made, language);
}

Language language_of(const Arguments& arguments) {
  return arguments.lang == "fr" ? Language::french : Language::english;
}

JsonObject fields_of(Format format, Language language, const std::string& bytes) {
  return JsonObject()
      .text("format", report::name_of(format))
      .text("language", language == Language::french ? "fr" : "en")
      .number("bytes", bytes.size());
}

int save_report(const std::string& file, const std::string& bytes, Format format, Language language, Console& console) {
  if (auto saved = ops::write_file(file, bytes, ops::Access::private_file); !saved) {
    console.error(saved.error());
    return 1;
  }
  console.line({"report", fields_of(format, language, bytes).text("file", file).text("text", "")});
  return 0;
}

}  // namespace cloison::cli
