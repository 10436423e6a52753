#pragma once
// SQLite behind RAII; its result codes become diagnostics here and nowhere else.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "core/base/digest.h"
#include "core/base/result.h"

namespace cloison::state {

/// A prepared statement. What is bound must live until the statement has run.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  /// Parameters count from 1.
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, uint64_t number);
  Statement& bind(int parameter, const Digest& digest);
  Statement& bind_null(int parameter);

  /// True: there is a row. False: no more; the statement is ready for its next use.
  [[nodiscard]] Result<bool> step();
  /// For statements that answer nothing.
  [[nodiscard]] Result<void> run();
  void reset() { sqlite3_reset(statement_.get()); }

  /// Columns count from 0; texts live until the next step.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] uint64_t number(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::optional<Digest> digest(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Gives a statement back for its next use, however the block is left.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;
  ~ResetAtEnd() { statement_.reset(); }

 private:
  Statement& statement_;
};

class Database {
 public:
  /// The file must be there. Settings of the connection: docs/state.md.
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& file);
  [[nodiscard]] Result<void> run(const char* sql);
  [[nodiscard]] Result<Statement> prepare(const char* sql);
  /// The one number or text that a PRAGMA answers.
  [[nodiscard]] Result<uint64_t> ask_number(const char* sql);
  [[nodiscard]] Result<std::string> ask_text(const char* sql);
  /// Whether the file that was opened is no longer at its path.
  [[nodiscard]] bool file_moved() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  explicit Database(sqlite3* database) : database_(database) {}
  std::unique_ptr<sqlite3, Close> database_;
};

/// Rolled back unless committed.
class Transaction {
 public:
  enum class Mode { read, write };
  [[nodiscard]] static Result<Transaction> begin(Database& database, Mode mode);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  [[nodiscard]] Result<void> commit();

 private:
  explicit Transaction(Database* database) : database_(database) {}
  Database* database_;
};

}  // namespace cloison::state
