#include "cli/progress.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/view/text.h"
#include "core/base/strings.h"
#include "core/model/provider.h"

namespace cloison::cli {

namespace {

using std::chrono::steady_clock;

constexpr auto k_redraw = std::chrono::milliseconds(500);
constexpr auto k_still = std::chrono::seconds(30);
constexpr std::size_t k_shown_running = 6;
constexpr std::size_t k_shown_skipped = 20;

std::string_view doing(Step::Verb verb) {
  switch (verb) {
    case Step::Verb::create:
      return "creating";
    case Step::Verb::update:
      return "changing";
    case Step::Verb::remove:
      return "removing";
    case Step::Verb::adopt:
      return "adopting";
    case Step::Verb::forget:
      return "forgetting";
  }
  return "";
}

std::string_view marker(Step::Verb verb) {
  switch (verb) {
    case Step::Verb::create:
    case Step::Verb::adopt:
      return "+";
    case Step::Verb::update:
      return "~";
    case Step::Verb::remove:
    case Step::Verb::forget:
      return "-";
  }
  return " ";
}

int64_t since(steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begin).count();
}

template <class Finished>
JsonObject step_fields(const Finished& event, std::string_view status) {
  return JsonObject()
      .number("step", event.step)
      .text("status", status)
      .text("verb", verb_name(event.verb))
      .text("address", event.address)
      .text("kind", event.kind);
}

JsonLine json_of(const ReadStarted& event) {
  return {"read", JsonObject().text("status", "started").text("provider", event.provider)};
}
JsonLine json_of(const ReadFinished& event) {
  return {"read", JsonObject()
                      .text("status", "done")
                      .text("provider", event.provider)
                      .text("account", event.account)
                      .number("objects", event.objects)
                      .number("lists", event.lists)
                      .number("milliseconds", event.took.count())};
}
JsonLine json_of(const ApplyStarted& event) {
  return {"apply", JsonObject().text("status", "started").number("steps", event.steps)};
}
JsonLine json_of(const StepStarted& event) {
  return {"step", step_fields(event, "started")};
}
JsonLine json_of(const StepFinished& event) {
  return {"step", step_fields(event, "done")
                      .text("remote_id", event.remote_id)
                      .number("milliseconds", event.took.count())
                      .text("told", event.told)};
}
JsonLine json_of(const StepFailed& event) {
  return {"step", step_fields(event, "failed").text("code", event.why.code).text("summary", event.why.summary)};
}
JsonLine json_of(const StepSkipped& event) {
  return {"step", step_fields(event, "skipped").text("because", event.because)};
}
JsonLine json_of(const StepProgress& event) {
  return {"step", JsonObject()
                      .number("step", event.step)
                      .text("status", "waiting")
                      .text("address", event.address)
                      .text("what", event.what)};
}
JsonLine json_of(const Noted& event) {
  return diagnostics_json({event.note}, SourceMap()).front();
}
JsonLine json_of(const Recovered& event) {
  return {"recovered", JsonObject().text("address", event.address).text("what", event.what)};
}
JsonLine json_of(const ApplyFinished& event) {
  return {"apply", JsonObject()
                       .text("status", "finished")
                       .number("done", event.done)
                       .number("failed", event.failed)
                       .number("skipped", event.skipped)
                       .number("milliseconds", event.took.count())};
}

}  // namespace

JsonLine event_json(const Event& event) {
  return std::visit([](const auto& one) { return json_of(one); }, event);
}

Progress::Progress(Console& console)
    : console_(console),
      live_(!console.json() && !console.quiet() && console.session().err_style.terminal),
      plain_(!console.json() && !console.quiet() && !live_),
      last_line_(steady_clock::now()) {}

Progress::~Progress() {
  end();
}

void Progress::end() {
  if (ticker_.joinable()) {
    ticker_.request_stop();
    ticker_.join();
  }
  const std::lock_guard guard(mutex_);
  clear();
  running_.clear();
  tell_nodes();
}

void Progress::on(const Event& event) noexcept {
  try {
    if (console_.json()) {
      console_.line(event_json(event));
      return;
    }
    const std::lock_guard guard(mutex_);
    clear();
    show(event);
    draw();
  } catch (const std::exception&) {
    // What is shown must never end what is done.
    return;
  }
}

void Progress::show(const Event& event) {
  if (!std::holds_alternative<ReadStarted>(event) && !std::holds_alternative<ReadFinished>(event)) tell_nodes();
  std::visit([this](const auto& one) { at(one); }, event);
}

void Progress::tick(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, k_redraw, [] { return false; });
    if (stop.stop_requested()) return;
    if (live_) {
      clear();
      draw();
    } else {
      still_running();
    }
  }
}

