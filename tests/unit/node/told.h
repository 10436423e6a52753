#pragma once
// What a node tells of itself, as tests put it together.

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "providers/node/render.h"
#include "providers/node/report.h"

namespace cloison::node {

inline std::string told(const std::string& name, const std::string& text) {
  return fmt::format("@{} 0 {}\n{}\n", name, text.size(), text);
}

/// Of a node that has the files of one resource, with the sections of what runs there behind them.
inline Report report_of(std::string_view kind, const Value& attributes, const std::string& running) {
  const Marker marker{.lineage = "0123456789abcdef0123456789abcdef", .generation = 1, .address = "one.it"};
  std::string text;
  bool first = true;
  for (const auto& file : files_of(kind, attributes)) {
    text += told("file" + file.path, file.mode + " root:root\n" + marked(file, kind, attributes, marker, first));
    first = false;
  }
  auto report = parse_report(text + running + "@end 0 0\n\n");
  EXPECT_TRUE(report) << text;
  return report ? *std::move(report) : Report{};
}

}  // namespace cloison::node
