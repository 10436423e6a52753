#include "providers/sandbox/known.h"

#include <algorithm>
#include <charconv>

#include "core/base/strings.h"

namespace cloison::sandbox {

namespace {

/// For providers without a specimen of their own. Keys are FAMILY/NAME.
const Facts& small_catalogue() {
  static const Facts facts = {
      {"image/Debian 12", "debian-12"},
      {"image/Debian 13", "debian-13"},
      {"image/Ubuntu 24.04", "ubuntu-24.04"},
      {"flavor/b3-8", "cpu=2 memory=8192 disk=50"},
      {"flavor/b3-16", "cpu=4 memory=16384 disk=100"},
      {"flavor/b3-32", "cpu=8 memory=32768 disk=200"},
      {"flavor/b3-64", "cpu=16 memory=65536 disk=400"},
      {"flavor/b3-128", "cpu=32 memory=131072 disk=400"},
      {"flavor/c3-4", "cpu=2 memory=4096 disk=50"},
      {"flavor/c3-8", "cpu=4 memory=8192 disk=100"},
      {"flavor/c3-16", "cpu=8 memory=16384 disk=200"},
      {"flavor/d2-2", "cpu=1 memory=2048 disk=25"},
      {"flavor/d2-4", "cpu=2 memory=4096 disk=50"},
      {"flavor/r3-16", "cpu=2 memory=16384 disk=50"},
      {"flavor/r3-32", "cpu=4 memory=32768 disk=100"},
      {"zone/nova-a", "yes"},
      {"zone/nova-b", "yes"},
      {"zone/nova-c", "yes"},
      {"extension/address-group", "yes"},
      {"permission/segmentation", "yes"},
      {"external_network", "ext-net"},
  };
  return facts;
}

/// "2 8192 50": numbers alone, or nothing.
std::vector<int64_t> numbers(std::string_view text) {
  std::vector<int64_t> result;
  for (const auto word : split(text, ' ')) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size()) return {};
    result.push_back(number);
  }
  return result;
}

std::string folded(std::string_view name) {
  auto word = proposed_name(name);
  return word.empty() ? std::string(name) : word;
}

}  // namespace

Facts facts_of(const Provider& real) {
  Facts facts = real.specimen_facts();
  if (facts.empty()) facts = small_catalogue();
  constexpr std::string_view k_zones = "availability_zones.";
  for (const auto& [name, value] : real.configuration().settings)
    if (name.starts_with(k_zones) && !value.empty()) facts.try_emplace("zone/" + value, "yes");
  return facts;
}

Known::Known(const Facts& facts) {
  for (const auto& [key, value] : facts) {
    const auto slash = key.find('/');
    const auto family = key.substr(0, slash);
    const auto add = [&](std::string_view name) {
      if (name.empty()) return;
      names_[family].emplace(name);
      words_[family].insert(folded(name));
    };
    if (auto size = numbers(value); !size.empty()) sizes_[family].push_back(std::move(size));
    if (slash != std::string::npos) add(std::string_view(key).substr(slash + 1));
    if (value != "yes" && value.find('=') == std::string::npos) add(value);
    for (const auto part : split(value, ','))
      if (value.find(',') != std::string::npos) add(trimmed(part));
  }
}

bool Known::accepts(const std::string& family, std::string_view name) const {
  const auto words = words_.find(family);
  if (words == words_.end()) return true;
  return names_.at(family).contains(std::string(name)) || words->second.contains(folded(name));
}

bool Known::reaches(const std::string& family, const std::map<std::size_t, int64_t>& wanted) const {
  const auto sizes = sizes_.find(family);
  if (sizes == sizes_.end()) return true;
  return std::any_of(sizes->second.begin(), sizes->second.end(), [&](const std::vector<int64_t>& size) {
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](const auto& one) { return one.first < size.size() && size[one.first] >= one.second; });
  });
}

std::string Known::some(const std::string& family) const {
  constexpr std::size_t k_most = 12;
  std::vector<std::string> shown;
  if (const auto found = names_.find(family); found != names_.end())
    for (const auto& name : found->second)
      if (shown.size() < k_most) shown.push_back(name);
  return join(shown, ", ");
}

}  // namespace cloison::sandbox
