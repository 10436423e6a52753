#include "tests/deploy/common/address.h"

#include <array>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include "tests/deploy/common/options.h"

namespace cloison::deploy_test {

SocketAddress resolved(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
  if (error != 0 || found == nullptr)
    throw BadUsage(fmt::format("{}: {}", host, error == 0 ? "no address" : ::gai_strerror(error)));
  SocketAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  return address;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bits{};
  return ::inet_pton(AF_INET, host.c_str(), bits.data()) == 1 || ::inet_pton(AF_INET6, host.c_str(), bits.data()) == 1;
}

HostPort host_port(std::string_view text, std::uint16_t otherwise) {
  const bool bracketed = text.starts_with('[');
  const auto end = bracketed ? text.find(']') : text.rfind(':');
  if (bracketed && end == std::string_view::npos) throw BadUsage(fmt::format("'{}': the bracket stays open", text));
  const auto host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  auto rest = end == std::string_view::npos ? std::string_view{} : text.substr(bracketed ? end + 1 : end);
  if (host.empty() || (rest.empty() && otherwise == 0) || (!rest.empty() && rest.front() != ':'))
    throw BadUsage(fmt::format("'{}' is no HOST:PORT", text));
  if (rest.empty()) return {std::string(host), otherwise};
  rest.remove_prefix(1);
  return {std::string(host), static_cast<std::uint16_t>(whole_number("port", rest, 1, 65535))};
}

}  // namespace cloison::deploy_test
