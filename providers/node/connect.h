#pragma once
// From a stored provider entry to the node that it means: where it is, who logs in, what its key is.

#include <map>
#include <string>

#include "core/model/provider.h"
#include "core/net/access.h"
#include "core/net/ssh.h"

namespace cloison::node {

/// Settings that are read: address, port (22), user (the caller's own), fingerprint, known_hosts (a file; also the
/// user's own is looked into), key ("file:" and the path of a private key, or of its public half beside it), bastion
/// ("user@host:port"), packages ("mirror", "none" or "file:FOLDER"). CL5416: one of them cannot be used.
[[nodiscard]] Result<net::SshTarget> target_of(const StoredProvider& entry, const net::Access& access);

/// Debian packages of a folder ("file:FOLDER"), numbered in the order of their names: "1.deb" and what it holds.
/// CL5416: there are none.
[[nodiscard]] Result<std::map<std::string, std::string>> package_files(const std::string& from,
                                                                       const net::Access& access);

/// The file that "file:PATH" means: below the home folder, or from the topology's folder on.
[[nodiscard]] std::filesystem::path file_of(std::string_view written, const net::Access& access);

/// What stands behind "env:NAME" or "file:PATH"; it is learnt by the scrubber. CL5420: it cannot be read.
[[nodiscard]] Result<Secret> read_secret(const std::string& reference, const net::Access& access);
/// The same of a service's secret, of any length up to 64 KiB and any number of lines; the last line end is no part of
/// it. CL5434: it cannot be read.
[[nodiscard]] Result<Secret> read_value(const std::string& reference, const net::Access& access);
/// The same of what is no secret, byte by byte, up to 64 KiB.
[[nodiscard]] Result<std::string> read_bytes(const std::string& reference, const net::Access& access);
[[nodiscard]] Diagnostic no_value(const std::string& reference, std::string why);
[[nodiscard]] Diagnostic no_secret(const std::string& reference, std::string why);

}  // namespace cloison::node
