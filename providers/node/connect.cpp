#include "providers/node/connect.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::node {

namespace {

constexpr uint16_t k_ssh_port = 22;

std::string setting(const StoredProvider& entry, const std::string& name) {
  const auto found = entry.settings.find(name);
  return found == entry.settings.end() ? std::string() : found->second;
}

Diagnostic unusable(const StoredProvider& entry, const std::string& name, std::string why, std::string hint) {
  return {.kind = ErrorKind::topology,
          .code = "CL5416",
          .summary = fmt::format("'{}' of the node cannot be used", name),
          .detail = std::move(why),
          .hint = std::move(hint),
          .address = fmt::format("providers.{}.{}", entry_of(entry.name), name)};
}

std::filesystem::path home(const net::Access& access) {
  return access.variable("HOME").value_or("");
}

std::optional<uint16_t> ssh_port_of(std::string_view text) {
  if (text.empty()) return k_ssh_port;
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port != 0 ? std::optional(port) : std::nullopt;
}

/// "user@host:port", "user@[2001:db8::1]:port"; without a port 22.
std::optional<net::SshHost> bastion_of(std::string_view text) {
  net::SshHost host;
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == 0) return std::nullopt;
  host.user = text.substr(0, at);
  text.remove_prefix(at + 1);
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host.address = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    host.address = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (port.starts_with(':')) port.remove_prefix(1);
  const auto number = ssh_port_of(port);
  if (!number || host.address.empty()) return std::nullopt;
  host.port = *number;
  return host;
}

/// The named key alone, else those that ssh itself would try.
Result<std::vector<std::filesystem::path>> keys_of(const StoredProvider& entry, const net::Access& access) {
  std::string_view key = entry.settings.contains("key") ? std::string_view(entry.settings.at("key")) : "";
  if (key.empty()) {
    const auto folder = home(access) / ".ssh";
    return std::vector<std::filesystem::path>{folder / "id_ed25519", folder / "id_ecdsa", folder / "id_rsa"};
  }
  constexpr std::string_view k_file = "file:";
  if (!key.starts_with(k_file))  // only its public half can come so: an agent holds the other
    return std::vector<std::filesystem::path>{};
  key.remove_prefix(k_file.size());
  if (key.ends_with(".pub")) key.remove_suffix(4);
  if (key.empty()) return fail(unusable(entry, "key", "It names no file.", "key: file:~/.ssh/id_ed25519"));
  return std::vector<std::filesystem::path>{file_of(key, access)};
}

bool is_source_of_packages(std::string_view text) {
  return text.empty() || text == "none" || text == "mirror" || (text.starts_with("file:") && text.size() > 5);
}

}  // namespace

std::filesystem::path file_of(std::string_view written, const net::Access& access) {
  constexpr std::string_view k_file = "file:";
  if (written.starts_with(k_file)) written.remove_prefix(k_file.size());
  if (written.starts_with("~/")) return home(access) / written.substr(2);
  return access.home() / written;
}

Result<net::SshTarget> target_of(const StoredProvider& entry, const net::Access& access) {
  net::SshTarget target;
  target.host.address = setting(entry, "address");
  if (target.host.address.empty())
    return fail(unusable(entry, "address", "It is not written.", "give the node an `address:`"));
  const auto port = ssh_port_of(setting(entry, "port"));
  if (!port) return fail(unusable(entry, "port", "It is no number from 1 to 65535.", "port: 22"));
  target.host.port = *port;
  target.host.user = setting(entry, "user");
  if (target.host.user.empty()) target.host.user = access.variable("USER").value_or("root");
  target.host.fingerprint = setting(entry, "fingerprint");
  if (const auto bastion = setting(entry, "bastion"); !bastion.empty()) {
    target.bastion = bastion_of(bastion);
    if (!target.bastion)
      return fail(
          unusable(entry, "bastion", fmt::format("It is '{}'.", printable(bastion)), "bastion: cloison@192.0.2.1:22"));
  }
  if (const auto packages = setting(entry, "packages"); !is_source_of_packages(packages))
    return fail(unusable(entry, "packages", fmt::format("It is '{}'.", printable(packages)),
                         "packages: mirror, or file:FOLDER"));
  if (const auto own = setting(entry, "known_hosts"); !own.empty()) target.known_hosts.push_back(file_of(own, access));
  target.known_hosts.push_back(home(access) / ".ssh/known_hosts");
  auto keys = keys_of(entry, access);
  if (!keys) return fail(std::move(keys.error()));
  target.keys = *std::move(keys);
  target.agent = access.variable("SSH_AUTH_SOCK").value_or("");
  return target;
}

