#include "core/net/cloud_config.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/net/json.h"

namespace cloison::net {

namespace {

/// A file ending in .pub was derived from the private key that the topology names.
std::string key_hint(const std::string& reference) {
  if (reference.starts_with("env:"))
    return fmt::format("put a public key there: export {}=\"$(cat ~/.ssh/id_ed25519.pub)\"",
                       printable(reference.substr(4)));
  if (!reference.starts_with("file:") || !reference.ends_with(".pub"))
    return "name a public key: file:~/.ssh/id_ed25519.pub";
  const std::string file = printable(reference.substr(5));
  return fmt::format("write the public half there: ssh-keygen -y -f {} > {}", file.substr(0, file.size() - 4), file);
}

Diagnostic unreadable_key(const std::string& reference, std::string why) {
  return {.kind = ErrorKind::usage,
          .code = "CL5115",
          .summary = fmt::format("the key '{}' cannot be used", printable(reference)),
          .detail = std::move(why),
          .hint = key_hint(reference)};
}

Result<std::string> key_text(const std::string& reference, const Access& access) {
  if (reference.starts_with("env:")) {
    const auto value = access.variable(reference.substr(4));
    return value ? Result<std::string>(*value) : fail(unreadable_key(reference, "the variable is not set"));
  }
  if (!reference.starts_with("file:")) return reference;
  std::string path = reference.substr(5);
  if (path.starts_with("~/")) path = access.variable("HOME").value_or("") + path.substr(1);
  std::ifstream stream(std::filesystem::path(path).is_absolute() ? std::filesystem::path(path) : access.home() / path);
  std::string text(16384, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.empty()) return fail(unreadable_key(reference, "the file is not there or empty"));
  return text;
}

/// One public key on one line; a private key named by mistake must not travel.
Result<std::string> public_key(const std::string& reference, const Access& access) {
  auto text = key_text(reference, access);
  if (!text) return text;
  if (text->find("PRIVATE KEY") != std::string::npos)
    return fail(unreadable_key(reference, "it holds a private key, which never travels"));
  const std::string line(trimmed(text->substr(0, text->find('\n'))));
  const bool looks_right = line.starts_with("ssh-") || line.starts_with("ecdsa-") || line.starts_with("sk-");
  return looks_right && printable(line) == line ? Result<std::string>(line)
                                                : fail(unreadable_key(reference, "it holds no OpenSSH public key"));
}

}  // namespace

Result<std::string> cloud_config(const std::string& account, const std::vector<std::string>& references,
                                 const Access& access) {
  Json::Array keys;
  for (const auto& reference : references) {
    auto key = public_key(reference, access);
    if (!key) return key;
    keys.push_back(Json::text(std::move(*key)));
  }
  Json config = Json::object({{"ssh_pwauth", Json::boolean(false)}, {"disable_root", Json::boolean(true)}});
  if (account.empty()) {
    config.set("ssh_authorized_keys", Json::array(std::move(keys)));
  } else {
    config.set("users", Json::array({Json::object({{"name", Json::text(account)},
                                                   {"shell", Json::text("/bin/bash")},
                                                   {"sudo", Json::text("ALL=(ALL) NOPASSWD:ALL")},
                                                   {"lock_passwd", Json::boolean(true)},
                                                   {"ssh_authorized_keys", Json::array(std::move(keys))}})}));
  }
  return to_text(config);
}

}  // namespace cloison::net
