#include "providers/node/render_services.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/model/service_intent.h"
#include "providers/node/render_vpn.h"
#include "providers/node/report.h"

namespace cloison::node {

namespace {

/// One word of a command line or an assignment, as systemd reads it (systemd.syntax(7), systemd.service(5), "Command
/// lines"): quoted, with `%` of specifiers and, in command lines, `$` of variables doubled.
std::string quoted(std::string_view word, bool in_command) {
  std::string text = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\') text += '\\';
    if (c == '%' || (in_command && c == '$')) text += c;
    text += c;
  }
  return text + '"';
}

/// A description is a whole line.
std::string without_specifiers(std::string_view title) {
  std::string text;
  for (const char c : title)
    if (static_cast<unsigned char>(c) >= ' ') text.append(c == '%' ? 2 : 1, c);
  return text;
}

std::string config_path(const std::string& name) {
  return fmt::format("/etc/cloison/services.d/{}.cfg", name);
}

std::string release_folder(const Settings& settings) {
  return fmt::format("/opt/cloison/{}/releases/{}", service_of_instance(settings.text("name")),
                     settings.text("release"));
}

std::string command_of(const Settings& settings, const std::string& program,
                       const std::vector<std::string>& arguments) {
  auto line = fmt::format("{}/{}", release_folder(settings), program);
  for (const auto& one : arguments) line += ' ' + quoted(one, true);
  return line;
}

constexpr std::string_view k_hardened =
    "NoNewPrivileges=yes\nProtectSystem=strict\nProtectHome=yes\nPrivateTmp=yes\nPrivateDevices=yes\n"
    "ProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectKernelLogs=yes\nProtectControlGroups=yes\n"
    "ProtectClock=yes\nProtectHostname=yes\nProtectProc=invisible\nProcSubset=pid\n"
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\nRestrictNamespaces=yes\nRestrictRealtime=yes\n"
    "RestrictSUIDSGID=yes\nLockPersonality=yes\nRemoveIPC=yes\nKeyringMode=private\nUMask=0077\n"
    "SystemCallArchitectures=native\nSystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\n"
    "SystemCallErrorNumber=EPERM\n";

/// Ports below 1024 are taken by those that may (capabilities(7)); nobody needs anything else.
std::string capabilities(const Settings& settings) {
  const auto listens = settings.texts("listen");
  constexpr uint16_t k_first_free = 1024;
  const bool low = std::any_of(listens.begin(), listens.end(), [](const std::string& line) {
    const auto words = split(line, ' ');
    const auto port = words.size() == 2 ? number_in<uint16_t>(words[1]) : std::nullopt;
    return port && *port < k_first_free;
  });
  return low ? "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n"
             : "CapabilityBoundingSet=\nPrivateUsers=yes\n";
}

/// What its programs may do; the same for the service and its probe.
std::string confined(const Settings& settings) {
  const auto& user = settings.text("user");
  std::string text = user.empty() ? "DynamicUser=yes\n" : fmt::format("User={}\n", user);
  for (const auto& one : settings.texts("variables")) text += fmt::format("Environment={}\n", quoted(one, false));
  bool variables = false;
  for (const auto& secret : secrets_of(settings)) {
    variables = variables || secret.kind == "variable";
    if (secret.kind == "credential")
      text += fmt::format("LoadCredential={0}:/etc/cloison/private/services/{1}/credential.{0}\n", secret.name,
                          settings.text("name"));
  }
  if (variables)
    text += fmt::format("EnvironmentFile=/etc/cloison/private/services/{}/environment\n", settings.text("name"));
  if (!settings.texts("files").empty())
    text += fmt::format("ConfigurationDirectory=cloison-app/{}\n", settings.text("name"));
  text += fmt::format("WorkingDirectory={}\n", release_folder(settings));
  text += std::string(k_hardened) + capabilities(settings);
  if (!settings.is_set("makes_code")) text += "MemoryDenyWriteExecute=yes\n";
  return text;
}

std::string limits(const Settings& settings) {
  std::string text;
  if (const auto percent = settings.number("cpu_percent")) text += fmt::format("CPUQuota={}%\n", *percent);
  if (const auto memory = settings.number("memory")) text += fmt::format("MemoryMax={}\nMemorySwapMax=0\n", *memory);
  return text;
}

/// HAProxy of the system: its master stays root, so that it can read renewed certificates, and its workers do not. A
/// reload hands the listening sockets on, and what servers are out for stays so.
std::string balancer_unit(const Settings& settings) {
  const auto& name = settings.text("name");
  return fmt::format(
      "[Unit]\nDescription={1}\nWants=network-online.target\nAfter=network-online.target\nStartLimitIntervalSec=0\n\n"
      "[Service]\nType=notify\nSyslogIdentifier={0}\nRuntimeDirectory=cloison-app-{0}\nRuntimeDirectoryPreserve="
      "restart\n"
      "LimitNOFILE=65536\nExecStartPre=/usr/bin/touch /run/cloison-app-{0}/servers\n"
      "ExecStart=/usr/sbin/haproxy -Ws -f {2} -p /run/cloison-app-{0}/pid -S /run/cloison-app-{0}/master.sock\n"
      "ExecReload=/bin/sh /usr/lib/cloison/agent.sh servers {0}\nExecReload=/bin/kill -USR2 $MAINPID\n"
      "KillMode=mixed\nRestart=always\nRestartSec=1\nSuccessExitStatus=143\nTimeoutStopSec=30\n{3}"
      "NoNewPrivileges=yes\nProtectSystem=strict\nProtectHome=yes\nPrivateTmp=yes\nPrivateDevices=yes\n"
      "ProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectKernelLogs=yes\nProtectControlGroups=yes\n"
      "ProtectClock=yes\nProtectHostname=yes\nProtectProc=invisible\nRestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\n"
      "RestrictNamespaces=yes\nRestrictRealtime=yes\nRestrictSUIDSGID=yes\nLockPersonality=yes\n"
      "MemoryDenyWriteExecute=yes\nRemoveIPC=yes\nKeyringMode=private\nUMask=0077\nSystemCallArchitectures=native\n"
      "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_SETUID CAP_SETGID CAP_KILL\n\n"
      "[Install]\nWantedBy=multi-user.target\n",
      name, without_specifiers(settings.text("title")), config_path(name), limits(settings));
}

std::string unit_text(const Settings& settings) {
  if (settings.text("release").empty()) return balancer_unit(settings);
  const bool scheduled = !settings.text("schedule").empty();
  std::string order;
  for (const auto& first : settings.texts("after")) order += fmt::format(" cloison-app-{}.service", first);
  const auto& restart = settings.text("restart");
  std::string text = fmt::format(
      "[Unit]\nDescription={}\nWants=network-online.target\nAfter=network-online.target{}\nStartLimitIntervalSec=0\n\n"
      "[Service]\nType={}\nExecStart={}\nSyslogIdentifier={}\nStateDirectory=cloison-app-{}\n",
      without_specifiers(settings.text("title")), order, scheduled ? "oneshot" : "exec",
      command_of(settings, settings.text("executable"), settings.texts("arguments")), settings.text("name"),
      settings.text("name"));
  if (scheduled) {
    if (const auto deadline = settings.number("deadline")) text += fmt::format("TimeoutStartSec={}\n", *deadline);
  } else {
    text += fmt::format("Restart={}\nRestartSec=1\nTimeoutStopSec=90\n", restart == "never" ? "no" : restart);
  }
  text += limits(settings) + confined(settings);
  return scheduled ? text : text + "\n[Install]\nWantedBy=multi-user.target\n";
}

std::string timer_text(const Settings& settings) {
  return fmt::format(
      "[Unit]\nDescription=cloison: when {} runs\n\n[Timer]\nOnCalendar={}\nPersistent=yes\nAccuracySec=1s\n\n"
      "[Install]\nWantedBy=timers.target\n",
      settings.text("name"), settings.text("schedule"));
}

std::string probe_text(const Settings& settings) {
  auto words = settings.texts("probe_command");
  const auto program = words.front();
  words.erase(words.begin());
  return fmt::format(
             "[Unit]\nDescription=cloison: whether {} is "
             "well\n\n[Service]\nType=oneshot\nExecStart={}\nTimeoutStartSec={}\n",
             settings.text("name"), command_of(settings, program, words), settings.number("timeout").value_or(1)) +
         confined(settings);
}

/// The agent takes them apart: a file that other programs read has no place for a mark of ours.
std::string file_lines(const Settings& settings) {
  std::string text, file;
  for (const auto& entry : settings.texts("files")) {
    const auto space = entry.find(' ');
    if (const auto name = entry.substr(0, space); name != file) text += fmt::format("file {}\n", file = name);
    if (space != std::string::npos) text += fmt::format("\t{}\n", entry.substr(space + 1));
  }
  return text;
}

std::string agent_lines(const Settings& settings) {
  const auto number = [&](std::string_view name) { return settings.number(name).value_or(0); };
  const auto& release = settings.text("release");
  std::string text = fmt::format("service {} {} {}\n", settings.text("name"), release.empty() ? "-" : release,
                                 settings.text("executable"));
  for (const auto& one : settings.texts("listen")) text += fmt::format("listen {}\n", one);
  for (const auto& one : settings.texts("probes")) text += fmt::format("probe {}\n", one);
  if (!settings.texts("probe_command").empty()) text += "probe command\n";
  for (const auto* const name : {"interval", "timeout", "retries", "watch"})
    text += fmt::format("{} {}\n", name, number(name));
  for (const auto& one : settings.texts("after")) text += fmt::format("after {}\n", one);
  if (settings.is_set("stopped")) text += "stopped\n";
  return text;
}

}  // namespace

