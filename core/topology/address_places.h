#pragma once
// Whose addresses a written prefix covers: what groups of `cidrs` and plain addresses may mean.

#include <string>
#include <vector>

#include "core/topology/resolve_work.h"

namespace cloison::topology {

/// Public as RFC 6890 has it, except that documentation prefixes count as public. A prefix of which a part is private
/// is not public.
[[nodiscard]] bool is_public_prefix(const IpPrefix& prefix);

class AddressPlaces {
 public:
  explicit AddressPlaces(const Work& work);

  enum class Whose : uint8_t {
    everyone,     // public, and nobody's in this topology
    environment,  // wholly in the space of `name`
    external,     // wholly in the segment `name` of an external site
    elsewhere,    // private, of no site
    several,      // a part of it is `name`'s, another is not
  };
  struct Answer {
    Whose whose = Whose::everyone;
    std::string name{};  // "environment 'production'", "segment 'hospital.sih'", "private space 10.0.0.0/8"
  };
  [[nodiscard]] Answer whose(const IpPrefix& prefix) const;
  /// The public addresses of the prefix that are nobody's in this topology; nullopt when they are more than a few
  /// prefixes.
  [[nodiscard]] std::optional<std::vector<IpPrefix>> public_part(const IpPrefix& prefix) const;

 private:
  struct Range {
    IpPrefix prefix{};
    Whose whose = Whose::elsewhere;
    std::string name{};
  };
  std::vector<Range> ranges_{};
};

/// The finding for a prefix that several own; `what` holds it ("group 'all'").
void report_several(Findings& findings, const AddressPlaces& places, const Spanned<IpPrefix>& prefix,
                    const std::string& owner, const std::string& what);

}  // namespace cloison::topology
