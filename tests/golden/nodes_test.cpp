// What nodes are asked to be: tests/golden/nodes/CASE/{topology.yaml, expected.txt}. expected.txt has every resource of
// every node, short enough to be checked by eye against the flows. CLOISON_ACCEPT=1 writes it anew.

#include <filesystem>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/compile/compile.h"
#include "core/topology/load.h"
#include "core/topology/resolved.h"
#include "providers/node/lower.h"
#include "providers/node/render.h"
#include "providers/node/schema.h"
#include "tests/support/diagnostics_text.h"
#include "tests/support/golden_cases.h"

namespace cloison::node {
namespace {

namespace fs = std::filesystem;

std::string text_of(const Resource& resource) {
  auto text = fmt::format("\n{} {}\n", resource.kind, resource.address.text);
  const auto& schema = schema_of(resource.kind);
  for (const auto& one : schema.attributes) {
    const auto& value = attribute(schema, resource.attributes, one.name);
    // The agent's digest changes with each of its lines.
    if (value.is_null() || one.name == k_content || resource.kind == k_agent) continue;
    const auto* items = value.as_list();
    if (items == nullptr || items->size() < 2) {
      text += fmt::format("  {}: {}\n", one.name, to_display(value));
      continue;
    }
    text += fmt::format("  {}:\n", one.name);
    for (const auto& item : *items) {
      const auto& line = item.text_or_empty();
      text += fmt::format("    {}{}\n", line.substr(0, 157), line.size() > 157 ? "..." : "");
    }
  }
  for (const auto& after : resource.after) text += fmt::format("  after {}\n", after);
  return text;
}

std::string asked_of_nodes(const fs::path& folder) {
  SourceMap sources;
  auto loaded =
      topology::load_texts({{"topology.yaml", test_support::content_of(folder / "topology.yaml")}}, {}, sources);
  auto notes = std::move(loaded.notes);
  if (!loaded.value) return test_support::diagnostics_text(notes, sources);
  auto resolved =
      topology::resolve(std::make_shared<const topology::Topology>(*std::move(loaded.value)), topology::LockFile{},
                        {.now = *parse_rfc3339("2026-11-22T12:00:00Z"), .pins_may_be_missing = true});
  append(notes, std::move(resolved.notes));
  if (!resolved.value) return test_support::diagnostics_text(notes, sources);
  auto compiled = compile::compile(*resolved.value, {.applied_kinds = {"node"}});
  append(notes, std::move(compiled.notes));
  auto text = test_support::diagnostics_text(notes, sources);
  for (const auto& pair : resolved.value->dropped)
    text += fmt::format("dropped {}: {} -> {}: {}\n", pair.flow, pair.from, pair.to, pair.why);
  if (!compiled.value) return text;
  std::set<std::string> addresses;
  for (const auto& [provider, intent] : compiled.value->intents) {
    const auto lowered = lower(intent, {});
    for (const auto& resource : lowered.value->resources) {
      EXPECT_TRUE(addresses.insert(resource.address.text).second) << resource.address.text << " stands twice";
      text += text_of(resource);
    }
  }
  return text;
}

class NodesGolden : public testing::TestWithParam<fs::path> {};

TEST_P(NodesGolden, AreWhatTheTopologySays) {
  const auto text = asked_of_nodes(GetParam());
  EXPECT_EQ(text, test_support::expected_of(GetParam(), text));
}

INSTANTIATE_TEST_SUITE_P(Cases, NodesGolden, testing::ValuesIn(test_support::golden_cases("nodes")),
                         [](const auto& one) { return test_support::case_name(one.param); });

}  // namespace
}  // namespace cloison::node
