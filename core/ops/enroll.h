#pragma once
// `cloison enroll`: what the devices of a remote-access link need to dial, one file each, for the device alone.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/compile/compile.h"
#include "core/ops/context.h"
#include "core/ops/qr_code.h"

namespace cloison::ops {

struct EnrollOptions {
  std::string segment{};               // path: "lab/lyon-03.tablets"
  std::vector<std::string> devices{};  // names; none: all of the segment
  std::filesystem::path folder{};      // made where it is not there
  bool fresh = false;                  // devices that are not declared yet: their key pairs are made here
  bool over = false;                   // existing files are replaced
};

struct EnrolledDevice {
  std::string path{}, name{};
  std::filesystem::path file{}, picture{};
  bool complete = false;  // its private key is in the file; else the device puts it there
  std::string row{};      // of a fresh one: the line to add to the topology
  std::string rows_file{};
  std::optional<QrCode> code{};  // none: too long for one
};

struct Enrolled {
  Ending ending = Ending::done;
  Diagnostics notes{};
  SourceMap sources{};
  std::vector<EnrolledDevice> devices{};
};

/// Reads the topology, cloison.lock and the state; asks no platform. Writes the devices' files, and addresses of fresh
/// devices into cloison.lock; a private key goes into its device's two files and nowhere else.
[[nodiscard]] Enrolled enroll(const Context& context, const EnrollOptions& options);

/// The device's file as wg-quick(8) and the apps of WireGuard read it. `private_key` may be empty.
[[nodiscard]] Secret device_file(const compile::RemoteAccess& access, const compile::RemoteDevice& device,
                                 const std::string& node_key, const Secret& private_key);
/// The private key in such a file; empty where there is none.
[[nodiscard]] Secret private_key_in(const Secret& file);

}  // namespace cloison::ops
