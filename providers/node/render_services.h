#pragma once
// Services as files of a machine: releases, units of systemd, and what the agent reads of them. Pure.

#include <string_view>
#include <vector>

#include "providers/node/render.h"
#include "providers/node/settings.h"

namespace cloison::node {

[[nodiscard]] std::vector<NodeFile> release_files(const Settings& settings);
[[nodiscard]] std::vector<NodeFile> service_files(const Settings& settings);

/// One line of a service's `secrets`: what it is to the service, and where its value is here.
struct ServiceSecret {
  std::string kind{};  // "variable", "credential"
  std::string name{}, reference{};
};
[[nodiscard]] std::vector<ServiceSecret> secrets_of(const Settings& settings);
/// What the machine keeps of it, with `value` as it is written there ("0x…"), or k_hidden.
[[nodiscard]] std::string secret_lines(const ServiceSecret& secret, std::string_view value);
constexpr std::string_view k_secrets_suffix = ".secrets";

}  // namespace cloison::node
