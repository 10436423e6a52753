// Tampering with the simulator, as somebody else would with a platform.

#include <charconv>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/view/advice.h"
#include "cli/view/change_lines.h"
#include "cli/view/text.h"
#include "core/base/strings.h"
#include "core/ops/session.h"

namespace cloison::cli {

namespace {

JsonLine object_json(const SimulatedObject& object, std::string_view what) {
  JsonObject attributes;
  for (const auto& [name, value] : object.attributes) attributes.text(name, value);
  JsonObject fields;
  fields.text("what", what)
      .text("kind", object.kind)
      .text("id", object.id)
      .text("address", object.address)
      .raw("attributes", attributes.done());
  return {"object", std::move(fields)};
}

std::string object_text(const SimulatedObject& object) {
  return fmt::format("{} {} ({})", kind_title(object.kind), printable(object.id),
                     object.address.empty() ? "foreign" : printable(object.address));
}

/// The simulators of the topology's entries; empty after saying why there is none.
class Simulators {
 public:
  Simulators(const Arguments& arguments, Session& session, Console& console) : console_(console) {
    SilentSink events;
    auto on = arguments;
    on.sandbox = true;  // there is nothing else that these commands could mean
    auto [context, wrong] = context_of(on, session, events);
    if (!wrong.empty()) {
      status_ = usage_status(console, wrong);
      return;
    }
    const auto loaded = ops::load_topology(context);
    console.diagnostics(loaded.notes, loaded.sources, Outcome::nothing_changed);
    status_ = loaded.topology ? 0 : 1;
    if (!loaded.topology) return;
    const auto kinds = session.providers->applied_kinds();
    for (const auto& name : ops::all_provider_names(context, loaded.topology)) {
      auto stored = ops::stored_provider(*loaded.topology, name);
      if (std::find(kinds.begin(), kinds.end(), stored.kind) != kinds.end())
        all_.push_back({std::move(stored), ops::simulator_path(context)});
    }
    std::error_code ignored;
    if (!all_.empty() && std::filesystem::exists(all_.front().database, ignored)) return;
    all_.clear();
    status_ = 1;
    console.error({.kind = ErrorKind::not_found,
                   .code = "CL6007",
                   .summary = "there is no simulator yet",
                   .detail = "It begins with the first plan or apply in the sandbox.",
                   .hint = "`cloison apply --sandbox` makes one"});
  }

  [[nodiscard]] const std::vector<Tampering::Where>& all() const { return all_; }
  [[nodiscard]] int status() const { return status_; }

  /// Does `act` at the first simulator that does not refuse; says the refusal of the last one otherwise.
  template <class Act>
  int first(std::string_view what, Act act) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const Result<SimulatedObject> done = act(all_[i]);
      if (done) {
        console_.text(fmt::format("Sandbox: {} {}.\n", what, object_text(*done)));
        console_.line(object_json(*done, what));
        return 0;
      }
      if (i + 1 < all_.size()) continue;
      console_.error(done.error());
      return 1;
    }
    return status_;
  }

 private:
  Console& console_;
  std::vector<Tampering::Where> all_{};
  int status_ = 0;
};

std::optional<std::pair<std::string, std::string>> assignment(const std::string& word) {
  const auto at = word.find('=');
  if (at == std::string::npos || at == 0) return std::nullopt;
  return std::pair(word.substr(0, at), word.substr(at + 1));
}

int no_assignment(Console& console, const std::string& word) {
  return usage_status(console, "'" + printable(word) + "' is not ATTRIBUTE=VALUE", "for example name=renamed");
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && number >= 0;
  return whole ? std::optional(number) : std::nullopt;
}

std::string quota_text(int64_t allowed) {
  return allowed < 0 ? "unlimited" : std::to_string(allowed);
}

