#include <algorithm>
#include <array>

#include "core/report/writers.h"

namespace cloison::report {

namespace {

struct Named {
  Format format;
  std::string_view name, extension;
};

constexpr std::array k_formats{
    Named{Format::csv, "csv", "csv"},
    Named{Format::xlsx, "xlsx", "xlsx"},
    Named{Format::html, "html", "html"},
    Named{Format::pdf, "pdf", "pdf"},
    Named{Format::json, "json", "json"},
    Named{Format::markdown, "markdown", "md"},
    Named{Format::oscal, "oscal", "oscal.json"},
};

std::string_view of(Format format, std::string_view Named::* what) {
  const auto found =
      std::find_if(k_formats.begin(), k_formats.end(), [&](const Named& one) { return one.format == format; });
  return found == k_formats.end() ? std::string_view() : (*found).*what;
}

}  // namespace

std::optional<Format> format_named(std::string_view name) {
  const auto found =
      std::find_if(k_formats.begin(), k_formats.end(), [&](const Named& one) { return one.name == name; });
  return found == k_formats.end() ? std::nullopt : std::optional(found->format);
}

std::string_view name_of(Format format) {
  return of(format, &Named::name);
}

std::string_view extension_of(Format format) {
  return of(format, &Named::extension);
}

}  // namespace cloison::report
