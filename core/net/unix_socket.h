#pragma once
// A local socket between two processes of the same user: whole messages, and waits that end.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/descriptor.h"
#include "core/base/result.h"
#include "core/net/http.h"

namespace cloison::net {

/// Listening, readable by this user alone, whatever the process's umask. Fails where the path is too long (107 bytes).
[[nodiscard]] Descriptor listen_locally(const std::filesystem::path& path);
/// Connected to whoever listens there; none where there is nobody.
[[nodiscard]] Descriptor connect_to(const std::filesystem::path& path);
/// The same; none where the process at the other end is somebody else's.
[[nodiscard]] Descriptor connect_locally(const std::filesystem::path& path);
/// Whether the process at the other end is this user's.
[[nodiscard]] bool is_ours(int socket);

/// All of it; false when the other end is gone, or too late.
[[nodiscard]] bool send_all(int socket, std::string_view bytes, const Limits& limits);
/// Just so many bytes.
[[nodiscard]] bool receive_all(int socket, std::string& bytes, std::size_t count, const Limits& limits);

}  // namespace cloison::net