void Progress::write(const std::string& line) {
  if (!live_ && !plain_) return;
  console_.aside(cropped(line, live_ ? console_.session().err_style.width : 400) + '\n');
  last_line_ = steady_clock::now();
}

void Progress::clear() {
  if (!live_ || drawn_ == 0) return;
  console_.aside(fmt::format("\x1b[{}A\x1b[J", drawn_));
  drawn_ = 0;
}

std::string Progress::counter() const {
  if (steps_ == 0) return {};
  const auto all = std::to_string(steps_);
  return fmt::format("[{:>{}}/{}]", done_ + failed_, all.size(), all);
}

/// The steps that run now, longest first; only once something takes long enough to be read.
void Progress::draw() {
  if (!live_ || running_.empty()) return;
  std::string block;
  const auto width = console_.session().err_style.width;
  for (const auto& [step, running] : running_) {
    if (drawn_ == k_shown_running) {
      block += cropped(fmt::format("          ... and {} more", running_.size() - drawn_), width) + '\n';
      ++drawn_;
      break;
    }
    const auto head = drawn_ == 0 ? counter() : std::string(counter().size(), ' ');
    const auto more = running.doing.empty() ? std::string() : "  " + running.doing;
    block +=
        cropped(fmt::format("{} {}{}   {}", head, running.text, more, duration_text(since(running.since))), width) +
        '\n';
    ++drawn_;
  }
  console_.aside(block);
}

void Progress::still_running() {
  if (!plain_ || running_.empty() || steady_clock::now() - last_line_ < k_still) return;
  const auto& longest = running_.begin()->second;
  write(fmt::format("{} still {}{}   {}", counter(), longest.text,
                    running_.size() > 1 ? fmt::format(" and {} more", running_.size() - 1) : "",
                    duration_text(since(longest.since))));
}

void Progress::at(const ReadStarted& event) {
  if (live_) running_[UINT32_MAX] = {"reading " + printable(event.provider), steady_clock::now(), {}};
}

void Progress::at(const ReadFinished& event) {
  running_.erase(UINT32_MAX);
  if (!node_of(event.provider).empty()) {
    auto& all = nodes_read_[std::string(entry_of(event.provider))];
    ++all.nodes, all.objects += event.objects, all.longest = std::max(all.longest, event.took);
    return;
  }
  write(fmt::format("Reading {} ({}, {} in {}) ... {}", printable(event.provider), printable(event.account),
                    counted(event.objects, "object"), counted(event.lists, "list"), duration_text(event.took.count())));
}

/// Nodes are many: a line for all of an entry, once nothing more is read.
void Progress::tell_nodes() {
  for (const auto& [entry, all] : std::exchange(nodes_read_, {}))
    write(fmt::format("Reading {} ({}, {}) ... {}", printable(entry), counted(all.nodes, "node"),
                      counted(all.objects, "object"), duration_text(all.longest.count())));
}

void Progress::at(const ApplyStarted& event) {
  steps_ += event.steps;  // what is put back follows
  if ((live_ || plain_) && !ticker_.joinable())
    ticker_ = std::jthread([this](const std::stop_token& stop) { tick(stop); });
}

void Progress::at(const StepStarted& event) {
  running_[event.step] = {fmt::format("{} {}", doing(event.verb), printable(event.address)), steady_clock::now(), {}};
}

void Progress::at(const StepProgress& event) {
  if (const auto found = running_.find(event.step); found != running_.end())
    found->second.doing = printable(event.what);
  if (plain_) write(fmt::format("{} {}  {}", counter(), printable(event.address), printable(event.what)));
}

void Progress::at(const StepFinished& event) {
  ++done_;
  running_.erase(event.step);
  write(fmt::format("{} {} {}  {}{}{}", counter(), marker(event.verb), printable(event.address),
                    duration_text(event.took.count()), event.told.empty() ? "" : ", ", printable(event.told)));
}

void Progress::at(const StepFailed& event) {
  ++failed_;
  running_.erase(event.step);
  write(fmt::format("{} failed {}: {}", counter(), printable(event.address), printable(event.why.summary)));
}

void Progress::at(const StepSkipped& event) {
  ++skipped_;
  running_.erase(event.step);
  if (skipped_ <= k_shown_skipped)
    write(fmt::format("{} not tried {}: {}", counter(), printable(event.address), printable(event.because)));
}

void Progress::at(const Noted& event) {
  console_.aside(diagnostic_text(event.note, SourceMap(), console_.session().err_style));
}

void Progress::at(const Recovered& event) {
  write(fmt::format("Settled after an interrupted run: {}  {}", printable(event.address), printable(event.what)));
}

void Progress::at(const ApplyFinished& event) {
  (void)event;
  running_.clear();
}

}  // namespace cloison::cli
