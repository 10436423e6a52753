// What a topology compiles to: tests/golden/compile/CASE/{topology.yaml, expected.txt}. expected.txt lists what would
// be made, short enough to be checked by eye against the flows: routers with their routes, subnets, ports with the
// addresses that they may use, public addresses, and each group's rules with the flows that ask for them.
// CLOISON_ACCEPT=1 writes expected.txt anew.
#include "core/compile/compile.h"

#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/base/strings.h"
#include "core/topology/load.h"
#include "core/topology/resolved.h"
#include "providers/openstack/lower.h"
#include "providers/openstack/schema.h"
#include "tests/support/diagnostics_text.h"
#include "tests/support/golden_cases.h"
#include "tests/support/plan_text.h"

namespace cloison::compile {
namespace {

namespace fs = std::filesystem;

/// As `cloison validate` does it: without an account, so without facts of the platform.
struct Outcome {
  Diagnostics notes{};
  std::optional<topology::Resolved> resolved{};
  std::vector<NotApplied> not_applied{};
  std::map<std::string, std::vector<Resource>> resources{};  // by provider
};

Outcome outcome_of(const fs::path& folder, SourceMap& sources) {
  Outcome outcome;
  auto loaded =
      topology::load_texts({{"topology.yaml", test_support::content_of(folder / "topology.yaml")}}, {}, sources);
  outcome.notes = std::move(loaded.notes);
  if (!loaded.value) return outcome;
  auto resolved =
      topology::resolve(std::make_shared<const topology::Topology>(std::move(*loaded.value)), topology::LockFile{},
                        {.now = *parse_rfc3339("2026-11-22T12:00:00Z"), .pins_may_be_missing = true});
  append(outcome.notes, std::move(resolved.notes));
  if (!resolved.value) return outcome;
  outcome.resolved = std::move(resolved.value);
  auto compiled = compile(*outcome.resolved, {.applied_kinds = {"openstack"}});
  append(outcome.notes, std::move(compiled.notes));
  if (!compiled.value) return outcome;
  outcome.not_applied = std::move(compiled.value->not_applied);
  for (const auto& [provider, intent] : compiled.value->intents) {
    auto lowered = openstack::lower(intent, {});
    append(outcome.notes, std::move(lowered.notes));
    if (!lowered.value) continue;
    outcome.resources.emplace(provider, std::move(lowered.value->resources));
    std::move(lowered.value->not_applied.begin(), lowered.value->not_applied.end(),
              std::back_inserter(outcome.not_applied));
  }
  return outcome;
}

std::string text_of(const Outcome& outcome, const SourceMap& sources) {
  std::string text = test_support::diagnostics_text(outcome.notes, sources);
  if (outcome.resolved)
    for (const auto& pair : outcome.resolved->dropped)
      text += fmt::format("dropped {}: {} -> {}: {}\n", pair.flow, pair.from, pair.to, pair.why);
  for (const auto& entry : outcome.not_applied)
    text += fmt::format("not applied: {} {}: {}\n", entry.block, entry.entry, entry.text);
  for (const auto& [provider, resources] : outcome.resources)
    text += fmt::format("\n# {}\n{}", provider, test_support::plan_text(resources, openstack::schemas()));
  return text;
}

class CompileGolden : public testing::TestWithParam<fs::path> {};

TEST_P(CompileGolden, MakesWhatTheFlowsSay) {
  const fs::path& folder = GetParam();
  SourceMap sources;
  const Outcome outcome = outcome_of(folder, sources);
  const std::string text = text_of(outcome, sources);
  EXPECT_EQ(text, test_support::expected_of(folder, text));
  EXPECT_FALSE(outcome.resources.empty());
  std::set<std::string> addresses;
  for (const auto& [provider, resources] : outcome.resources)
    for (const Resource& resource : resources)
      EXPECT_TRUE(addresses.insert(resource.address.text).second) << resource.address.text << " stands twice";
}

INSTANTIATE_TEST_SUITE_P(Cases, CompileGolden, testing::ValuesIn(test_support::golden_cases("compile")),
                         [](const auto& one) { return test_support::case_name(one.param); });

}  // namespace
}  // namespace cloison::compile
