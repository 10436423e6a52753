// Joins the command line to the providers and to the process it runs in.

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "build_info.h"
#include "cli/commands.h"
#include "cli/memory.h"
#include "cli/signals.h"
#include "cli/tty.h"
#include "cli/view/advice.h"
#include "core/base/digest.h"
#include "core/base/environment.h"
#include "core/base/strings.h"
#include "core/topology/load.h"
#include "providers/registry.h"
#include "providers/sandbox/sandbox.h"
#include "providers/sandbox/tampering.h"

namespace cloison::cli {

namespace {

constexpr int k_failed = 1;
constexpr std::string_view k_usage = "CL6001", k_output_lost = "CL6009", k_internal = "CL9001";

std::string error_text(std::string_view code, std::string_view summary, std::string_view hint) {
  return fmt::format("error[{}]: {}\n   hint: {}\n", code, summary, hint);
}

class Factory final : public ops::ProviderFactory {
 public:
  explicit Factory(net::Access access) : access_(std::move(access)) {}

  [[nodiscard]] std::vector<std::string> applied_kinds() const override { return providers::applied_kinds(); }

  [[nodiscard]] Result<std::shared_ptr<Provider>> make(const StoredProvider& entry, bool simulate,
                                                       const std::filesystem::path& simulator) const override {
    auto real = providers::make(entry, access_);
    // Without a database the provider is asked only for what needs no account.
    if (!real || !simulate || simulator.empty()) return real;
    auto faults = sandbox::faults_from_environment();
    if (!faults) return fail(faults.error());
    std::error_code ignored;
    std::filesystem::create_directories(simulator.parent_path(), ignored);
    return sandbox::make_sandbox(*std::move(real), {.database = simulator, .faults = *std::move(faults)});
  }

  /// The real provider of an entry: its schema and name.
  [[nodiscard]] Result<std::shared_ptr<Provider>> real(const StoredProvider& entry) const {
    return providers::make(entry, access_);
  }

 private:
  net::Access access_;
};

SimulatedObject shown(sandbox::Listed object) {
  return {.kind = std::move(object.kind),
          .id = std::move(object.id),
          .address = std::move(object.address),
          .attributes = std::move(object.attributes)};
}

class SandboxTampering final : public Tampering {
 public:
  explicit SandboxTampering(const Factory& factory) : factory_(factory) {}

  [[nodiscard]] Result<std::vector<SimulatedObject>> list(const Where& where, const std::string& kind) const override {
    auto simulator = open(where);
    if (!simulator) return fail(simulator.error());
    auto objects = simulator->list(kind);
    if (!objects) return fail(objects.error());
    std::vector<SimulatedObject> result;
    for (auto& object : *objects) result.push_back(shown(std::move(object)));
    return result;
  }

  [[nodiscard]] Result<SimulatedObject> remove(const Where& where, const std::string& object,
                                               bool force) const override {
    return with(where, [&](sandbox::Tampering& simulator) { return simulator.remove(object, force); });
  }

  [[nodiscard]] Result<SimulatedObject> set(const Where& where, const std::string& object, const std::string& attribute,
                                            const std::string& text) const override {
    return with(where, [&](sandbox::Tampering& simulator) { return simulator.set(object, attribute, text); });
  }

  [[nodiscard]] Result<SimulatedObject> add(const Where& where, const std::string& kind,
                                            const NamedTexts& attributes) const override {
    return with(where, [&](sandbox::Tampering& simulator) { return simulator.add(kind, attributes); });
  }

  [[nodiscard]] Result<std::vector<Quota>> quotas(const Where& where) const override {
    auto simulator = open(where);
    if (!simulator) return fail(simulator.error());
    return simulator->quotas();
  }

  [[nodiscard]] Result<void> set_quota(const Where& where, const std::string& name, int64_t allowed) const override {
    auto simulator = open(where);
    if (!simulator) return fail(simulator.error());
    return simulator->set_quota(name, allowed);
  }

