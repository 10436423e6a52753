#pragma once
// gzip (RFC 1952) of one member without name, date or comment. By zlib itself: what reads archives for everybody passes
// over a wrong checksum and whatever follows the end.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cloison::report {

class GzipWriter {
 public:
  GzipWriter();
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;
  void add(std::string_view bytes);
  /// Everything that was added; "": there was no memory. Once.
  [[nodiscard]] std::string finish();

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

struct Unpacked {
  std::string bytes{};
  std::vector<std::string> problems{};  // "ends too soon"
  bool whole = false;                   // to its end, with the right checksum
};

/// At most `most` bytes are unpacked: what holds more is named as such.
[[nodiscard]] Unpacked unpack_gzip(std::string_view packed, std::size_t most);

}  // namespace cloison::report
