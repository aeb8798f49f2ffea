#include "rehearse/detail/record.h"

#include <algorithm>

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "apply/target.h"
#include "net/topology.h"

namespace understudy::rehearse::detail {

std::map<std::string, std::string> conditions_of(const model::project& project, const model::change& change,
                                                 const stage_set& set) {
    utsname host{};
    uname(&host);
    std::map<std::string, std::string> to;
    to["host"] =
        fmt::format("{} {} {}, {} cores", host.sysname, host.release, host.machine, sysconf(_SC_NPROCESSORS_ONLN));
    to["redis in staging"] = set.link->facts().software + " " + set.link->facts().version;
    if (const auto* shape = set.link->shape()) to["cluster in staging"] = net::size_of(*shape);
    if (!set.production.cluster.empty()) to["cluster in production"] = set.production.cluster;
    to["redis in production"] = set.production.facts.software + " " + set.production.facts.version;
    to["project"] = project.file;
    if (const auto* config = std::get_if<model::redis_config_step>(&change.step)) {
        const auto was = set.settings.find(config->setting);
        to["setting before"] = was == set.settings.end() ? "" : was->second;
    }
    to["purge"] = change.purge.empty() ? "no key patterns declared: cold starts were not measured"
                                       : "key patterns declared in the change file, not learned";
    to["cache in front"] = set.staging->command("clear_front")
                               ? "emptied by the command clear_front after each switch and before each cold request"
                               : "no command clear_front: what a cache in front keeps is not emptied";
    to["drift"] = "server version and a listed set of settings";
    to["likeness"] = set.likeness;
    return to;
}

model::journal_begin first_record(const std::string& id, const model::project& project, const model::change& change,
                                  const stage_set& set) {
    auto first = apply::begin_of(id, *set.staging, project.backups);
    first.primaries = apply::servers_of(*set.link);
    for (const auto& mark : set.productions)
        first.production.push_back({mark.run_id, mark.replid, mark.replid2, mark.host, mark.port});
    first.change = change.name;
    first.change_digest = change.digest;
    first.step = change.step;
    first.rollback = change.rollback;
    first.families = model::families_of(change);
    first.evicts = set.evicts;
    first.no_key_backup = change.no_key_backup;
    return first;
}

std::vector<std::string> blind_spots(const std::vector<measure::visitor>& visitors, const model::evidence& evidence) {
    std::vector<std::string> out;
    const auto marked = [](const auto& who) { return who.has_marker(); };
    if (std::ranges::none_of(visitors, marked)) out.emplace_back("leaks were not looked for: no identity has a marker");
    for (const auto& who : visitors)
        if (who.has_marker() && !who.saw_own_marker() && !evidence.arms.empty())
            out.push_back(
                fmt::format("a leak of what is {0}'s could not have been seen: the marker of {0} was on none "
                            "of the pages that {0} was given",
                            who.name()));
    return out;
}

}  // namespace understudy::rehearse::detail
