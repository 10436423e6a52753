#include "providers/node/certificates.h"

#include <fmt/format.h>

#include "core/base/certificate.h"
#include "core/base/numbers.h"
#include "core/base/strings.h"

namespace cloison::node {

namespace {

constexpr std::string_view k_setting = "certificate.", k_fact = "certificate/";
constexpr int64_t k_soon = 30;  // days

int64_t days_left(const Certificate& certificate, std::chrono::sys_seconds now) {
  return std::chrono::floor<std::chrono::days>(certificate.until - now).count();
}

}  // namespace

Result<void> check_certificate(const std::string& reference, std::string_view pem, std::chrono::sys_seconds now) {
  const auto refuse = [&](std::string why) {
    return fail(Diagnostic{
        .kind = ErrorKind::conflict,
        .code = "CL5438",
        .summary = fmt::format("'{}' is no certificate to serve with", printable(reference)),
        .detail = std::move(why) + " Nothing was changed.",
        .hint = fmt::format("put a valid one there, and look: openssl x509 -noout -subject -dates -in {}",
                            printable(reference.substr(std::min(reference.size(), reference.find(':') + 1))))});
  };
  const auto certificate = read_certificate(pem);
  if (!certificate) return refuse("It holds no certificate in PEM.");
  if (certificate->until <= now)
    return refuse(fmt::format("That of {} ended on {}.", printable(certificate->subject), rfc3339(certificate->until)));
  if (certificate->from > now)
    return refuse(fmt::format("That of {} begins on {}.", printable(certificate->subject), rfc3339(certificate->from)));
  return {};
}

Facts certificate_facts(const std::map<std::string, std::string>& settings,
                        const std::function<Result<Secret>(const std::string&)>& value, std::chrono::sys_seconds now) {
  Facts facts;
  if (!value) return facts;
  for (auto one = settings.lower_bound(std::string(k_setting));
       one != settings.end() && one->first.starts_with(k_setting); ++one) {
    const auto pem = value(one->second);
    const auto certificate = pem ? read_certificate(pem->reveal()) : std::nullopt;
    if (certificate)
      facts.emplace(std::string(k_fact) + one->first.substr(k_setting.size()),
                    fmt::format("{} {} {}", days_left(*certificate, now), rfc3339(certificate->until), one->second));
  }
  return facts;
}

void note_certificates(const NodeIntent& node, const Facts& facts, Diagnostics& notes) {
  for (const auto& service : node.services) {
    const auto fact = facts.find(std::string(k_fact) + service.name);
    if (fact == facts.end()) continue;
    const auto words = split(fact->second, ' ');
    const auto days = words.size() >= 3 ? number_in<int64_t>(words[0]) : std::nullopt;
    if (!days || *days > k_soon) continue;
    const auto reference = fact->second.substr(words[0].size() + words[1].size() + 2);
    notes.push_back({.severity = Diagnostic::Severity::warning,
                     .kind = ErrorKind::conflict,
                     .code = "CL5439",
                     .summary = *days < 0 ? fmt::format("the certificate of {} is over", printable(service.name))
                                          : fmt::format("the certificate of {} ends in {}", printable(service.name),
                                                        counted(static_cast<std::size_t>(*days), "day")),
                     .detail = fmt::format("'{}' is valid until {}.", printable(reference), printable(words[1])),
                     .hint = "renew it, and apply: nobody's connection ends by that",
                     .address = node.path,
                     .where = service.origins.empty() ? 0 : service.origins.front().span});
  }
}

}  // namespace cloison::node
