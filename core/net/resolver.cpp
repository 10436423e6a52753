#include "core/net/resolver.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include "core/base/environment.h"

namespace cloison::net {

namespace {

Diagnostic no_answer(const std::string& name, std::string detail) {
  return {.kind = ErrorKind::transient,
          .code = "CL1350",
          .summary = "the name '" + name + "' has no answer",
          .detail = std::move(detail),
          .hint = "check the resolver, or set CLOISON_RESOLVER=ADDRESS"};
}

IpAddress from_bytes(Family family, const unsigned char* bytes, std::size_t count) {
  IpAddress address{.family = family};
  for (std::size_t i = 0; i < count; ++i) address.bits = (address.bits << 8U) | bytes[i];
  return address;
}

Result<std::vector<IpAddress>> by_system(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
  if (code == EAI_NONAME) return std::vector<IpAddress>{};
  if (code != 0) return fail(no_answer(name, std::string("The resolver says: ") + ::gai_strerror(code) + "."));
  std::vector<IpAddress> addresses;
  for (const auto* entry = list; entry; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET) {
      sockaddr_in socket{};
      std::memcpy(&socket, entry->ai_addr, sizeof socket);
      addresses.push_back({Family::ipv4, ntohl(socket.sin_addr.s_addr)});
    } else if (entry->ai_family == AF_INET6) {
      sockaddr_in6 socket{};
      std::memcpy(&socket, entry->ai_addr, sizeof socket);
      addresses.push_back(from_bytes(Family::ipv6, socket.sin6_addr.s6_addr, 16));
    }
  }
  ::freeaddrinfo(list);
  return addresses;
}

/// One query to one server (RFC 1035, RFC 3596).
Result<std::vector<IpAddress>> ask(res_state state, const std::string& name, ns_type type) {
  std::vector<unsigned char> answer(64U << 10U);
  const int length = ::res_nquery(state, name.c_str(), ns_c_in, type, answer.data(), static_cast<int>(answer.size()));
  if (length < 0) {
    if (state->res_h_errno == HOST_NOT_FOUND || state->res_h_errno == NO_DATA) return std::vector<IpAddress>{};
    return fail(no_answer(name, std::string("The resolver says: ") + ::hstrerror(state->res_h_errno) + "."));
  }
  ns_msg message{};
  if (::ns_initparse(answer.data(), length, &message) != 0) return fail(no_answer(name, "The answer cannot be read."));
  std::vector<IpAddress> addresses;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record{};
    if (::ns_parserr(&message, ns_s_an, i, &record) != 0 || ns_rr_type(record) != type) continue;
    const auto size = ns_rr_rdlen(record);
    if (type == ns_t_a && size == 4) addresses.push_back(from_bytes(Family::ipv4, ns_rr_rdata(record), 4));
    if (type == ns_t_aaaa && size == 16) addresses.push_back(from_bytes(Family::ipv6, ns_rr_rdata(record), 16));
  }
  return addresses;
}

Result<std::vector<IpAddress>> by_server(const std::string& name, std::string server) {
  uint16_t port = 53;
  if (const auto colon = server.rfind(':'); colon != std::string::npos && server.find(':') == colon) {
    std::from_chars(server.data() + colon + 1, server.data() + server.size(), port);
    server.resize(colon);
  }
  struct __res_state state{};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, server.c_str(), &address.sin_addr) != 1)
    return fail(no_answer(name, "CLOISON_RESOLVER must be an IPv4 address, optionally with a port."));
  if (::res_ninit(&state) != 0) return fail(no_answer(name, "The resolver library did not start."));
  state.nscount = 1;
  state.nsaddr_list[0] = address;
  state.retrans = 2;
  state.retry = 2;
  auto four = ask(&state, name, ns_t_a);
  auto six = four ? ask(&state, name, ns_t_aaaa) : Result<std::vector<IpAddress>>{};
  ::res_nclose(&state);
  if (!four) return four;
  if (!six) return six;
  four->insert(four->end(), six->begin(), six->end());
  return four;
}

}  // namespace

Result<std::vector<IpAddress>> resolve_name(const std::string& name) {
  const auto server = environment_variable("CLOISON_RESOLVER").value_or("");
  auto addresses = server.empty() ? by_system(name) : by_server(name, server);
  if (!addresses) return addresses;
  std::sort(addresses->begin(), addresses->end());
  addresses->erase(std::unique(addresses->begin(), addresses->end()), addresses->end());
  return addresses;
}

}  // namespace cloison::net
