#pragma once
// A local socket between two processes of the same user: whole messages, and waits that end.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/net/http.h"

namespace cloison::net {

/// A descriptor that is closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] explicit operator bool() const { return number_ >= 0; }
  [[nodiscard]] int release();

 private:
  int number_ = -1;
};

/// Listening, readable by this user alone, whatever the process's umask. Fails where the path is too long (107 bytes).
[[nodiscard]] Descriptor listen_locally(const std::filesystem::path& path);
/// Connected to whoever listens there; none where there is nobody.
[[nodiscard]] Descriptor connect_to(const std::filesystem::path& path);
/// The same; none where the process at the other end is somebody else's.
[[nodiscard]] Descriptor connect_locally(const std::filesystem::path& path);
/// Whether the process at the other end is this user's.
[[nodiscard]] bool is_ours(int socket);

/// All of it; false when the other end is gone, or too late.
[[nodiscard]] bool send_all(int socket, std::string_view bytes, const Limits& limits);
/// Just so many bytes.
[[nodiscard]] bool receive_all(int socket, std::string& bytes, std::size_t count, const Limits& limits);

}  // namespace cloison::net
