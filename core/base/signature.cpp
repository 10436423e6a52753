#include "core/base/signature.h"

#include <array>
#include <memory>
#include <optional>
#include <string>

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/base64.h"

namespace cloison {

namespace {

constexpr std::size_t k_signature_bytes = 64, k_key_bytes = 32;

struct FreePublicKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PublicKey = std::unique_ptr<EVP_PKEY, FreePublicKey>;

/// A file's bytes in memory that the system takes back when it needs it; the signature is over all of them at once.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat about{};
    if (file >= 0 && ::fstat(file, &about) == 0 && S_ISREG(about.st_mode)) {
      size_ = static_cast<std::size_t>(about.st_size);
      readable_ = true;
      if (size_ > 0) bytes_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
      if (bytes_ == MAP_FAILED) bytes_ = nullptr, readable_ = false;
    }
    if (file >= 0) ::close(file);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() {
    if (bytes_ != nullptr) ::munmap(bytes_, size_);
  }
  [[nodiscard]] bool is_readable() const { return readable_; }
  [[nodiscard]] const unsigned char* data() const { return static_cast<const unsigned char*>(bytes_); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void* bytes_ = nullptr;
  std::size_t size_ = 0;
  bool readable_ = false;
};

PublicKey key_of(std::string_view text) {
  if (text.find("-----BEGIN") != std::string_view::npos) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())),
                                                       &BIO_free);
    PublicKey key(in ? PEM_read_bio_PUBKEY(in.get(), nullptr, nullptr, nullptr) : nullptr);
    return key && EVP_PKEY_base_id(key.get()) == EVP_PKEY_ED25519 ? std::move(key) : nullptr;
  }
  const auto bytes = from_base64(text, k_key_bytes);
  if (!bytes) return nullptr;
  return PublicKey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                               reinterpret_cast<const unsigned char*>(bytes->data()), bytes->size()));
}

}  // namespace

SignatureCheck check_ed25519(const std::filesystem::path& file, std::string_view signature,
                             std::string_view public_key) {
  const auto key = key_of(public_key);
  if (!key) return SignatureCheck::no_key;
  const auto given = signature.size() == k_signature_bytes ? std::optional(std::string(signature))
                                                           : from_base64(signature, k_signature_bytes);
  if (!given) return SignatureCheck::no_signature;
  const MappedFile content(file);
  if (!content.is_readable()) return SignatureCheck::unreadable;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  constexpr std::array<unsigned char, 1> k_nothing{};
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1)
    return SignatureCheck::wrong;
  const bool good =
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(given->data()), given->size(),
                       content.size() == 0 ? k_nothing.data() : content.data(), content.size()) == 1;
  return good ? SignatureCheck::good : SignatureCheck::wrong;
}

}  // namespace cloison
