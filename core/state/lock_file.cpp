#include "core/state/lock_file.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "core/model/value_json.h"
#include "core/state/lock_errors.h"
#include "core/state/stored_json.h"

namespace cloison::state {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
constexpr milliseconds k_slice{50};

std::string text_of(const LockInfo& who) {
  std::string out = R"({"holder":)";
  append_json_string(out, who.holder);
  out += R"(,"host":)";
  append_json_string(out, who.host);
  out += fmt::format(R"(,"pid":{},"command":)", std::max<int64_t>(who.pid, 0));
  append_json_string(out, who.command);
  out += fmt::format(R"(,"since":"{}"}})", rfc3339(who.since));
  return out + '\n';
}

std::optional<LockInfo> holder_of(const std::filesystem::path& lock) {
  constexpr std::size_t k_limit = 16'384;
  const auto text = read_small(lock, k_limit);
  return text ? lock_info_from(*text) : std::nullopt;
}

}  // namespace

Result<LockFile> LockFile::take(const std::filesystem::path& state, const LockInfo& who, milliseconds wait) {
  const std::filesystem::path path = state.string() + ".lock";
  const auto deadline = steady_clock::now() + wait;
  for (;;) {
    auto file = PrivateFile::open(path);
    if (!file) return fail(file.error());
    // Whoever releases does not remove the file; should a person do so, the lock must be on the one that is there now.
    if (file->try_lock() && file->is_at(path)) {
      file->overwrite(text_of(who));
      return LockFile(*std::move(file), path);
    }
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if (left <= milliseconds::zero()) return fail(locked_by(holder_of(path), state.string()));
    std::this_thread::sleep_for(std::min(left, k_slice));
  }
}

LockFile::~LockFile() {
  file_.overwrite({});
}

}  // namespace cloison::state
