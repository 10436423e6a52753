#include "tests/deploy/gateway/site.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "tests/deploy/common/mllp.h"
#include "tests/deploy/common/numbers.h"

// Says which version a lone binary is; a file `version` beside it says otherwise.
#ifndef GATEWAY_VERSION
#define GATEWAY_VERSION "1.0"
#endif

namespace cloison::deploy_test {

namespace {

std::optional<std::string> variable(const char* name) {
  const auto* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here ever changes the environment
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string first_line(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  if (stream.fail() && !stream.eof()) throw std::runtime_error(fmt::format("{}: cannot be read", file.string()));
  return line;
}

std::string own_version(const Options& options) {
  if (options.has("version-file")) return first_line(options.text("version-file"));
  std::error_code error;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).replace_filename("version");
  return !error && std::filesystem::exists(beside, error) ? first_line(beside) : GATEWAY_VERSION;
}

Faults read_faults(const std::vector<std::string>& words) {
  Faults faults;
  for (const auto& word : words) {
    const auto name = word.substr(0, word.find('='));
    const bool timed = name.size() != word.size();
    const auto after =
        std::chrono::seconds(timed ? whole_number("--fault " + name, word.substr(name.size() + 1), 0, 86'400) : 0);
    if (word == "crash") {
      faults.crash = true;
    } else if (word == "mllp-silent") {
      faults.mllp_silent = true;
    } else if (word == "unhealthy" || (timed && name == "unhealthy-after")) {
      faults.unhealthy_after = after;
    } else if (timed && name == "crash-after") {
      faults.crash_after = after;
    } else if (timed && name == "slow-start") {
      faults.slow_start = after;
    } else {
      throw BadUsage(fmt::format("--fault: '{}' is none", word));
    }
  }
  return faults;
}

/// From "ms=250".
std::optional<milliseconds> asked_pause(std::string_view query) {
  constexpr std::string_view k_name = "ms=";
  constexpr unsigned k_most = 60'000;
  if (!query.starts_with(k_name)) return std::nullopt;
  query.remove_prefix(k_name.size());
  const auto time = number_of<unsigned>(query);
  return time && *time <= k_most ? std::optional(milliseconds(*time)) : std::nullopt;
}

/// Whether systemd handed over a credential `token` that this process may read. Its value goes nowhere.
bool has_credential() {
  const auto folder = variable("CREDENTIALS_DIRECTORY");
  return folder && std::ifstream(std::filesystem::path(*folder) / "token").is_open();
}

Answer text_or_missing(const std::optional<std::string>& text) {
  return text ? Answer{200, *text} : Answer{404, "not set"};
}

}  // namespace

Settings read_settings(int argc, char** argv) {
  const Options options(argc, argv,
                        {"listen", "http", "mllp", "grace", "idle-grace-ms", "fault", "version-file", "config"}, {});
  Settings settings;
  settings.listen = options.all("listen");
  if (settings.listen.empty()) settings.listen.emplace_back("::");
  const auto port = [&](std::string_view name) {
    return static_cast<std::uint16_t>(options.number(name, 1, 65'535, 0));
  };
  settings.http = port("http");
  settings.mllp = port("mllp");
  if (settings.http == 0 && settings.mllp == 0) throw BadUsage("--http PORT or --mllp PORT is missing");
  settings.grace = std::chrono::seconds(options.number("grace", 0, 3'600, 30));
  settings.idle_grace = milliseconds(options.number("idle-grace-ms", 0, 3'600'000, 1'000));
  settings.faults = read_faults(options.all("fault"));
  settings.version = own_version(options);
  settings.greeting = variable("GATEWAY_GREETING");
  if (options.has("config")) settings.configuration = first_line(options.text("config"));
  return settings;
}

bool Site::healthy() const {
  const auto& after = settings_.faults.unhealthy_after;
  return !after || Clock::now() < begun_ + *after;
}

std::optional<Answer> Site::answer(const Request& request, const Stopping& stopping) const {
  if (request.method == "POST") return request.path == "/echo" ? Answer{200, request.body} : Answer{404, "not found"};
  if (request.method != "GET" && request.method != "HEAD") return Answer{404, "not found"};
  if (request.path == "/health") return healthy() ? Answer{200, "ok"} : Answer{503, "unhealthy"};
  if (request.path == "/version") return Answer{200, settings_.version};
  if (request.path == "/credential") return Answer{200, has_credential() ? "present" : "absent"};
  if (request.path == "/greeting") return text_or_missing(settings_.greeting);
  if (request.path == "/config") return text_or_missing(settings_.configuration);
  if (request.path != "/slow") return Answer{404, "not found"};
  const auto pause = asked_pause(request.query);
  if (!pause) return Answer{400, "/slow?ms=N, at most 60000"};
  return stopping.pause(*pause) ? std::optional(Answer{200, "slow"}) : std::nullopt;
}

std::string Site::acknowledgement(std::string_view message) {
  const auto header = [message](unsigned number) { return mllp::field(message, "MSH", number); };
  const auto id = header(10);
  const char between = message.starts_with("MSH") && message.size() > 3 ? message[3] : '|';
  // From the receiver to the sender, the version and the kind of processing as they were.
  std::string text =
      fmt::format("MSH|{}|{}|{}|{}|{}|{}||ACK|A{}|{}|{}\rMSA|{}|{}\r", header(2), header(5), header(6), header(3),
                  header(4), header(7), id, header(11), header(12), id.empty() ? "AR" : "AA", id);
  if (between != '|')
    for (auto& letter : text)
      if (letter == '|') letter = between;
  return text;
}

}  // namespace cloison::deploy_test
