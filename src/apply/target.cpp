#include "apply/target.h"

#include <fmt/format.h>
#include <unistd.h>

#include "apply/journal_log.h"
#include "apply/production_gate.h"
#include "apply/rollback.h"
#include "base/hash.h"
#include "base/units.h"
#include "net/read_only_link.h"
#include "net/server_info.h"
#include "net/writable_link.h"

namespace understudy::apply {

namespace {

constexpr std::chrono::seconds patience{10};

net::deadline soon() {
    return net::deadline::after(patience);
}

result<std::unique_ptr<net::write_link>> open_staging(net::runtime& on, const net::redis_endpoint& endpoint,
                                                      const model::journal_begin& begin) {
    UNDERSTUDY_LET(link, net::writable_link::open(on, endpoint, permission_of(begin), soon()));
    return std::make_unique<net::writable_link>(std::move(link));
}

result<std::unique_ptr<net::write_link>> open_production(net::runtime& on, const net::redis_endpoint& endpoint,
                                                         const journal_file& journal) {
    auto look = net::read_only_link::connect(on, endpoint, soon());
    if (!look) return pass(std::move(look));
    UNDERSTUDY_LET(facts, net::read_server_facts(*look, soon()));
    settings before;
    if (journal.read.saved) {
        before = journal.read.saved->settings;
    } else {
        UNDERSTUDY_LET(now, read_settings(*look, soon()));
        before = std::move(now);
    }
    UNDERSTUDY_LET(permit, net::production_gate::permit(journal.path, before, facts.run_id));
    UNDERSTUDY_LET(link, net::production_write_link::open(on, endpoint, std::move(permit), soon()));
    return std::make_unique<net::production_write_link>(std::move(link));
}

}  // namespace

bool same_server(const model::journal_begin& begin, const model::environment& on, const std::string& run_id) {
    const auto& there = begin.environment.redis;
    const auto& here = on.redis;
    return begin.run_id == run_id || (there.host == here.host && there.port == here.port &&
                                      there.unix_path == here.unix_path && there.sentinels == here.sentinels);
}

result<std::unique_ptr<net::write_link>> open_target(net::runtime& on, const journal_file& journal,
                                                     net::deadline until) {
    const auto& begin = journal.read.begin;
    UNDERSTUDY_LET(endpoint, endpoint_of(begin.environment));
    for (;;) {
        auto link = begin.environment.role == model::role::production ? open_production(on, endpoint, journal)
                                                                      : open_staging(on, endpoint, begin);
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

std::string new_id(const std::string& name) {
    std::string stamp = show(now());
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':' || c == '.'; });
    return fmt::format("{}-{}-{}", stamp, name, hex(random_bytes(2)));
}

status no_open_journal(const store::state_folder& state, const model::environment& on, const std::string& run_id,
                       const std::filesystem::path& but) {
    std::error_code wrong;
    for (const auto& entry : std::filesystem::directory_iterator(state.journals(), wrong)) {
        if (entry.path().extension() != ".journal" || entry.path() == but) continue;
        const auto journal = read_journal(entry.path());
        if (!journal)
            return fail(errc::needs_rollback, "a journal cannot be read: " + journal.error().what,
                        entry.path().string());
        if (!*journal || !(*journal)->open() || !same_server((*journal)->begin, on, run_id)) continue;
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
        auto link = net::read_only_link::connect(on, endpoint, soon());
        if (!link) {
            link.error().what = one.name + ": " + link.error().what;
            return pass(std::move(link));
        }
        UNDERSTUDY_LET(facts, net::read_server_facts(*link, soon()));
        const auto mark = net::identity_of(facts, link->address());
        out.push_back({mark.run_id, mark.replid, mark.replid2, mark.host, mark.port});
    }
    return out;
}

}  // namespace understudy::apply
