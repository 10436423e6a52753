#include "core/ops/enroll.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/view/advice.h"
#include "core/base/strings.h"
#include "core/ops/sandbox.h"

namespace cloison::cli {

namespace {

std::string device_text(const ops::EnrolledDevice& device) {
  std::string text = fmt::format("wrote {}", printable(device.file.string()));
  if (!device.picture.empty()) text += fmt::format(" and {}", printable(device.picture.string()));
  text += device.complete ? "" : "; the device puts its private key in";
  return text + (device.picture.empty() ? "; too long for a QR code\n" : "\n");
}

JsonLine device_json(const ops::EnrolledDevice& device) {
  return {"device", JsonObject()
                        .text("device", device.path)
                        .text("file", device.file.string())
                        .text("picture", device.picture.string())
                        .flag("complete", device.complete)
                        .text("row", device.row)};
}

/// What is still to be done before fresh devices are let in.
std::string rows_text(const ops::Enrolled& enrolled) {
  std::string text;
  for (const auto& device : enrolled.devices) {
    if (device.row.empty()) continue;
    if (text.empty())
      text = fmt::format("Add to {}:\n",
                         device.rows_file.empty() ? "the segment's 'peers:'" : printable(device.rows_file));
    text += fmt::format("  {}\n", device.row);
  }
  return text;
}

}  // namespace

int run_enroll(const Arguments& arguments, Session& session, Console& console) {
  if (arguments.out.empty())
    return usage_status(console, "--out is missing", "name a folder for the files: `--out tablets`");
  // It shows private keys: into a file or another program they would go unseen.
  if (arguments.show && (!session.out_style.terminal || arguments.json))
    return usage_status(console, "--show needs a terminal", "open the .svg files instead");
  SilentSink events;
  const auto [context, wrong] = context_of(arguments, session, events);
  if (!wrong.empty()) return usage_status(console, wrong);
  console.text(sandbox_banner(arguments));
  const auto enrolled = ops::enroll(context, {.segment = arguments.words.front(),
                                              .devices = {arguments.words.begin() + 1, arguments.words.end()},
                                              .folder = arguments.out,
                                              .fresh = arguments.fresh,
                                              .over = arguments.force});
  console.diagnostics(enrolled.notes, enrolled.sources, Outcome::nothing_changed);
  for (const auto& device : enrolled.devices) {
    console.text(device_text(device));
    console.line(device_json(device));
    if (arguments.show && device.code) console.text(fmt::format("{}\n{}", device.name, device.code->blocks().reveal()));
  }
  const auto rows = rows_text(enrolled);
  console.text(rows);
  if (!rows.empty()) console.advice("Next: cloison apply" + same_words(arguments) + "\n");
  console.text(sandbox_banner(arguments));
  return exit_status(enrolled.ending);
}

}  // namespace cloison::cli
