#pragma once
// Where a socket is bound or connected to.

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace cloison::deploy_test {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

/// An address or a name, the first that it stands for; throws BadUsage when there is none.
[[nodiscard]] SocketAddress resolved(const std::string& host, std::uint16_t port);

[[nodiscard]] bool is_address(const std::string& host);

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

/// "host:443", "192.0.2.1:443", "[2001:db8::1]:443"; the port may be missing where `otherwise` is one.
[[nodiscard]] HostPort host_port(std::string_view text, std::uint16_t otherwise = 0);

}  // namespace cloison::deploy_test
