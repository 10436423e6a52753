#pragma once
// What cloison has to know of a certificate (X.509, RFC 5280).

#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace cloison {

struct Certificate {
  std::string subject{};  // "CN=gateway.clinic.example", as RFC 2253 writes it
  Instant from{}, until{};
};

/// The first certificate of a PEM text; nullopt: there is none that can be read.
[[nodiscard]] std::optional<Certificate> read_certificate(std::string_view pem);

}  // namespace cloison