int show_quotas(const Simulators& simulators, const Session& session, Console& console) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& where : simulators.all()) {
    const auto quotas = session.tampering->quotas(where);
    if (!quotas) {
      console.error(quotas.error());
      return 1;
    }
    for (const Quota& one : *quotas) {
      rows.push_back(
          {where.provider.name, printable(one.name), fmt::format("{} used", one.used), quota_text(one.allowed)});
      console.line({"quota", JsonObject()
                                 .text("provider", where.provider.name)
                                 .text("name", one.name)
                                 .number("used", one.used)
                                 .number("allowed", one.allowed)});
    }
  }
  console.text(table(rows, 0, 400));
  return 0;
}

}  // namespace

int run_sandbox_list(const Arguments& arguments, Session& session, Console& console) {
  const Simulators simulators(arguments, session, console);
  std::vector<std::vector<std::string>> rows;
  for (const auto& where : simulators.all()) {
    const auto objects = session.tampering->list(where, arguments.words.empty() ? "" : arguments.words.front());
    if (!objects) {
      console.error(objects.error());
      return 1;
    }
    for (const auto& object : *objects) {
      console.line(object_json(object, "listed"));
      std::vector<std::string> row{printable(object.kind), printable(object.id),
                                   object.address.empty() ? "(foreign)" : printable(object.address)};
      std::string attributes;
      for (const auto& [name, value] : object.attributes) attributes += fmt::format("{}={} ", name, value);
      if (console.verbose()) row.push_back(printable(attributes));
      rows.push_back(std::move(row));
    }
  }
  if (simulators.status() != 0) return simulators.status();
  console.aside(arguments.quiet ? "" : sandbox_banner(Arguments{.sandbox = true}));
  console.text(table(rows, 0, console.verbose() ? SIZE_MAX : 400));
  return 0;
}

int run_sandbox_remove(const Arguments& arguments, Session& session, Console& console) {
  return Simulators(arguments, session, console).first("removed", [&](const Tampering::Where& where) {
    return session.tampering->remove(where, arguments.words.front(), arguments.force);
  });
}

int run_sandbox_set(const Arguments& arguments, Session& session, Console& console) {
  const auto change = assignment(arguments.words[1]);
  if (!change) return no_assignment(console, arguments.words[1]);
  return Simulators(arguments, session, console).first("changed", [&](const Tampering::Where& where) {
    return session.tampering->set(where, arguments.words.front(), change->first, change->second);
  });
}

int run_sandbox_add(const Arguments& arguments, Session& session, Console& console) {
  NamedTexts attributes;
  for (std::size_t i = 1; i < arguments.words.size(); ++i) {
    const auto one = assignment(arguments.words[i]);
    if (!one) return no_assignment(console, arguments.words[i]);
    attributes.push_back(*one);
  }
  return Simulators(arguments, session, console).first("added", [&](const Tampering::Where& where) {
    return session.tampering->add(where, arguments.words.front(), attributes);
  });
}

int run_sandbox_quota(const Arguments& arguments, Session& session, Console& console) {
  const Simulators simulators(arguments, session, console);
  if (simulators.status() != 0) return simulators.status();
  if (arguments.words.empty()) return show_quotas(simulators, session, console);
  const auto asked = assignment(arguments.words.front());
  if (!asked) return no_assignment(console, arguments.words.front());
  const auto allowed = asked->second == "unlimited" ? std::optional<int64_t>(-1) : whole_number(asked->second);
  if (!allowed) {
    console.error({.kind = ErrorKind::usage,
                   .code = "CL5532",
                   .summary = fmt::format("a quota cannot be '{}'", printable(asked->second)),
                   .detail = "It counts objects.",
                   .hint = "write a number, such as 7, or unlimited"});
    return 1;
  }
  // An account of each entry has a quota of that name, where its provider counts such objects.
  std::optional<Diagnostic> refused;
  bool set = false;
  for (const auto& where : simulators.all()) {
    if (auto done = session.tampering->set_quota(where, asked->first, *allowed))
      set = true;
    else
      refused = std::move(done.error());
  }
  if (!set && refused) {
    console.error(*refused);
    return 1;
  }
  console.text(fmt::format("Sandbox: the quota {} is now {}.\n", asked->first, quota_text(*allowed)));
  console.line({"quota", JsonObject().text("name", asked->first).number("allowed", *allowed)});
  return 0;
}

}  // namespace cloison::cli
