#include "tests/deploy/load/transport.h"

#include <array>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include "tests/deploy/common/options.h"

namespace cloison::deploy_test {

namespace {

std::string error_text(int error) {
  return std::generic_category().message(error);
}

/// The first error that OpenSSL noted for this thread, which forgets all of them.
std::string tls_error_text() {
  const auto error = ::ERR_get_error();
  const auto* reason = ::ERR_reason_error_string(error);
  ::ERR_clear_error();
  return error == 0 || reason == nullptr ? "no reason given" : reason;
}

[[noreturn]] void connect_failed(int error) {
  if (error == ECONNREFUSED) throw Failure("connection refused", error_text(error));
  // Not the far end's fault, but no request that succeeded either.
  if (error == EADDRNOTAVAIL || error == EMFILE) throw Failure("no local port or descriptor", error_text(error));
  throw Failure("connection not made", error_text(error));
}

}  // namespace

TlsContext tls_context(const std::string& authorities) {
  TlsContext context(::SSL_CTX_new(::TLS_client_method()), ::SSL_CTX_free);
  if (context == nullptr) throw BadUsage("OpenSSL: " + tls_error_text());
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (::SSL_CTX_load_verify_locations(context.get(), authorities.c_str(), nullptr) != 1)
    throw BadUsage(fmt::format("--ca {}: {}", authorities, tls_error_text()));
  return context;
}

void Connection::SslFree::operator()(SSL* ssl) const {
  (void)::SSL_shutdown(ssl);  // says goodbye; of no use after an error, and harmless
  ::SSL_free(ssl);
  ::ERR_clear_error();
}

Connection::Connection(const Target& target, Time deadline) {
  connect(target, deadline);
  if (target.tls != nullptr) start_tls(target, deadline);
}

void Connection::connect(const Target& target, Time deadline) {
  const auto& address = target.address;
  socket_ = Descriptor(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) connect_failed(errno);
  const int on = 1;
  (void)::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (target.source) {
    // The port is chosen when connecting: of one address, there are else fewer of them than connections in a minute.
    (void)::setsockopt(socket_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (::bind(socket_.get(), target.source->get(), target.source->size) != 0) connect_failed(errno);
  }
  if (::connect(socket_.get(), address.get(), address.size) == 0) return;
  if (errno != EINPROGRESS) connect_failed(errno);
  if (!ready(socket_.get(), POLLOUT, deadline)) throw Failure("timeout", "no TCP connection in time");
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) connect_failed(error);
}

void Connection::start_tls(const Target& target, Time deadline) {
  tls_.reset(::SSL_new(target.tls.get()));
  auto* tls = tls_.get();
  const auto& name = target.server_name;
  const bool named = tls != nullptr && ::SSL_set_fd(tls, socket_.get()) == 1 &&
                     (is_address(name) ? ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(tls), name.c_str()) == 1
                                       : ::SSL_set1_host(tls, name.c_str()) == 1 &&
                                             ::SSL_set_tlsext_host_name(tls, name.c_str()) == 1);
  if (!named) throw Failure("TLS", tls_error_text());
  for (;;) {
    ::ERR_clear_error();
    errno = 0;
    const int done = ::SSL_connect(tls);
    if (done == 1) return;
    const int error = ::SSL_get_error(tls, done);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
      if (!wait(error, deadline)) throw Failure("timeout", "no TLS session in time");
      continue;
    }
    if (const auto verdict = ::SSL_get_verify_result(tls); verdict != X509_V_OK)
      throw Failure("certificate", ::X509_verify_cert_error_string(verdict));
    throw Failure("TLS", errno != 0 ? error_text(errno) : tls_error_text());
  }
}

bool Connection::wait(int tls_error, Time deadline) const {
  return ready(socket_.get(), tls_error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN, deadline);
}

void Connection::send(std::string_view bytes, Time deadline) {
  while (!bytes.empty()) {
    ::ERR_clear_error();
    const auto sent = tls_ != nullptr ? ::SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                                      : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    const int system = errno;
    int error = system == EAGAIN || system == EINTR ? SSL_ERROR_WANT_WRITE : SSL_ERROR_SYSCALL;
    if (tls_ != nullptr) error = ::SSL_get_error(tls_.get(), static_cast<int>(sent));
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
      throw Failure("closed while sending", error == SSL_ERROR_SYSCALL ? error_text(system) : tls_error_text());
    if (!wait(error, deadline)) throw Failure("timeout", "not sent in time");
  }
}

bool Connection::receive(std::string& into, Time deadline) {
  std::array<char, 16384> bytes{};
  for (;;) {
    ::ERR_clear_error();
    errno = 0;
    const auto got = tls_ != nullptr ? ::SSL_read(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                                     : ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got > 0) {
      into.append(bytes.data(), static_cast<std::size_t>(got));
      return true;
    }
    const int system = errno;
    int error = got == 0                              ? SSL_ERROR_ZERO_RETURN
                : system == EAGAIN || system == EINTR ? SSL_ERROR_WANT_READ
                                                      : SSL_ERROR_SYSCALL;
    if (tls_ != nullptr) error = ::SSL_get_error(tls_.get(), static_cast<int>(got));
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      ending_ = error == SSL_ERROR_ZERO_RETURN ? "closed in order"
                : error == SSL_ERROR_SYSCALL   ? error_text(system)
                                               : tls_error_text();
      return false;
    }
    if (!wait(error, deadline)) throw Failure("timeout", "no answer in time");
  }
}

Idle Connection::idle_state() {
  char byte = 0;
  ::ERR_clear_error();
  // In TLS this also takes in what is no answer, such as new session tickets.
  const auto got = tls_ != nullptr ? ::SSL_peek(tls_.get(), &byte, 1) : ::recv(socket_.get(), &byte, 1, MSG_PEEK);
  if (got > 0) return Idle::bytes;
  const bool quiet = tls_ != nullptr ? ::SSL_get_error(tls_.get(), static_cast<int>(got)) == SSL_ERROR_WANT_READ
                                     : got < 0 && (errno == EAGAIN || errno == EINTR);
  return quiet ? Idle::quiet : Idle::closed;
}

}  // namespace cloison::deploy_test
