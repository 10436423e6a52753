#include "core/state/tables.h"

#include "core/state/log_chain.h"

namespace cloison::state {

Digest digest_of(const Head& head) {
  return Encoder("head")
      .text(head.lineage)
      .text(head.key)
      .number(head.sandbox ? 1 : 0)
      .number(head.serial)
      .number(head.epoch)
      .number(head.elements)
      .digest(head.sum.bytes())
      .number(head.log_entries)
      .digest(head.log_head)
      .digest();
}

Head new_head(std::string lineage, bool sandbox) {
  constexpr std::size_t k_lineage_bytes = 8;  // short: it is part of every marker
  constexpr std::size_t k_key_bytes = 32;
  if (lineage.empty()) lineage = random_hex(k_lineage_bytes);
  const Digest head = first_seal(lineage);
  return {.lineage = std::move(lineage), .key = random_hex(k_key_bytes), .sandbox = sandbox, .log_head = head};
}

Digest element_digest(const std::string& config, const StoredProvider& provider) {
  return Encoder("config")
      .text(config)
      .text(provider.name)
      .text(provider.kind)
      .text(flat_json(provider.settings))
      .digest();
}

Digest element_digest(const std::string& provider, const Facts& facts) {
  return Encoder("facts").text(provider).text(flat_json(facts)).digest();
}

Digest allocation_digest(std::string_view key, std::string_view value) {
  return Encoder("allocation").text(key).text(value).digest();
}

Digest element_digest(const OpenEntry& entry) {
  return Encoder("open")
      .text(entry.operation)
      .number(entry.step ? *entry.step + uint64_t{1} : 0)
      .number(entry.number)
      .digest();
}

}  // namespace cloison::state