 private:
  [[nodiscard]] Result<sandbox::Tampering> open(const Where& where) const {
    auto provider = factory_.real(where.provider);
    if (!provider) return fail(provider.error());
    return sandbox::Tampering::open(*std::move(provider), where.database);
  }

  template <class Act>
  [[nodiscard]] Result<SimulatedObject> with(const Where& where, Act act) const {
    auto simulator = open(where);
    if (!simulator) return fail(simulator.error());
    auto object = act(*simulator);
    if (!object) return fail(object.error());
    return shown(*std::move(object));
  }

  const Factory& factory_;
};

/// The standard streams, behind the scrubber. A pipe that is closed early must not end an apply half-way.
class Streams {
 public:
  explicit Streams(std::shared_ptr<Scrubber> scrubber) : scrubber_(std::move(scrubber)) {
    std::signal(SIGPIPE, SIG_IGN);
  }
  void out(std::string_view text) {
    if (!lost_ && !write_all(STDOUT_FILENO, scrubber_->clean(text))) {
      lost_ = true;
      closed_ = errno == EPIPE;
    }
  }
  void err(std::string_view text) const { (void)write_all(STDERR_FILENO, scrubber_->clean(text)); }
  /// Whether results were lost although somebody still reads.
  [[nodiscard]] bool lost() const { return lost_ && !closed_; }