Result<std::map<std::string, std::string>> package_files(const std::string& from, const net::Access& access) {
  constexpr std::uintmax_t k_most = std::uintmax_t{512} << 20U;  // bytes
  const auto folder = file_of(from, access);
  const auto refuse = [&](std::string why) {
    return fail(unusable({.name = "node"}, "packages", fmt::format("{}: {}", printable(folder.string()), why),
                         "put the packages there: apt-get download NAME on a Debian of the same release"));
  };
  std::error_code error;
  std::set<std::filesystem::path> paths;
  std::uintmax_t bytes = 0;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".deb") {
      paths.insert(at->path());
      bytes += at->file_size(error);
    }
  if (error) return refuse(error.message());
  if (paths.empty()) return refuse("no .deb file is there");
  if (bytes > k_most) return refuse("more than 512 MiB are too many");
  std::map<std::string, std::string> files;
  for (const auto& path : paths) {
    std::ifstream stream(path, std::ios::binary);
    std::string content((std::istreambuf_iterator<char>(stream)), {});
    if (content.empty()) return refuse(printable(path.filename().string()) + " cannot be read");
    files.emplace(fmt::format("{}.deb", files.size() + 1), std::move(content));
  }
  return files;
}

Diagnostic no_secret(const std::string& reference, std::string why) {
  const bool variable = reference.starts_with("env:");
  return {.kind = ErrorKind::usage,
          .code = "CL5420",
          .summary = fmt::format("the shared key '{}' cannot be used", printable(reference)),
          .detail = std::move(why),
          .hint = variable ? fmt::format("make one, and give it to the far end by another way than this: export "
                                         "{}=\"$(openssl rand -base64 33)\"",
                                         printable(reference.substr(4)))
                           : "name a variable or a file of one line: psk: env:NAME, psk: file:PATH"};
}

Diagnostic no_value(const std::string& reference, std::string why) {
  return {.kind = ErrorKind::usage,
          .code = "CL5434",
          .summary = fmt::format("'{}' cannot be used", printable(reference)),
          .detail = std::move(why),
          .hint = reference.starts_with("env:") ? fmt::format("export {}=…", printable(reference.substr(4)))
                                                : "name a variable or a file: env:NAME, file:PATH"};
}

namespace {

constexpr std::size_t k_longest_value = std::size_t{64} << 10U;  // bytes

/// What is behind "env:NAME" or "file:PATH", at most a byte more than the longest value; or why not.
tl::expected<std::string, std::string> text_behind(const std::string& reference, const net::Access& access) {
  if (reference.starts_with("env:")) {
    auto value = access.variable(reference.substr(4));
    if (!value) return tl::unexpected<std::string>("The variable is not set.");
    return *std::move(value);
  }
  if (!reference.starts_with("file:")) return tl::unexpected<std::string>("References to commands are not read here.");
  std::ifstream stream(file_of(reference, access), std::ios::binary);
  if (!stream) return tl::unexpected<std::string>("The file is not there, or may not be read.");
  std::string text(k_longest_value + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

Secret learnt(std::string text, const net::Access& access) {
  Secret secret(std::move(text));
  access.learn(secret);
  return secret;
}

}  // namespace

Result<Secret> read_value(const std::string& reference, const net::Access& access) {
  auto text = text_behind(reference, access);
  if (!text) return fail(no_value(reference, text.error()));
  if (text->size() > k_longest_value) return fail(no_value(reference, "It has more than 64 KiB."));
  if (text->ends_with('\n')) text->pop_back();
  if (text->empty()) return fail(no_value(reference, "It is empty."));
  return learnt(*std::move(text), access);
}

Result<std::string> read_bytes(const std::string& reference, const net::Access& access) {
  auto text = text_behind(reference, access);
  if (!text) return fail(no_value(reference, text.error()));
  if (text->size() > k_longest_value) return fail(no_value(reference, "It has more than 64 KiB."));
  return *std::move(text);
}

Result<Secret> read_secret(const std::string& reference, const net::Access& access) {
  constexpr std::size_t k_shortest = 16, k_longest = 256;
  auto text = text_behind(reference, access);
  if (!text) return fail(no_secret(reference, text.error()));
  // Of a file its first line counts.
  if (reference.starts_with("file:")) text->resize(std::min(text->size(), text->find('\n')));
  if (reference.starts_with("file:") && text->empty())
    return fail(no_secret(reference, "The file is not there, or empty."));
  auto secret = learnt(text->substr(0, k_longest + 1), access);
  if (secret.reveal().size() < k_shortest || secret.reveal().size() > k_longest)
    return fail(no_secret(
        reference, fmt::format("It has {} bytes; from {} to {} are taken. Whoever answers in the far "
                               "end's place can guess a short one (RFC 7296, 5).",
                               secret.reveal().size() > k_longest ? "too many" : "too few", k_shortest, k_longest)));
  return secret;
}

}  // namespace cloison::node
