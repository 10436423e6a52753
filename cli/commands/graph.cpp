#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/view/advice.h"
#include "core/base/child_process.h"
#include "core/base/strings.h"
#include "core/ops/files.h"
#include "core/ops/state.h"

namespace cloison::cli {

namespace {

Result<std::string> drawn(const std::string& dot) {
  auto svg = run_child({.words = {"dot", "-Tsvg"}, .input = dot});
  if (svg && svg->status == 0) return std::move(svg->output);
  auto why = svg ? child_failed("dot", fmt::format("Exit status {}.", svg->status)) : svg.error();
  if (why.kind == ErrorKind::not_found) {
    why.detail = "Graphviz draws the picture, and is not installed.";
    why.hint = "apt-get install graphviz, or take the text: `cloison graph --format dot`";
  }
  if (why.hint.empty()) why.hint = "what it said stands above; its input: `cloison graph --format dot`";
  return fail(std::move(why));
}

}  // namespace

int run_graph(const Arguments& arguments, Session& session, Console& console) {
  Progress progress(console);
  const auto [context, wrong] = context_of(arguments, session, progress);
  if (!wrong.empty()) return usage_status(console, wrong);
  auto view = ops::graph(context, {.plan = arguments.plan_graph, .group_above = arguments.group_above});
  progress.end();
  console.diagnostics(view.notes, view.sources, Outcome::nothing_changed);
  if (view.ending != ops::Ending::done) return exit_status(view.ending);
  // The picture is made for pipes, so what says "sandbox" stands beside it.
  if (!arguments.quiet) console.aside(sandbox_banner(arguments));
  auto picture = arguments.format == "svg" ? drawn(view.dot) : Result<std::string>(view.dot);
  if (!picture) {
    console.error(picture.error());
    return 1;
  }
  console.line({"graph", JsonObject()
                             .number("nodes", view.nodes)
                             .number("edges", view.edges)
                             .flag("grouped", view.grouped)
                             .text("format", arguments.format)
                             .text("picture", arguments.out.empty() ? *picture : std::string())});
  if (arguments.out.empty()) {
    console.text(*picture);
  } else if (auto written = ops::write_file(arguments.out, *picture, ops::Access::shared_file); !written) {
    console.error(written.error());
    return 1;
  }
  if (!arguments.quiet)
    console.aside(fmt::format("{}, {}{}.\n", counted(view.nodes, "node"), counted(view.edges, "edge"),
                              view.grouped ? ", one box for each declared path" : ""));
  return 0;
}

}  // namespace cloison::cli