 private:
  std::shared_ptr<Scrubber> scrubber_;
  bool lost_ = false, closed_ = false;
};

std::optional<Clock> clock_of_environment() {
  const auto fixed = environment_variable("CLOISON_NOW");
  if (!fixed || fixed->empty()) return Clock();
  const auto instant = parse_rfc3339(*fixed);
  return instant ? std::optional<Clock>(Clock(*instant)) : std::nullopt;
}

/// For tests: how long a second of waiting between tries takes.
std::chrono::milliseconds pace_of_environment() {
  const auto text = environment_variable("CLOISON_TEST_PACE");
  constexpr std::chrono::milliseconds k_second{1000};
  return text ? std::min(parse_duration(*text).value_or(k_second), k_second) : k_second;
}

/// `CLOISON_KEEP_CONNECTIONS=10m`: nullopt where it is no time of at most a day; none without it, or where there is no
/// folder that is this user's alone.
std::optional<std::optional<net::Keeping>> keeping_of_environment() {
  const auto text = environment_variable("CLOISON_KEEP_CONNECTIONS");
  if (!text || text->empty()) return std::optional<net::Keeping>();
  const auto idle = parse_duration(*text);
  if (!idle || *idle < std::chrono::seconds(1) || *idle > std::chrono::hours(24)) return std::nullopt;
  const auto runtime = environment_variable("XDG_RUNTIME_DIR");
  const auto home = environment_variable("HOME");
  if ((!runtime || runtime->empty()) && (!home || home->empty())) return std::optional<net::Keeping>();
  const auto folder =
      net::private_folder(runtime && !runtime->empty() ? std::filesystem::path(*runtime) / "cloison"
                                                       : std::filesystem::path(*home) / ".cache/cloison");
  if (folder.empty()) return std::optional<net::Keeping>();
  // Another version speaks with a keeper of its own.
  const auto name = sha256_hex(fmt::format("{} {}", build_info::k_version, build_info::k_commit)).substr(0, 12);
  return net::Keeping{.socket = folder / fmt::format("keeper-{}.sock", name),
                      .program = "/proc/self/exe",
                      .idle = std::chrono::duration_cast<std::chrono::seconds>(*idle)};
}

constexpr std::string_view k_keep = "__keep";  // started by cloison itself: SOCKET SECONDS

int keep(const std::vector<std::string>& words) {
  ::prctl(PR_SET_DUMPABLE, 0);  // sessions are in its memory
  const auto idle = words.size() == 3 ? parse_duration(words[2] + "s") : std::nullopt;
  if (!idle) return k_usage_status;
  return net::keep_connections(words[1], std::chrono::duration_cast<std::chrono::seconds>(*idle), {}) ? 0 : k_failed;
}

int run(const std::vector<std::string>& words) {
  if (!words.empty() && words.front() == k_keep) return keep(words);
  const auto scrubber = std::make_shared<Scrubber>();
  Streams streams(scrubber);
  const auto parsed = parse_command_line(words);
  if (!parsed.arguments) {
    if (parsed.status == 0)
      streams.out(parsed.text);
    else
      streams.err(parsed.text);
    return streams.lost() ? k_failed : parsed.status;
  }
  const auto& arguments = *parsed.arguments;
  const auto clock = clock_of_environment();
  const auto pace = pace_of_environment();
  if (!clock) {
    streams.err(error_text(k_usage, "CLOISON_NOW must be a date such as 2026-11-22T10:00:00Z", "unset CLOISON_NOW"));
    return k_usage_status;
  }
  auto keeping = keeping_of_environment();
  if (!keeping) {
    streams.err(error_text(k_usage, "CLOISON_KEEP_CONNECTIONS must be a time such as 10m, at most 24h",
                           "unset CLOISON_KEEP_CONNECTIONS"));
    return k_usage_status;
  }
  net::Access access{.environment = environment_variable,
                     .topology = topology::home_of({.path = arguments.topology}),
                     .scrubber = scrubber.get(),
                     .keeping = *std::move(keeping),
                     .pace = pace};
  if (arguments.debug) access.trace = [&streams](std::string_view line) { streams.err(printable(line) + '\n'); };
  const Factory factory(std::move(access));
  const SandboxTampering tampering(factory);
  Signals signals([&streams](std::string_view text) { streams.err(text); });
  Session session{.out_style = style_of(STDOUT_FILENO, environment_variable, arguments.no_color),
                  .err_style = style_of(STDERR_FILENO, environment_variable, arguments.no_color),
                  .out = [&streams](std::string_view text) { streams.out(text); },
                  .err = [&streams](std::string_view text) { streams.err(text); },
                  .stop_gently = [&signals] { signals.begin(); },
                  .environment = environment_variable,
                  .providers = &factory,
                  .tampering = &tampering,
                  .scrubber = scrubber,
                  .stop_new = signals.stop_new(),
                  .stop_waiting = signals.stop_waiting(),
                  .clock = *clock,
                  .pace = pace,
                  .version = std::string(build_info::k_version),
                  .commit = std::string(build_info::k_commit)};
  if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1)
    session.ask = [&streams, stop = signals.stop_new()](std::string_view question) {
      streams.err(question);
      return read_line(stop);
    };
  if (const auto* command = find_command(arguments.command); command && (command->takes & k_topology) != 0)
    prepare_for_large_heap();
  const int status = run_command(arguments, session);
  if (!streams.lost()) return status;
  streams.err(error_text(
      k_output_lost, "standard output cannot be written",
      pastable("make room there and run it again; after an apply, `cloison log` tells how it ended", arguments)));
  return status == 0 ? k_failed : status;
}

}  // namespace

int run_and_report(int count, char* words[]) {
  try {
    return run({words + 1, words + count});
  } catch (const std::bad_alloc&) {
    // Said without asking for memory.
    constexpr std::string_view k_short =
        "error[CL9001]: internal error: there is not enough memory\n"
        "   hint: run it again; if it comes back, report the command with `cloison version`\n";
    (void)write_all(STDERR_FILENO, k_short);
    return k_failed;
  } catch (const std::exception& error) {
    // Whatever comes this far is a bug, also when memory is short; its text may hold anything.
    (void)write_all(STDERR_FILENO,
                    error_text(k_internal, "internal error: " + printable(error.what()),
                               "run it again; if it comes back, report the command with `cloison version`"));
    return k_failed;
  }
}

}  // namespace cloison::cli

int main(int count, char* words[]) {
  return cloison::cli::run_and_report(count, words);
}
