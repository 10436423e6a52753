#include "core/report/gzip.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <zlib.h>

#include "core/base/strings.h"

namespace cloison::report {

namespace {

constexpr int k_gzip_window = 15 + 16;  // zlib's way to say: gzip, not zlib
constexpr std::size_t k_gzip_piece = std::size_t{256} << 10U;
// Magic, deflate, no flags, no date, level 6, Unix. Everything else in a header could carry something.
constexpr std::string_view k_gzip_head("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);

Bytef* bytes_at(std::string_view text) {
  // zlib declares its input without const, and does not write to it.
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

}  // namespace

struct GzipWriter::Stream {
  z_stream zlib{};
  std::string out{};
  bool good = false;

  void run(std::string_view bytes, int flush) {
    std::string piece(k_gzip_piece, '\0');
    do {
      const auto part = bytes.substr(0, std::numeric_limits<uInt>::max());
      bytes.remove_prefix(part.size());
      zlib.next_in = bytes_at(part);
      zlib.avail_in = static_cast<uInt>(part.size());
      do {
        zlib.next_out = bytes_at(piece);
        zlib.avail_out = static_cast<uInt>(piece.size());
        if (good) good = deflate(&zlib, bytes.empty() ? flush : Z_NO_FLUSH) != Z_STREAM_ERROR;
        if (!good) return;
        out.append(piece, 0, piece.size() - zlib.avail_out);
      } while (zlib.avail_out == 0);
    } while (!bytes.empty());
  }
};

GzipWriter::GzipWriter() : stream_(std::make_unique<Stream>()) {
  constexpr int k_level = 6, k_memory = 8;
  stream_->good =
      deflateInit2(&stream_->zlib, k_level, Z_DEFLATED, k_gzip_window, k_memory, Z_DEFAULT_STRATEGY) == Z_OK;
}

GzipWriter::~GzipWriter() {
  deflateEnd(&stream_->zlib);
}

void GzipWriter::add(std::string_view bytes) {
  stream_->run(bytes, Z_NO_FLUSH);
}

std::string GzipWriter::finish() {
  stream_->run({}, Z_FINISH);
  return stream_->good ? std::move(stream_->out) : std::string();
}

Unpacked unpack_gzip(std::string_view packed, std::size_t most) {
  Unpacked result;
  if (packed.size() < k_gzip_head.size() || packed.substr(0, 3) != k_gzip_head.substr(0, 3)) {
    result.problems.emplace_back("is no .tar.gz");
    return result;
  }
  if (!packed.starts_with(k_gzip_head)) result.problems.emplace_back("has a gzip header that packs do not have");
  z_stream zlib{};
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> ends(&zlib, &inflateEnd);
  if (packed.size() > std::numeric_limits<uInt>::max() || inflateInit2(&zlib, k_gzip_window) != Z_OK) {
    result.problems.emplace_back("is too large to be unpacked");
    return result;
  }
  zlib.next_in = bytes_at(packed);
  zlib.avail_in = static_cast<uInt>(packed.size());
  std::string piece(k_gzip_piece, '\0');
  int status = Z_OK;
  while (status == Z_OK && result.bytes.size() <= most) {
    zlib.next_out = bytes_at(piece);
    zlib.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&zlib, Z_NO_FLUSH);
    result.bytes.append(piece, 0, piece.size() - zlib.avail_out);
  }
  if (result.bytes.size() > most) {
    result.bytes.resize(most);
    result.problems.push_back(fmt::format("holds more than {} MiB unpacked", most >> 20U));
  } else if (status == Z_STREAM_END) {
    result.whole = true;
    if (zlib.avail_in > 0)
      result.problems.push_back(fmt::format("has {} after its end", counted(zlib.avail_in, "byte")));
  } else if (status == Z_BUF_ERROR) {
    result.problems.emplace_back("ends too soon");
  } else {
    result.problems.push_back(fmt::format("is damaged ({})", zlib.msg == nullptr ? "zlib" : printable(zlib.msg)));
  }
  return result;
}

}  // namespace cloison::report
