#include "providers/sandbox/refusal.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/model/resource.h"

namespace cloison::sandbox {

namespace {

Diagnostic refused(ErrorKind kind, const char* code, std::string summary, std::string detail, std::string hint = {}) {
  return {
      .kind = kind, .code = code, .summary = std::move(summary), .detail = std::move(detail), .hint = std::move(hint)};
}

constexpr const char* k_report = "report it as a bug of cloison, with the command that showed it";

/// As the sandbox's commands take it.
std::string name_of(const Object& object) {
  const auto marker = Marker::parse(object.marker);
  return printable(marker ? marker->address : object.id);
}

std::string replacing(const Object& object) {
  const auto marker = Marker::parse(object.marker);
  if (!marker) return "make another one in its place";
  return fmt::format("replace it: `cloison apply --sandbox --replace {}`", printable(marker->address));
}

}  // namespace

std::string described(const Object& object) {
  std::string text = object.schema->title.empty() ? object.schema->kind : object.schema->title;
  if (const auto marker = Marker::parse(object.marker)) return text + " " + printable(marker->address);
  return object.id.empty() ? text : text + " " + printable(object.id);
}

namespace refusal {

Diagnostic duplicate(const Object& wanted, const std::string& rule, const Object& other) {
  return refused(
      ErrorKind::conflict, "CL5501", fmt::format("the sandbox has such a {} already", wanted.schema->title),
      fmt::format("{} has the same {}.", described(other), rule),
      fmt::format("give it another value there, or remove the other one: `cloison sandbox rm {}`", name_of(other)));
}

Diagnostic in_use(const Object& object, const Object& by, std::string_view attribute) {
  return refused(ErrorKind::conflict, "CL5502", fmt::format("{} is in use", described(object)),
                 fmt::format("{} refers to it in {}.", described(by), attribute),
                 fmt::format("remove that one first: `cloison sandbox rm {}`", name_of(by)));
}

Diagnostic overlap(const Object& wanted, const IpPrefix& prefix, const Object& other, const IpPrefix& taken) {
  return refused(ErrorKind::conflict, "CL5503", fmt::format("{} overlaps {}", prefix.text(), taken.text()),
                 fmt::format("{} and {} would stand side by side.", described(wanted), described(other)),
                 "choose a prefix that is free there");
}

Diagnostic missing_reference(const Object& wanted, const Reference& reference) {
  return refused(ErrorKind::not_found, "CL5504",
                 fmt::format("there is no {} {}", reference.attribute->refers_to, printable(reference.target)),
                 fmt::format("{} refers to it, but this project of the sandbox has none.", described(wanted)),
                 fmt::format("see what is there: `cloison sandbox list {}`; what of ours is gone, the next "
                             "`cloison apply --sandbox` makes anew",
                             reference.attribute->refers_to));
}

Diagnostic bad_value(const Object& wanted, std::string_view attribute, std::string why, std::string hint) {
  return refused(ErrorKind::conflict, "CL5505", fmt::format("{} of {} is not accepted", attribute, described(wanted)),
                 std::move(why), hint.empty() ? fmt::format("correct {}", attribute) : std::move(hint));
}

Diagnostic over_quota(const Object& wanted, const std::string& quota, int64_t used, int64_t needed, int64_t allowed) {
  return refused(
      ErrorKind::quota, "CL5506", fmt::format("the sandbox's quota {} is used up", printable(quota)),
      fmt::format("{} needs {}, {} of {} are used.", described(wanted), needed, used, allowed),
      fmt::format("remove something, or allow more: `cloison sandbox quota {}={}`", printable(quota), used + needed));
}

Diagnostic immutable(const Object& object, std::string_view attribute) {
  return refused(ErrorKind::conflict, "CL5507", fmt::format("{} cannot be changed in place", described(object)),
                 fmt::format("{} is fixed when the object is made.", attribute), replacing(object));
}

Diagnostic unchangeable(const Object& object) {
  return refused(ErrorKind::unsupported, "CL5507", fmt::format("{} cannot be changed in place", described(object)),
                 "The platform knows no change of this kind.", replacing(object));
}

Diagnostic stale(const Object& object) {
  return refused(ErrorKind::conflict, "CL5508", fmt::format("{} was changed meanwhile", described(object)),
                 "Its revision is newer than the one that the change was made for.",
                 "`cloison apply --sandbox` again: it plans with what is there now");
}

Diagnostic unknown_fact(const Object& wanted, std::string_view attribute, std::string_view family,
                        std::string_view name, std::string known) {
  return refused(ErrorKind::not_found, "CL5509", fmt::format("the sandbox has no {} '{}'", family, printable(name)),
                 fmt::format("{} of {} names it.", attribute, described(wanted)),
                 known.empty() ? std::string{} : "known ones are " + std::move(known));
}

Diagnostic over_limit(const Object& wanted, const std::string& limit, int64_t most) {
  return refused(ErrorKind::quota, "CL5510", fmt::format("the limit {} is reached", limit),
                 fmt::format("{} would be one more than {}.", described(wanted), most),
                 "spread over several, or remove what is not needed");
}

Diagnostic busy(const std::string& what) {
  return refused(ErrorKind::conflict, "CL5511", "another change to the same object is under way",
                 fmt::format("{} is held alone while it is changed.", printable(what)),
                 "try again when the other change has ended");
}

Diagnostic gone(const std::string& kind, const std::string& id) {
  return refused(ErrorKind::not_found, "CL5515", fmt::format("there is no {} {}", kind, printable(id)),
                 "It was removed, or it belongs to another project.",
                 "the next `cloison apply --sandbox` makes anew what is gone");
}

Diagnostic unknown_kind(const std::string& kind) {
  return refused(ErrorKind::internal, "CL5516", fmt::format("the provider has no kind '{}'", printable(kind)),
                 "The sandbox simulates the kinds that the provider declares, and no other.", k_report);
}

Diagnostic unresolved(const std::string& address) {
  return refused(ErrorKind::internal, "CL5517", "a call holds a reference that was not resolved",
                 fmt::format("{} was asked for before what it refers to was known.", printable(address)), k_report);
}

}  // namespace refusal
}  // namespace cloison::sandbox
