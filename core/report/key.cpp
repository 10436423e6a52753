#include "core/report/key.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/base64.h"
#include "core/base/descriptor.h"
#include "core/base/digest.h"
#include "core/base/strings.h"

namespace cloison::report {

namespace {

constexpr std::size_t k_longest_key_file = std::size_t{64} << 10U;
constexpr std::string_view k_make_pair =
    "make a pair: openssl genpkey -algorithm ed25519 -out key.pem && chmod 600 key.pem && openssl pkey -in key.pem "
    "-pubout -out public.pem";

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using KeyText = std::unique_ptr<BIO, decltype(&BIO_free)>;
using KeyContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

tl::unexpected<Diagnostic> no_key(std::string_view name, std::string detail, std::string hint) {
  return fail({.kind = ErrorKind::usage,
               .code = "CL7101",
               .summary = fmt::format("{} cannot be taken as a key", printable(name)),
               .detail = std::move(detail),
               .hint = std::move(hint)});
}

const unsigned char* octets(std::string_view text) {
  static constexpr unsigned char k_none = 0;  // OpenSSL takes no null pointer, also for nothing
  return text.empty() ? &k_none : reinterpret_cast<const unsigned char*>(text.data());
}

bool is_private(std::string_view pem) {
  return pem.find("PRIVATE KEY-----") != std::string_view::npos;
}

bool is_encrypted(std::string_view pem) {
  return pem.find("BEGIN ENCRYPTED PRIVATE KEY-----") != std::string_view::npos ||
         pem.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

/// In place of OpenSSL's own, which would ask on the terminal.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*context*/) {
  return -1;
}

KeyText reader_of(const Secret& pem) {
  const auto text = pem.reveal();
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

std::optional<PublicKey> public_half(const EVP_PKEY* key) {
  PublicKey::Raw raw{};
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1 || size != raw.size()) return std::nullopt;
  return PublicKey(raw);
}

bool is_ed25519(const Key& key) {
  return key && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519;
}

tl::unexpected<Diagnostic> not_ed25519(std::string_view name, const Key& key) {
  if (!key) return no_key(name, "It holds no key in PEM (-----BEGIN PUBLIC KEY-----).", std::string(k_make_pair));
  const auto* const kind = EVP_PKEY_get0_type_name(key.get());
  return no_key(name, fmt::format("It is of kind {}; packs are signed with Ed25519.", kind == nullptr ? "?" : kind),
                std::string(k_make_pair));
}

}  // namespace

std::string Fingerprint::grouped() const {
  std::string text;
  for (std::size_t at = 0; at < hex.size(); at += 4) {
    if (at > 0) text += ' ';
    text += hex.substr(at, 4);
  }
  return text;
}

bool PublicKey::verifies(std::string_view bytes, std::string_view signature) const {
  if (signature.size() != k_signature_bytes) return false;
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw_.data(), raw_.size()));
  const KeyContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  return key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(bytes), bytes.size()) == 1;
}

std::string PublicKey::der() const {
  // SubjectPublicKeyInfo of id-Ed25519 (RFC 8410, 4): all but the key itself is fixed.
  constexpr std::array<unsigned char, 12> k_head{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
  std::string der(k_head.begin(), k_head.end());
  return der.append(raw_.begin(), raw_.end());
}

std::string PublicKey::pem() const {
  return "-----BEGIN PUBLIC KEY-----\n" + in_base64(der()) + "\n-----END PUBLIC KEY-----\n";
}

Fingerprint PublicKey::fingerprint() const {
  const auto digest = sha256(der());
  auto text = in_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
  while (text.ends_with('=')) text.pop_back();
  return {.hex = hex(digest), .base64 = "SHA256:" + text};
}

Result<PrivateKey> PrivateKey::of_pem(const Secret& pem, std::string_view name) {
  if (is_encrypted(pem.reveal()))
    return no_key(name, "It is encrypted, and nobody is asked for a passphrase here.",
                  "sign by a program that asks for it, or decrypt it into a file of your own (0600): openssl pkey -in "
                  "FILE -out key.pem; its public half: openssl pkey -in FILE -pubout -out public.pem");
  const auto in = reader_of(pem);
  Key key(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, &no_passphrase, nullptr) : nullptr);
  if (!is_ed25519(key)) return not_ed25519(name, key);
  const auto half = public_half(key.get());
  if (!half) return not_ed25519(name, {});
  return PrivateKey(std::shared_ptr<void>(key.release(), [](void* it) { EVP_PKEY_free(static_cast<EVP_PKEY*>(it)); }),
                    *half);
}

std::string PrivateKey::sign(std::string_view bytes) const {
  const KeyContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::string signature(k_signature_bytes, '\0');
  std::size_t size = signature.size();
  const bool done =
      context &&
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, static_cast<EVP_PKEY*>(key_.get())) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, octets(bytes),
                     bytes.size()) == 1;
  return done && size == k_signature_bytes ? signature : std::string();
}

Result<Secret> read_key_file(const std::filesystem::path& file) {
  const auto name = file.string();
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about{};
  if (!in || ::fstat(in.get(), &about) != 0)
    return no_key(name, fmt::format("The operating system says: {}.", std::generic_category().message(errno)),
                  "check the name of the file: ls -la '" + printable(name) + "'");
  // One buffer, wiped with what is read: a growing one would leave pieces of a private key behind.
  std::string text(k_longest_key_file + 1, '\0');
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < text.size() && (got = ::read(in.get(), text.data() + size, text.size() - size)) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  const int error = errno;
  Secret content(std::move(text));
  if (got < 0)
    return no_key(name, fmt::format("The operating system says: {}.", std::generic_category().message(error)),
                  "check the name of the file: ls -la '" + printable(name) + "'");
  if (size > k_longest_key_file) return no_key(name, "It is longer than any key.", std::string(k_make_pair));
  if (is_private(content.reveal()) && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail({.kind = ErrorKind::usage,
                 .code = "CL7102",
                 .summary = fmt::format("others may read the private key in {}", printable(name)),
                 .detail = fmt::format("Its mode is {:04o}. Whoever has read it can sign packs as you.",
                                       about.st_mode & 07777U),
                 .hint = "if nobody did: chmod 600 '" + printable(name) +
                         "'; else make a new pair and hand over its "
                         "fingerprint"});
  return content;
}

Result<PublicKey> public_key_of(const Secret& pem, std::string_view name) {
  if (is_private(pem.reveal())) {
    const auto key = PrivateKey::of_pem(pem, name);
    if (!key) return fail(key.error());
    return key->public_key();
  }
  const auto in = reader_of(pem);
  const Key key(in ? PEM_read_bio_PUBKEY(in.get(), nullptr, &no_passphrase, nullptr) : nullptr);
  if (!is_ed25519(key)) return not_ed25519(name, key);
  const auto half = public_half(key.get());
  return half ? Result<PublicKey>(*half) : not_ed25519(name, {});
}

}  // namespace cloison::report
