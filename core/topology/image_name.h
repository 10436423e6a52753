#pragma once
// How registries name container images.

#include <string_view>

namespace cloison::topology {

/// [DOMAIN/]NAME[/NAME…][:TAG][@DIGEST], as registries take it; a digest is of SHA-256 or SHA-512. Never what looks
/// like a reference to a secret.
[[nodiscard]] bool is_image_name(std::string_view text);

}  // namespace cloison::topology
