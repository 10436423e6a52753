#include "tests/deploy/common/options.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/deploy/common/numbers.h"

namespace cloison::deploy_test {

std::int64_t whole_number(std::string_view what, std::string_view text, std::int64_t low, std::int64_t high) {
  const auto number = number_of<std::int64_t>(text);
  if (!number || *number < low || *number > high)
    throw BadUsage(fmt::format("{}: '{}' is no number from {} to {}", what, text, low, high));
  return *number;
}

Options::Options(int argc, char** argv, const std::vector<std::string_view>& valued,
                 const std::vector<std::string_view>& flags) {
  const auto among = [](const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto name = word.starts_with("--") ? word.substr(2) : std::string_view{};
    if (among(flags, name)) {
      values_[std::string(name)].emplace_back();
    } else if (!among(valued, name)) {
      throw BadUsage(fmt::format("'{}' is no option", word));
    } else if (++i == argc) {
      throw BadUsage(fmt::format("{}: a value is missing", word));
    } else {
      values_[std::string(name)].emplace_back(argv[i]);
    }
  }
}

std::string Options::text(std::string_view name, std::string_view otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string(otherwise) : found->second.back();
}

std::vector<std::string> Options::all(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::int64_t Options::number(std::string_view name, std::int64_t low, std::int64_t high, std::int64_t otherwise) const {
  return has(name) ? whole_number(fmt::format("--{}", name), text(name), low, high) : otherwise;
}

double Options::share(std::string_view name, double otherwise) const {
  if (!has(name)) return otherwise;
  const auto number = number_of<double>(text(name));
  // Written so that no comparison with "nan" holds.
  const bool within = number && *number >= 0 && *number <= 1;
  if (!within) throw BadUsage(fmt::format("--{}: '{}' is no share from 0 to 1", name, text(name)));
  return *number;
}

}  // namespace cloison::deploy_test
