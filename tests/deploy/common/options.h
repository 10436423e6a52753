#pragma once
// The command line of both programs: `--name value` and `--flag`.

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cloison::deploy_test {

/// Words that make no sense; the program says so and leaves with status 64.
struct BadUsage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Options {
 public:
  /// `valued` and `flags` are the names that there are, without their dashes.
  Options(int argc, char** argv, const std::vector<std::string_view>& valued,
          const std::vector<std::string_view>& flags);

  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
  /// The last value given.
  [[nodiscard]] std::string text(std::string_view name, std::string_view otherwise = "") const;
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  [[nodiscard]] std::int64_t number(std::string_view name, std::int64_t low, std::int64_t high,
                                    std::int64_t otherwise) const;
  [[nodiscard]] double share(std::string_view name, double otherwise) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// A whole decimal number within the bounds.
[[nodiscard]] std::int64_t whole_number(std::string_view what, std::string_view text, std::int64_t low,
                                        std::int64_t high);

}  // namespace cloison::deploy_test
