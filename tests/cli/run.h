#pragma once
// Runs the real program, with pipes or on a terminal.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cloison::cli_test {

struct Finished {
  int status = -1;  // 128 + signal when it was killed
  std::string out{}, err{};
};
struct Where {
  std::filesystem::path folder{};
  std::map<std::string, std::string> environment{};
};

/// CLOISON_BIN, or the program that was built beside this one.
[[nodiscard]] std::string program();
/// Standard input is empty.
[[nodiscard]] Finished run(const std::vector<std::string>& words, const Where& where = {});
/// On a terminal of 100 columns; `answers` are typed one after the other, each when `?`/`: ` of a question stands at
/// the end of what was shown. Everything shown is in `out`.
[[nodiscard]] Finished run_on_terminal(const std::vector<std::string>& words, const std::vector<std::string>& answers,
                                       const Where& where = {});

/// A folder of its own that goes with the test.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

/// Lines of standard output as JSON; fails the test when one is none.
[[nodiscard]] std::vector<std::map<std::string, std::string>> json_lines(const std::string& out);

}  // namespace cloison::cli_test
