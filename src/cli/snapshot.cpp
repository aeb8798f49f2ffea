// `snapshot`: an RDB file or a running server -> its profile. What a walk would do is told before it begins.
#include <fmt/format.h>
#include <sys/resource.h>

#include "apply/rollback.h"
#include "base/interrupt.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "model/profile.h"
#include "report/profile.h"
#include "snapshot/application_look.h"
#include "snapshot/live_profile.h"
#include "snapshot/parameter_file.h"
#include "snapshot/rdb_profile.h"
#include "store/file.h"
#include "store/profile_key.h"
#include "store/rdb_source.h"
#include "store/state_folder.h"

namespace understudy::cli {

namespace {

constexpr int low_priority = 10;

status not_interrupted(const std::string& where) {
    if (interrupt_signal() == 0) return {};
    return fail(errc::interrupted, "interrupted", where, true);
}

// The profile of what was seen is shown and kept also where the source ended before its end.
result<int> show(const options& given, const model::profile& seen, const std::optional<error>& ended) {
    if (!given.output.empty()) UNDERSTUDY_TRY(store::write_file(given.output, model::to_json(seen)));
    if (given.json) {
        print(model::to_json(seen));
    } else {
        report::profile_text_options look;
        look.look.colour = stdout_is_coloured();
        look.look.width = stdout_columns();
        if (given.all) look.families = 0;
        print(report::text(seen, look));
    }
    if (ended) return std::unexpected(*ended);
    return static_cast<int>(exit_code::ok);
}

// Without a state folder there is none, and what it would hide is left out.
std::optional<store::profile_key> key_of_profiles() {
    const auto state = store::open_state_folder();
    if (!state) return std::nullopt;
    auto key = store::profile_key::open(*state);
    return key ? std::optional(std::move(*key)) : std::nullopt;
}

// A name may hold any bytes; what does not print is escaped, and a backslash.
std::string printable_name(std::string_view name) {
    std::string out;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\\')
            out += "\\\\";
        else if (byte < 0x20 || byte >= 0x7f)
            out += fmt::format("\\x{:02x}", byte);
        else
            out += c;
    }
    return out;
}

// How the few keys that stand out are written.
std::function<std::string(std::string_view)> naming(const options& given,
                                                    const std::optional<store::profile_key>& key) {
    if (given.show_keys) return printable_name;
    if (!key) return {};
    return [key = *key](std::string_view name) { return key.digest(name); };
}

// What a file says of the settings stands in for what the server does not tell.
status take_settings_file(const options& given, model::profile& into) {
    constexpr std::uint64_t largest = 4 << 20;
    if (given.settings_file.empty()) return {};
    UNDERSTUDY_LET(text, store::read_file(given.settings_file, largest));
    auto settings = snapshot::parameters_in(text);
    if (!settings) {
        settings.error().where = given.settings_file;
        return std::unexpected(std::move(settings).error());
    }
    if (!into.settings.empty()) {
        progress shown(given.quiet, given.log);
        shown.sink().warning("the server tells its settings itself; " + given.settings_file + " was not used");
        return {};
    }
    std::erase_if(into.degraded, [](const auto& one) { return one.fact == "settings"; });
    into.settings = std::move(*settings);
    into.degraded.push_back({"settings", "the server does not tell them; they are what " + given.settings_file +
                                             " says, without defaults"});
    return {};
}

result<int> of_file(const options& given) {
    UNDERSTUDY_LET(source, store::rdb_source::open(given.rdb));
    progress shown(given.quiet, given.log);
    snapshot::rdb_options how;
    how.progress = [&](std::uint64_t keys) -> status {
        shown.show(fmt::format("reading {}: {} keys", given.rdb, keys), 0, 0);
        return not_interrupted(given.rdb);
    };
    const auto key = key_of_profiles();
    how.name_key = naming(given, key);
    auto seen = snapshot::profile_of_rdb(source, how);
    shown.clear();
    if (!seen) return pass(std::move(seen));
    seen->profile.environment = source.name();
    if (key) seen->profile.digest_key = key->id();
    UNDERSTUDY_TRY(take_settings_file(given, seen->profile));
    return show(given, seen->profile, seen->ended);
}

std::unexpected<error> bad_option(std::string_view name, const std::string& text, std::string_view like) {
    return fail(errc::usage, fmt::format("{} expects {}, not '{}'", name, like, text.substr(0, 32)));
}

result<snapshot::live_options> how_to_walk(const options& given) {
    snapshot::live_options out;
    if (given.source == "psync") out.source = model::profile_source::rdb_stream;
    out.replicas = !given.primary;
    out.users = given.acl;
    out.limits.governed = !given.full_speed;
    out.limits.operations = given.most_operations;
    const auto added = parse_short_duration(given.added_latency);
    if (!added || added->count() == 0)
        return bad_option("--added-latency", given.added_latency, "a time such as 250us");
    out.limits.added = *added;
    if (!given.most_time.empty()) {
        const auto time = parse_duration(given.most_time);
        if (!time || time->count() == 0) return bad_option("--most-time", given.most_time, "a time such as 5m");
        out.limits.time = *time;
    }
    if (!given.most_bytes.empty()) {
        const auto bytes = parse_bytes(given.most_bytes);
        if (!bytes || *bytes == 0) return bad_option("--most-bytes", given.most_bytes, "a size such as 64mb");
        out.limits.bytes = *bytes;
    }
    return out;
}

std::string plan_text(const snapshot::live_plan& plan, const options& given, const model::environment& one) {
    std::string out = fmt::format("{}: {} {}\n", one.name, plan.software, plan.version);
    if (given.source == "psync") {
        for (const auto& node : plan.nodes)
            out += fmt::format("  asks     {}{} for its RDB, {} keys, as a new replica would\n", node.at,
                               node.replica ? ", a replica," : "", node.keys);
        return out + "  costs    a fork there, and memory for what is written meanwhile; nothing is written here\n";
    }
    for (const auto& node : plan.nodes)
        out += fmt::format("  reads    {} keys of {}, {} commands each{}\n", node.keys, node.at, node.commands,
                           node.replica ? ", a replica" : "");
    out += given.full_speed
               ? "  pace     as fast as the server answers\n"
               : fmt::format("  pace     so that no other client waits more than {} longer\n", given.added_latency);
    out += "  writes   nothing; no command that writes can be sent\n";
    if (plan.deletes_expired)
        out +=
            "  expired  keys whose expiry has passed are removed by the server when SCAN meets them, and its replicas\n"
            "           are told, as with any access\n";
    if (given.acl)
        out += "  users    asks for the access control list; a user who may not leaves an entry in ACL LOG by that\n";
    out += "  counts   TYPE, PTTL and OBJECT count as hits in INFO from now on; INFO was read before\n";
    for (const auto& fact : plan.degraded)
        out += fmt::format("  without  {}: {}\n", fact.fact, fact.why);
    return out;
}

result<int> of_environment(const options& given) {
    UNDERSTUDY_LET(project, load_project(given));
    UNDERSTUDY_LET(one, environment_of(project, given.names.front()));
    if (given.plan_only) {
        UNDERSTUDY_LET(endpoint, apply::endpoint_of(*one));
        UNDERSTUDY_LET(how, how_to_walk(given));
        net::runtime runtime;
        UNDERSTUDY_LET(plan, snapshot::plan_of_server(runtime, endpoint, how));
        print(plan_text(plan, given, *one));
        return static_cast<int>(exit_code::ok);
    }
    UNDERSTUDY_LET(seen, profile_of_environment(given, project, *one));
    UNDERSTUDY_TRY(take_settings_file(given, seen.profile));
    return show(given, seen.profile, seen.ended);
}

}  // namespace

