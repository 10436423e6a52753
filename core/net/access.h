#pragma once
// What a provider may reach beside its own servers, handed in so that tests decide it.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/once.h"
#include "core/base/scrubber.h"
#include "core/net/http.h"
#include "core/net/keeper.h"

namespace cloison::net {

struct Access {
  /// The process's environment; empty function: none.
  std::function<std::optional<std::string>(const std::string&)> environment{};
  /// Where relative file names start, and where files such as clouds.yaml are looked for first.
  std::filesystem::path folder = ".";
  /// Where those that the topology refers to start; empty: in `folder`.
  std::filesystem::path topology{};
  /// Learns every secret that is read; may be nullptr.
  Scrubber* scrubber = nullptr;
  /// One line an exchange, for `--debug`; empty: none.
  std::function<void(std::string_view)> trace{};
  /// Where SSH connections outlive this run; nullopt: nowhere.
  std::optional<Keeping> keeping{};
  /// What is worked out once in a run, for all providers.
  std::shared_ptr<Once> once = std::make_shared<Once>();
  /// Instead of libcurl; tests only.
  std::shared_ptr<Transport> transport{};
  /// How long one second of waiting between tries takes; less in tests only.
  std::chrono::milliseconds pace{1000};

  [[nodiscard]] std::optional<std::string> variable(const std::string& name) const {
    return environment ? environment(name) : std::nullopt;
  }
  [[nodiscard]] const std::filesystem::path& home() const { return topology.empty() ? folder : topology; }
  [[nodiscard]] std::chrono::milliseconds paced(std::chrono::milliseconds time) const {
    return time * pace.count() / 1000;
  }
  void learn(const Secret& secret) const {
    if (scrubber != nullptr) scrubber->add(secret);
  }
};

}  // namespace cloison::net
