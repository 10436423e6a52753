#pragma once
// A workbook of Excel while it is written, over libxlsxwriter: what is text stays text, whatever it looks like.

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <xlsxwriter.h>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/report/document.h"
#include "core/report/temporary_folder.h"

namespace cloison::report {

/// How a cell looks.
enum class Look : uint8_t { text, wrapped, number, flag, date, instant, heading, group, title };
constexpr std::size_t k_looks = 9;
constexpr std::size_t k_tones = 5;

class Workbook {
 public:
  struct Properties {
    std::string title{}, author{}, comments{};
    Instant created{};  // both "created" and "modified": no clock is read
  };
  /// `large`: more than four gigabytes before compression, which some old readers refuse.
  [[nodiscard]] static Result<Workbook> make(const Properties& properties, bool large);

  /// Sheets in their order, by a name of `sheet_name`; owned by the workbook.
  [[nodiscard]] Result<lxw_worksheet*> add_sheet(const std::string& name);
  [[nodiscard]] lxw_format* format(Look look, Tone tone);
  /// That a sheet could not be written.
  [[nodiscard]] static Diagnostic lost(std::string_view sheet_name);
  /// The bytes; nothing else can be done with it then.
  [[nodiscard]] Result<std::string> finish();

 private:
  struct Free {
    void operator()(lxw_workbook* book) const { lxw_workbook_free(book); }
  };
  Workbook(TemporaryFolder folder, std::unique_ptr<lxw_workbook, Free> book)
      : folder_(std::move(folder)), book_(std::move(book)) {}

  TemporaryFolder folder_;
  std::unique_ptr<lxw_workbook, Free> book_;
  std::array<std::array<lxw_format*, k_tones>, k_looks> formats_{};
};

/// A text as a cell can hold it: shown, and cut at 32 767 units of UTF-16 with a mark where that is.
[[nodiscard]] std::string sheet_text(std::string_view text);

}  // namespace cloison::report
