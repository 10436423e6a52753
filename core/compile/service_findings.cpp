#include "core/compile/service_findings.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::compile {

namespace {

bool is_plain(std::string_view text, std::string_view also) {
  return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || also.find(c) != std::string_view::npos;
  });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
}

}  // namespace

Diagnostics service_findings(const ServiceIntent& service) {
  Diagnostics notes;
  const auto refuse = [&](std::string what, std::string hint) {
    notes.push_back({.kind = ErrorKind::topology,
                     .code = "CL5431",
                     .summary = fmt::format("service {} cannot be deployed as it is written", printable(service.name)),
                     .detail = std::move(what),
                     .hint = std::move(hint),
                     .where = service.origins.empty() ? 0 : service.origins.front().span});
  };
  const auto& artifact = service.artifact;
  const bool hexadecimal = std::all_of(artifact.sha256.begin(), artifact.sha256.end(),
                                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (artifact.sha256.size() != 64 || !hexadecimal)
    refuse("'sha256:' of its artifact is not 64 hexadecimal digits: without it nobody can tell what is installed.",
           "write what `sha256sum FILE` says");
  if (artifact.source.starts_with("http:"))
    refuse("Its artifact is fetched without TLS: anybody on the way could give another one.", "url: https://…");
  const auto& references = artifact.references;
  if (references.contains("signature") != references.contains("public_key"))
    refuse("A signature and the key that it is checked with belong together.",
           "artifact: {…, signature: file:gateway.sig, public_key: file:releases.pem}");
  if (!artifact.version.empty() && (!is_plain(artifact.version, "._+~") || artifact.version.size() > 64))
    refuse(fmt::format("'version: {}' is no word of letters, digits and '._+~'.", printable(artifact.version)),
           "version: 1.0.0");
  const auto& program = artifact.executable.empty() ? service.name : artifact.executable;
  if (!is_plain(program, "._/+-") || program.front() == '/' || program.find("..") != std::string::npos)
    refuse(fmt::format("'executable: {}' is no path inside the archive.", printable(program)),
           "executable: bin/gateway");
  if (!service.user.empty() && !is_plain(service.user, "_-"))
    refuse(fmt::format("'user: {}' is no name of an account.", printable(service.user)), "user: gateway");
  for (const auto& [name, value] : service.variables)
    if (!is_plain(name, "_") || has_control(value))
      refuse(fmt::format("The variable '{}' has a name or a value that no environment holds.", printable(name)),
             "names are letters, digits and '_'; values are one line");
  for (const auto* names : {&service.hidden, &service.credentials})
    for (const auto& [name, reference] : *names) {
      if (!is_plain(name, "_.-"))
        refuse(fmt::format("The secret '{}' has a name that is no word.", printable(name)),
               "credentials: {token: env:TOKEN}");
      if (reference.starts_with("command:") || has_control(reference))
        refuse(fmt::format("The secret '{}' is given by a command, which this version does not run.", printable(name)),
               fmt::format("credentials: {{{}: env:NAME}}, or file:PATH", printable(name)));
    }
  for (const auto& one : service.arguments)
    if (has_control(one)) refuse("One of its arguments has more than one line.", "put it into a file of the release");
  if (!service.health.http.empty() && (service.health.http.front() != '/' || has_control(service.health.http) ||
                                       service.health.http.find(' ') != std::string::npos))
    refuse(fmt::format("'http: {}' is no path.", printable(service.health.http)), "health: {http: /health}");
  if (!service.health.http.empty() && service.health.port == 0)
    refuse("'http:' is asked for, and it listens at no TCP port.", "listen: tcp/3000");
  return notes;
}

}  // namespace cloison::compile
