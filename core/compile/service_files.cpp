#include "core/compile/service_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/compile/builder.h"
#include "core/topology/service_settings.h"

namespace cloison::compile {

namespace {

std::string text_of(const std::optional<IpAddress>& address) {
  return address ? address->text() : std::string();
}

/// IPv4 where it has both.
std::string text_of(const topology::Machine& machine) {
  return text_of(machine.ipv4 ? machine.ipv4 : machine.ipv6);
}

bool is_file_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
  });
}

}  // namespace

std::string filled(std::string_view text, const TemplateValues& values, const std::string& file, SpanId where,
                   Diagnostics& notes) {
  const auto wrong = [&](std::string detail, std::string hint) {
    notes.push_back({.kind = ErrorKind::topology,
                     .code = "CL5440",
                     .summary = fmt::format("the template '{}' cannot be filled", printable(file)),
                     .detail = std::move(detail),
                     .hint = std::move(hint),
                     .where = where});
  };
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto open = text.find("{{", at);
    out += text.substr(at, open == std::string_view::npos ? open : open - at);
    if (open == std::string_view::npos) break;
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(open), '\n');
    const auto close = text.find("}}", open);
    if (close == std::string_view::npos) {
      wrong(fmt::format("In line {} a '{{{{' is not closed.", line), "a value is written {{name}}");
      return out + std::string(text.substr(open));
    }
    const auto name = std::string(trimmed(text.substr(open + 2, close - open - 2)));
    at = close + 2;
    if (const auto value = values.find(name); value != values.end()) {
      out += value->second;
      continue;
    }
    std::vector<std::string> names;
    for (const auto& [known, value] : values) names.push_back(known);
    wrong(fmt::format("Line {} names '{}', which nobody knows.", line, printable(name)), did_you_mean(name, names));
    out += text.substr(open, at - open);
  }
  return out;
}

/// Where each service is: the same on all machines.
TemplateValues Builder::service_places() const {
  TemplateValues values;
  for (uint32_t index = 0; index < topology_.services.size(); ++index) {
    const auto prefix = fmt::format("services.{}.", topology_.services[index].name);
    std::vector<std::string> addresses;
    std::string shared;
    for (const auto& host : resolved_.hosts) {
      if (std::find(host.services.begin(), host.services.end(), index) == host.services.end()) continue;
      if (host.virtual_address && shared.empty()) shared = text_of(*host.virtual_address);
      for (const auto& machine : host.machines) addresses.push_back(text_of(machine));
    }
    std::erase(addresses, "");
    if (addresses.empty()) continue;
    values.emplace(prefix + "address", shared.empty() ? addresses.front() : shared);
    values.emplace(prefix + "addresses", join(addresses, ","));
    for (const auto& match : resolved_.service_listens[index])
      if (match.ports.first != 0) values.emplace(prefix + "port", std::to_string(match.ports.first));
  }
  return values;
}

/// And what a machine's files may name of itself.
TemplateValues Builder::template_values(uint32_t service, const topology::ResolvedHost& host,
                                        const topology::Machine& machine) const {
  const auto& segment = resolved_.segments[host.segment];
  return {{"machine.name", machine.name},
          {"machine.path", machine.path},
          {"machine.address", text_of(machine.ipv4)},
          {"machine.address6", text_of(machine.ipv6)},
          {"service.name", topology_.services[service].name},
          {"service.version", topology::ServiceSettings(topology_.services[service]).text("artifact.version")},
          {"site", topology_.sites[segment.site].path},
          {"segment", segment.path},
          {"environment", segment.environment}};
}

std::map<std::string, std::string> Builder::service_files(uint32_t index, const topology::ResolvedHost& host,
                                                          const topology::Machine& machine,
                                                          const TemplateValues& places, Diagnostics& notes) const {
  const auto& service = topology_.services[index];
  const auto references = topology::ServiceSettings(service).references_of("files");
  if (references.empty()) return {};
  auto values = template_values(index, host, machine);
  values.insert(places.begin(), places.end());
  std::map<std::string, std::string> files;
  for (const auto& [name, reference] : references) {
    if (!is_file_name(name)) {
      notes.push_back({.kind = ErrorKind::topology,
                       .code = "CL5440",
                       .summary = fmt::format("'{}' is no name of a file", printable(name)),
                       .detail = "Files of a service lie beside each other.",
                       .hint = "files: {gateway.json: file:templates/gateway.json}",
                       .where = service.span});
      continue;
    }
    const auto text = options_.templates.find(reference);
    if (text == options_.templates.end()) continue;  // whoever reads them has said why
    files.emplace(name, filled(text->second, values, reference, service.span, notes));
  }
  return files;
}

}  // namespace cloison::compile
