#include "providers/node/artifacts.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/signature.h"
#include "core/base/strings.h"
#include "core/net/download.h"
#include "providers/node/connect.h"

namespace cloison::node {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours k_kept{24 * 30};

/// Where what was fetched and packed stays for a while.
Result<fs::path> store(const net::Access& access, const std::string& source) {
  auto folder = access.home() / ".cloison" / "artifacts";
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return fail(no_artifact(source, fmt::format("{}: {}.", printable(folder.string()), error.message())));
  for (fs::directory_iterator one(folder, error); !error && one != fs::directory_iterator(); one.increment(error)) {
    std::error_code ignored;
    if (const auto when = one->last_write_time(ignored); !ignored && fs::file_time_type::clock::now() - when > k_kept)
      fs::remove(one->path(), ignored);
  }
  return folder;
}

Diagnostic another(const Artifact& artifact, const std::string& digest) {
  return {.kind = ErrorKind::conflict,
          .code = "CL5433",
          .summary = fmt::format("'{}' is not the artifact that the topology means", printable(artifact.source)),
          .detail = fmt::format("Its SHA-256 is {}, and {} is declared. Nothing was sent.", digest,
                                printable(artifact.sha256)),
          .hint = fmt::format("if this is what you want to deploy: sha256: {}", digest)};
}

Result<void> check_digest(const Artifact& artifact, const fs::path& path) {
  const auto digest = sha256_of_file(path);
  if (!digest) return fail(no_artifact(artifact.source, "It cannot be read to its end."));
  if (hex(*digest) == artifact.sha256) return {};
  return fail(another(artifact, hex(*digest)));
}

Result<void> check_signature(const Artifact& artifact, const fs::path& path, const net::Access& access) {
  if (artifact.signature.empty() && artifact.public_key.empty()) return {};
  const auto refuse = [&](const std::string& why, std::string hint) {
    return fail(Diagnostic{.kind = ErrorKind::conflict,
                           .code = "CL5437",
                           .summary = fmt::format("nobody vouches for the artifact '{}'", printable(artifact.source)),
                           .detail = why + " Nothing was sent.",
                           .hint = std::move(hint)});
  };
  if (artifact.signature.empty() || artifact.public_key.empty())
    return refuse("A signature and the key that it is checked with belong together.",
                  "artifact: {…, signature: file:gateway.sig, public_key: file:releases.pem}");
  const auto signature = read_bytes(artifact.signature, access);
  if (!signature) return fail(signature.error());
  const auto key = read_bytes(artifact.public_key, access);
  if (!key) return fail(key.error());
  switch (check_ed25519(path, *signature, *key)) {
    case SignatureCheck::good:
      return {};
    case SignatureCheck::no_key:
      return refuse(fmt::format("'{}' holds no Ed25519 key.", printable(artifact.public_key)),
                    "openssl pkey -in releases.key -pubout -out releases.pem");
    case SignatureCheck::no_signature:
      return refuse(fmt::format("'{}' holds no Ed25519 signature.", printable(artifact.signature)),
                    "openssl pkeyutl -sign -rawin -inkey releases.key -in gateway -out gateway.sig");
    case SignatureCheck::unreadable:
      return fail(no_artifact(artifact.source, "It cannot be read to its end."));
    case SignatureCheck::wrong:
      break;
  }
  return refuse("Its signature is not one of that key over these bytes.",
                "fetch it again, or ask who published it; never leave `signature:` out to go on");
}

Result<fs::path> fetched(const Artifact& artifact, const net::Access& access, const net::Limits& limits) {
  const auto folder = store(access, artifact.source);
  if (!folder) return fail(folder.error());
  auto kept = *folder / artifact.sha256;
  if (const auto digest = sha256_of_file(kept); digest && hex(*digest) == artifact.sha256) return kept;
  const auto partial = *folder / (artifact.sha256 + ".partial-" + random_hex(4));
  net::Download wanted{.url = artifact.source, .to = partial};
  for (const auto& [reference, value] :
       {std::pair(&artifact.password, &wanted.password), {&artifact.token, &wanted.token}}) {
    if (reference->empty()) continue;
    auto read = read_value(*reference, access);
    if (!read) return fail(read.error());
    *value = *std::move(read);
  }
  wanted.username = artifact.username;
  if (artifact.username.starts_with("env:") || artifact.username.starts_with("file:")) {
    const auto read = read_value(artifact.username, access);
    if (!read) return fail(read.error());
    wanted.username = read->reveal();
  }
  if (const auto trusts = access.variable("SSL_CERT_FILE")) wanted.trusts = *trusts;
  if (auto came = net::download(wanted, limits); !came) return fail(came.error());
  std::error_code error;
  if (auto same = check_digest(artifact, partial); !same) {
    fs::remove(partial, error);
    return fail(same.error());
  }
  fs::rename(partial, kept, error);
  if (error) return fail(no_artifact(artifact.source, error.message() + "."));
  return kept;
}

Result<Parcel> packed(const Artifact& artifact, const fs::path& path, bool folder, const net::Access& access) {
  const auto kept = store(access, artifact.source);
  if (!kept) return fail(kept.error());
  const auto partial = *kept / ("packing-" + random_hex(8));
  const auto done = folder ? pack_folder(path, partial) : repack(path, artifact.source.ends_with(".deb"), partial);
  std::error_code error;
  if (!done) {
    fs::remove(partial, error);
    return fail(no_artifact(artifact.source, done.error()));
  }
  const auto digest = sha256_of_file(partial);
  if (!digest) return fail(no_artifact(artifact.source, "What was packed of it cannot be read."));
  Parcel parcel{.path = *kept / (hex(*digest) + ".tar"), .sha256 = hex(*digest)};
  fs::rename(partial, parcel.path, error);
  if (error) return fail(no_artifact(artifact.source, error.message() + "."));
  return parcel;
}

Result<Parcel> found(const Artifact& artifact, const net::Access& access, const net::Limits& limits) {
  if (artifact.source.starts_with("https://")) {
    const auto path = fetched(artifact, access, limits);
    if (!path) return fail(path.error());
    return Parcel{.path = *path, .sha256 = artifact.sha256};
  }
  const auto path = file_of(artifact.source, access);
  std::error_code error;
  if (fs::is_directory(path, error)) {
    auto parcel = packed(artifact, path, true, access);
    if (parcel && parcel->sha256 != artifact.sha256) return fail(another(artifact, parcel->sha256));
    return parcel;
  }
  if (!fs::is_regular_file(path, error))
    return fail(no_artifact(artifact.source, error ? error.message() + "." : "It is no file."));
  if (auto same = check_digest(artifact, path); !same) return fail(same.error());
  return Parcel{.path = path, .sha256 = artifact.sha256};
}

}  // namespace

Diagnostic no_artifact(const std::string& source, std::string why) {
  return {.kind = ErrorKind::not_found,
          .code = "CL5432",
          .summary = fmt::format("the artifact '{}' cannot be read", printable(source)),
          .detail = std::move(why),
          .hint = "build it, or fetch it, to where `artifact: {file: …}` says, from the topology's folder on"};
}

Result<Parcel> obtain(const Artifact& artifact, const net::Access& access, const net::Limits& limits) {
  std::string key = "artifact";
  for (const auto* const part : {&artifact.source, &artifact.sha256, &artifact.signature, &artifact.public_key})
    key += '\0' + *part;
  return access.once->get<Result<Parcel>>(key, [&]() -> Result<Parcel> {
    auto parcel = found(artifact, access, limits);
    if (!parcel) return parcel;
    if (auto vouched = check_signature(artifact, parcel->path, access); !vouched) return fail(vouched.error());
    if (!is_foreign_archive(artifact.source)) return parcel;
    return packed(artifact, parcel->path, false, access);
  });
}

}  // namespace cloison::node
