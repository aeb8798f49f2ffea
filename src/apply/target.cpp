#include "apply/target.h"

#include <fmt/format.h>
#include <unistd.h>

#include "apply/journal_log.h"
#include "apply/production_gate.h"
#include "apply/rollback.h"
#include "apply/settings.h"
#include "base/hash.h"
#include "base/units.h"
#include "net/cluster_link.h"
#include "net/topology.h"

namespace understudy::apply {

namespace {

constexpr std::chrono::seconds patience{10};

net::deadline soon() {
    return net::deadline::after(patience);
}

result<std::unique_ptr<net::write_link>> open_production(net::runtime& on, const net::redis_endpoint& endpoint,
                                                         const journal_file& journal, net::deadline until) {
    settings before;
    if (journal.read.saved) {
        before = journal.read.saved->settings;
    } else {
        UNDERSTUDY_LET(look, net::read_only_cluster::connect(on, endpoint, until));
        UNDERSTUDY_LET(now, read_agreed_settings(look, until));
        before = std::move(now);
    }
    return net::open_production_writable(
        on, endpoint,
        [&journal, before](const std::string& run_id) {
            return net::production_gate::permit(journal.path, before, run_id);
        },
        until);
}

// Each turn gets the time that a single server needs; a Cluster waits by itself for a failover that is under way.
result<std::unique_ptr<net::write_link>> open_once(net::runtime& on, const net::redis_endpoint& endpoint,
                                                   const journal_file& journal, net::deadline until) {
    const auto& begin = journal.read.begin;
    const auto turn = begin.on_cluster() ? until : soon();
    if (begin.environment.role == model::role::production) return open_production(on, endpoint, journal, turn);
    return net::open_writable(on, endpoint, permission_of(begin), turn);
}

status is_of_shape(net::write_link& link, const model::journal_begin& begin) {
    if (begin.primaries.empty() || begin.on_cluster() == (link.shape() != nullptr)) return {};
    return fail(errc::unsafe_target,
                begin.on_cluster() ? "the journal is of a Redis Cluster, and this server is none of its nodes"
                                   : "the journal is of a single server, and this is a Redis Cluster",
                link.where());
}

}  // namespace

bool same_server(const model::journal_begin& begin, const model::environment& on,
                 const std::vector<model::journal_server>& servers) {
    const auto& there = begin.environment.redis;
    const auto& here = on.redis;
    for (const auto& was : begin.primaries)
        for (const auto& is : servers)
            if (was.run_id == is.run_id || (!was.node.empty() && was.node == is.node)) return true;
    return (there.host == here.host && there.port == here.port && there.unix_path == here.unix_path &&
            there.sentinels == here.sentinels);
}

std::vector<model::journal_server> named_by(const net::topology* shape, std::vector<model::journal_server> servers) {
    for (std::size_t i = 0; shape && i < servers.size(); ++i) {
        servers[i].node = shape->primaries()[i].id;
        servers[i].slots = net::text_of(shape->primaries()[i].slots);
    }
    return servers;
}

result<std::unique_ptr<net::write_link>> open_target(net::runtime& on, const journal_file& journal,
                                                     net::deadline until) {
    const auto& begin = journal.read.begin;
    UNDERSTUDY_LET(endpoint, endpoint_of(begin.environment));
    if (begin.on_cluster())
        for (const auto& one : begin.primaries)
            if (one.port != 0) endpoint.others.push_back({one.host, one.port});
    for (;;) {
        auto link = open_once(on, endpoint, journal, until);
        if (link) UNDERSTUDY_TRY(is_of_shape(**link, begin));
        if (link || link.error().code != errc::server_loading || until.expired()) return link;
        UNDERSTUDY_TRY(on.sleep(std::chrono::milliseconds{200}));
    }
}

model::journal_begin begin_of(const std::string& id, const model::environment& on,
                              const model::backup_policy& backups) {
    model::journal_begin out;
    out.id = id;
    out.at = now();
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    out.host = host;
    out.pid = getpid();
    out.version = UNDERSTUDY_VERSION;
    out.environment = on;
    out.backups = backups;
    return out;
}

std::vector<model::journal_server> servers_of(net::write_link& link) {
    std::vector<model::journal_server> out;
    for (auto* one : link.primaries())
        out.push_back({"", one->facts().run_id, one->where(), one->address().host, one->address().port, ""});
    return named_by(link.shape(), std::move(out));
}

std::vector<model::journal_server> servers_of(net::read_only_cluster& of) {
    std::vector<model::journal_server> out;
    for (auto& one : of.primaries())
        out.push_back({"", one.facts.run_id, one.link.where(), one.link.address().host, one.link.address().port, ""});
    return named_by(of.shape(), std::move(out));
}

std::string new_id(const std::string& name) {
    std::string stamp = show(now());
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':' || c == '.'; });
    return fmt::format("{}-{}-{}", stamp, name, hex(random_bytes(2)));
}

status no_open_journal(const store::state_folder& state, const model::environment& on,
                       const std::vector<model::journal_server>& servers, const std::filesystem::path& but) {
    std::error_code wrong;
    for (const auto& entry : std::filesystem::directory_iterator(state.journals(), wrong)) {
        if (entry.path().extension() != ".journal" || entry.path() == but) continue;
        const auto journal = read_journal(entry.path());
        if (!journal)
            return fail(errc::needs_rollback, "a journal cannot be read: " + journal.error().what,
                        entry.path().string());
        if (!*journal || !(*journal)->open() || !same_server((*journal)->begin, on, servers)) continue;
        const auto& begin = (*journal)->begin;
        // The kernel knows whether somebody still writes it: then it is no leftover, and not to be rolled back.
        if (const auto mine = journal_log::reopen(entry.path(), **journal); !mine && mine.error().code == errc::locked)
            return fail(errc::locked,
                        fmt::format("{} is in use by {} (pid {} on host {}, since {})", on.name, begin.id, begin.pid,
                                    begin.host, show(begin.at)),
                        on.name, true);
        return fail(errc::needs_rollback,
                    fmt::format("what was begun earlier was not rolled back; first run: understudy rollback {}",
                                entry.path().string()),
                    on.name);
    }
    return {};
}

result<std::vector<model::server_mark>> production_marks(net::runtime& on, const model::project& project) {
    std::vector<model::server_mark> out;
    for (const auto& one : project.environments) {
        if (one.role != model::role::production) continue;
        UNDERSTUDY_LET(endpoint, endpoint_of(one));
        auto seen = net::read_only_cluster::connect(on, endpoint, soon());
        if (!seen) {
            seen.error().what = one.name + ": " + seen.error().what;
            return pass(std::move(seen));
        }
        for (const auto& mark : seen->identities())
            out.push_back({mark.run_id, mark.replid, mark.replid2, mark.host, mark.port});
    }
    return out;
}

}  // namespace understudy::apply
