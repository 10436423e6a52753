// Makes an evidence pack out of files, for tests/report/pack.py and for whoever wants to see one.
//   cloison_make_pack OUT NETWORK AS_OF PREVIOUS|- STAMP_URL|- KEY.pem|"PROGRAM WORDS" [PUBLIC.pem] -- [PATH=FILE...]

#include <cstdio>
#include <fstream>
#include <iterator>

#include "core/base/environment.h"
#include "core/report/check_pack.h"
#include "core/report/pack.h"

namespace {

using namespace cloison;
using namespace cloison::report;

std::string content_of(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int failed(const Diagnostic& why) {
  std::fprintf(stderr, "error[%s]: %s\n  %s\n", why.code.c_str(), why.summary.c_str(), why.detail.c_str());
  return 1;
}

Result<Signer> signer_for(const std::string& how, const std::string& public_file) {
  if (public_file.empty()) return signer_of_file(how);
  const auto pem = read_key_file(public_file);
  if (!pem) return fail(pem.error());
  const auto key = public_key_of(*pem, public_file);
  if (!key) return fail(key.error());
  return signer_of_command(words_of_command(how).value_or(std::vector<std::string>{}), *key,
                           {.time = std::chrono::seconds(5)}, nullptr);
}

int make(const std::vector<std::string>& words) {
  const bool by_program = words.at(6) != "--";
  const auto signer = signer_for(words.at(5), by_program ? words.at(6) : std::string());
  if (!signer) return failed(signer.error());
  PackRequest request{.network = words.at(1), .made_by = "cloison 0.0.0", .as_of = *parse_rfc3339(words.at(2))};
  if (words.at(3) != "-") request.previous = check_pack(content_of(words.at(3)), signer->key).link;
  for (std::size_t i = by_program ? 8 : 7; i < words.size(); ++i) {
    const auto split_at = words[i].find('=');
    request.entries.push_back(
        {words[i].substr(0, split_at), content_of(words[i].substr(split_at + 1)), "test data, as it was given"});
  }
  Timestamper stamp;
  if (words.at(4) != "-")
    stamp = [&](std::string_view signature) {
      const auto http = net::make_http({.ca_file = environment_variable("SSL_CERT_FILE").value_or("")});
      return request_timestamp(*http, words.at(4), signature, {});
    };
  const auto pack = make_pack(request, *signer, stamp);
  if (!pack) return failed(pack.error());
  std::ofstream(words.at(0), std::ios::binary) << *pack;
  return 0;
}

}  // namespace

int main(int count, char** words) {
  constexpr int k_least = 8;
  if (count < k_least) return std::fputs("usage: see tests/tools/make_pack.cpp\n", stderr), 64;
  return make({words + 1, words + count});
}
