#pragma once
// The tables of a state file, as batch_writer.h wants them and as load reads them.

#include <memory>

#include "core/state/sqlite_database.h"
#include "core/state/tables.h"

namespace cloison::state {

[[nodiscard]] Result<void> insert_head(Database& database, const Head& head);
/// CL4003 when the header does not match its digest.
[[nodiscard]] Result<Head> read_head(Database& database);
[[nodiscard]] Result<void> write_head(Database& database, const Head& head);

class SqliteTables final : public Tables {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SqliteTables>> prepare(Database& database);

  Result<std::optional<StoredRow>> row(const RowKey& key) override;
  Result<void> put_row(const StoredRow& row, const Digest& digest, bool replaces) override;
  Result<void> remove_row(const RowKey& key) override;
  Result<bool> has_config(const std::string& digest) override;
  Result<void> add_config(const std::string& digest, const StoredProvider& provider) override;
  Result<std::optional<Facts>> facts(const std::string& provider) override;
  Result<void> put_facts(const std::string& provider, const Facts& content) override;
  Result<std::map<std::string, std::string>> allocations() override;
  Result<void> put_allocation(const std::string& key, const std::string& value) override;
  Result<void> remove_allocation(const std::string& key) override;
  Result<void> append(const LogEntry& entry, const Digest& seal) override;
  Result<void> open(const OpenEntry& entry) override;
  Result<std::vector<OpenEntry>> close(const std::string& operation, std::optional<uint32_t> step) override;
  Result<std::vector<std::string>> open_operations() override;

 private:
  explicit SqliteTables(std::vector<Statement> statements) : statements_(std::move(statements)) {}
  std::vector<Statement> statements_;  // by Query (sqlite_tables.cpp)
};

}  // namespace cloison::state