std::vector<ServiceSecret> secrets_of(const Settings& settings) {
  std::vector<ServiceSecret> all;
  for (const auto& line : settings.texts("secrets")) {
    const auto words = split(line, ' ');
    if (words.size() < 3) continue;
    const auto behind = words[0].size() + words[1].size() + 2;
    all.push_back({std::string(words[0]), std::string(words[1]), line.substr(behind)});
  }
  return all;
}

std::string secret_lines(const ServiceSecret& secret, std::string_view value) {
  return fmt::format("{} {}\n    secret = {}\n", secret.kind, secret.name, value);
}

std::vector<NodeFile> release_files(const Settings& settings) {
  return {
      {.path = fmt::format("/etc/cloison/releases.d/{}.conf", settings.text("name")),
       .body = fmt::format("release {} {} {} {} {}\n", settings.text("name"), settings.text("id"),
                           settings.text("sha256"), settings.text("executable"), settings.number("keep").value_or(1))}};
}

std::vector<NodeFile> service_files(const Settings& settings) {
  const auto& name = settings.text("name");
  constexpr std::string_view k_units = "/etc/systemd/system/";
  std::vector<NodeFile> files{
      {.path = fmt::format("/etc/cloison/services.d/{}.conf", name), .body = agent_lines(settings)},
      {.path = fmt::format("{}cloison-app-{}.service", k_units, name), .body = unit_text(settings)}};
  std::string config;
  for (const auto& line : settings.texts("config")) config += line + '\n';
  if (!config.empty()) files.push_back({.path = config_path(name), .body = std::move(config)});
  std::string hidden;
  for (const auto& secret : secrets_of(settings)) hidden += secret_lines(secret, k_hidden);
  if (!hidden.empty())
    files.push_back({.path = fmt::format("/etc/cloison/services.d/{}{}", name, k_secrets_suffix),
                     .mode = "600",
                     .body = std::move(hidden)});
  if (auto lines = file_lines(settings); !lines.empty())
    files.push_back({.path = fmt::format("/etc/cloison/services.d/{}.files", name), .body = std::move(lines)});
  if (!settings.text("schedule").empty())
    files.push_back({.path = fmt::format("{}cloison-app-{}.timer", k_units, name), .body = timer_text(settings)});
  if (!settings.texts("probe_command").empty())
    files.push_back({.path = fmt::format("{}cloison-probe-{}.service", k_units, name), .body = probe_text(settings)});
  return files;
}

}  // namespace cloison::node
