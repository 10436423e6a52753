#pragma once
// Work that many threads need and one does.

#include <any>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>

namespace cloison {

/// Results by key, each worked out by whoever asks first, while the others wait for it; a failure is theirs too, and
/// the next one tries again. A key always holds one type.
class Once {
 public:
  /// T: a Result. `work` throws nothing.
  template <class T>
  [[nodiscard]] T get(const std::string& key, const std::function<T()>& work) {
    std::promise<std::any> promise;
    std::shared_future<std::any> future;
    bool mine = false;
    {
      const std::lock_guard guard(mutex_);
      auto [found, is_new] = results_.try_emplace(key);
      if (is_new) found->second = promise.get_future().share();
      future = found->second, mine = is_new;
    }
    if (!mine) return std::any_cast<T>(future.get());
    T result = work();
    if (!result) {
      const std::lock_guard guard(mutex_);
      results_.erase(key);
    }
    promise.set_value(result);
    return result;
  }

 private:
  std::mutex mutex_{};
  std::map<std::string, std::shared_future<std::any>> results_{};
};

}  // namespace cloison