result<snapshot::live_profile> profile_of_environment(const options& given, const model::project& project,
                                                      const model::environment& one) {
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(one));
    UNDERSTUDY_LET(how, how_to_walk(given));
    // On the server's own machine it takes what others leave of the processor too.
    if (!given.full_speed) (void)setpriority(PRIO_PROCESS, 0, low_priority);
    net::runtime runtime;
    progress shown(given.quiet, given.log);
    how.progress = [&](const snapshot::live_progress& now) -> status {
        shown.show(
            fmt::format("reading the keys of {}{}", one.name, now.why.empty() ? "" : " (slower: " + now.why + ")"),
            now.keys, now.expected);
        return not_interrupted(one.name);
    };
    const auto key = key_of_profiles();
    how.name_key = naming(given, key);
    auto seen = snapshot::profile_of_server(runtime, endpoint, how);
    shown.clear();
    if (!seen) return seen;
    seen->profile.environment = one.name;
    if (key) seen->profile.digest_key = key->id();
    if (!given.application || seen->ended) return seen;
    if (!key)
        return fail(errc::config_missing, "--application needs a state folder, or UNDERSTUDY_PROFILE_KEY", one.name);
    shown.show("asking the application of " + one.name, 0, 0);
    UNDERSTUDY_TRY(snapshot::look_at_application(runtime, project.routes, one, *key, seen->profile));
    shown.clear();
    return seen;
}

result<int> run_snapshot(const options& given) {
    if (!given.rdb.empty()) return of_file(given);
    if (!given.names.empty()) return of_environment(given);
    return fail(errc::usage, "name an environment, or a file with --rdb; see understudy snapshot --help");
}

}  // namespace understudy::cli
