#include "apply/before.h"

#include <unordered_set>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/units.h"
#include "net/server_info.h"
#include "store/backup.h"
#include "store/secret.h"

namespace understudy::apply {

namespace {

class key_saver {
public:
    key_saver(net::write_link& link, const before_plan& plan, model::journal_saved& saved, store::backup_writer& writer,
              std::uint64_t total)
        : link_(link), plan_(plan), saved_(saved), writer_(writer), total_(total) {}

    status take(std::span<const std::string> keys) {
        std::vector<std::string> ours, elsewhere;
        for (const auto& key : keys) {
            // SCAN tells a key twice now and then; of two entries that differ one could never be proven.
            if (!told_.insert(key).second) continue;
            (plan_.families.hold(key) ? ours : elsewhere).push_back(key);
        }
        UNDERSTUDY_TRY(save(ours, true));
        UNDERSTUDY_TRY(count(elsewhere));
        done_ += keys.size();
        if (plan_.progress) UNDERSTUDY_TRY(plan_.progress(done_, total_));
        return {};
    }

private:
    // A value elsewhere that cannot be read ends the census, and not the rehearsal.
    status count(const std::vector<std::string>& elsewhere) {
        if (!saved_.census_unknown.empty()) return {};
        auto counted = save(elsewhere, false);
        if (counted || counted.error().code != errc::server_error) return counted;
        saved_.census_unknown = counted.error().what;
        return {};
    }

    status save(const std::vector<std::string>& keys, bool payload) {
        if (keys.empty()) return {};
        UNDERSTUDY_LET(states, read_keys(link_, keys, {saved_.digest_salt, payload}));
        for (const auto& state : states) {
            if (!state) continue;  // expired since SCAN told of it
            UNDERSTUDY_TRY(can_come_back(*state, saved_.settings));
            UNDERSTUDY_TRY(writer_.add(*state));
            ++(payload ? saved_.keys : saved_.census_keys);
        }
        return {};
    }

    net::write_link& link_;
    const before_plan& plan_;
    model::journal_saved& saved_;
    store::backup_writer& writer_;
    std::uint64_t total_;
    std::uint64_t done_ = 0;
    std::unordered_set<std::string> told_;
};

error on_the_way(error wrong) {
    wrong.what = "a key of our own cannot be backed up and restored here, so nothing was changed: " + wrong.what;
    return wrong;
}

}  // namespace

namespace {

// A key of ours that this primary of a Cluster holds: with a number in braces whose slot is one of its own.
result<std::string> probe_key_on(net::write_link& link, std::size_t primary) {
    if (!link.shape()) return std::string(probe_key);
    constexpr int most = 1'000'000;  // a primary with one slot of 16384 is found within some tens of thousands
    for (int number = 0; number < most; ++number)
        if (auto key = fmt::format("{}{{{}}}", probe_key, number); link.owner_of(key) == primary) return key;
    return fail(errc::internal, "no key was found that this primary would hold", link.primaries()[primary]->where());
}

// Through the link of the one primary, so that a slot which moves is seen and not followed.
status there_and_back(net::write_link& link, const std::string& key, const settings& now) {
    const std::vector<std::string> names{key};
    const read_options how{"probe", true};
    const auto until = net::deadline::after(batch_patience);
    UNDERSTUDY_TRY(link.call({"SET", key, "there and back", "PX", "60000"}, until));
    UNDERSTUDY_LET(before, read_keys(link, names, how));
    UNDERSTUDY_TRY(unlink_keys(link, names));
    if (!before[0]) return fail(errc::server_error, "it was gone as soon as it was written", link.where());
    UNDERSTUDY_TRY(link.call(restore_command(*before[0]), until));
    // The way of a key that has only another expiry.
    UNDERSTUDY_TRY(link.call({"PERSIST", key}, until));
    UNDERSTUDY_TRY(link.call(retime_command(*before[0]), until));
    UNDERSTUDY_LET(after, read_keys(link, names, how));
    UNDERSTUDY_TRY(unlink_keys(link, names));
    if (!as_before(*before[0], after[0], expiry_slack(link)))
        return fail(errc::server_error, "it was another key when it came back", link.where());
    // What lifts the memory limit for a restore; it is set to what it is.
    const auto limit = now.find("maxmemory");
    if (limit != now.end() && limit->second != "0")
        UNDERSTUDY_TRY(link.call({"CONFIG", "SET", "maxmemory", limit->second}, until));
    return {};
}

}  // namespace

status try_way_back(net::write_link& link, const settings& now) {
    for (std::size_t i = 0; i < link.primaries().size(); ++i) {
        UNDERSTUDY_LET(key, probe_key_on(link, i));
        if (auto done = there_and_back(*link.primaries()[i], key, now); !done)
            return done.error().code == errc::interrupted ? done : std::unexpected(on_the_way(std::move(done).error()));
    }
    return {};
}

status can_come_back(const store::backup_entry& entry, const settings& now) {
    const auto limit = now.find("proto-max-bulk-len");
    if (limit == now.end()) return {};
    const auto most = parse_bytes(limit->second);
    if (!most || entry.payload.size() <= *most) return {};
    return fail(errc::too_large, fmt::format("a value of {} would not be taken back: proto-max-bulk-len is {}",
                                             show_bytes(entry.payload.size()), show_bytes(*most)));
}

status save_keys(net::write_link& link, const before_plan& plan, model::journal_saved& saved) {
    saved.digest_salt = hex(random_bytes(16));
    if (!plan.with_keys) {
        saved.census_unknown =
            plan.no_census.empty() ? "keys are not backed up, as the change file says" : plan.no_census;
        return {};
    }
    std::uint64_t total = 0;
    for (auto* one : link.primaries()) {
        UNDERSTUDY_LET(size, one->call({"DBSIZE"}, net::deadline::after(batch_patience)));
        total += static_cast<std::uint64_t>(std::max<std::int64_t>(size.as_integer().value_or(0), 0));
    }
    if (!plan.no_census.empty() && !plan.families.everything)
        saved.census_unknown = plan.no_census;
    else if (total > plan.census_keys && !plan.families.everything)
        saved.census_unknown = fmt::format(
            "the database holds {} keys, more than census_keys = {}; a larger limit mends it", total, plan.census_keys);
    UNDERSTUDY_LET(writer, store::backup_writer::create(plan.backup, plan.key));
    key_saver saver(link, plan, saved, writer, total);
    const auto take = [&](std::span<const std::string> keys) { return saver.take(keys); };
    if (saved.census_unknown.empty())
        UNDERSTUDY_TRY(for_each_key(link, std::string{}, take));
    else
        UNDERSTUDY_TRY(for_each_key(link, plan.families, take));
    UNDERSTUDY_LET(summary, writer.finish());
    saved.backup_file = plan.backup.string();
    saved.backup_digest = hex(summary.digest);
    return {};
}

namespace {

status nothing_outside(const net::info& keyspace, int database, const std::string& where) {
    std::uint64_t keys = 0;
    for (const auto& one : keyspace.databases())
        if (one.database != database) keys += one.keys;
    if (keys == 0) return {};
    return fail(errc::unsafe_target,
                fmt::format("this can evict keys of any database, and there are {} in others than database {}, which "
                            "are not backed up. Give them a server of their own, or say why they may be lost "
                            "(no_key_backup)",
                            keys, database),
                where);
}

}  // namespace

status nothing_elsewhere(net::write_link& link, int database) {
    for (auto* one : link.primaries()) {
        UNDERSTUDY_LET(keyspace, net::read_info(*one, net::deadline::after(batch_patience), "keyspace"));
        UNDERSTUDY_TRY(nothing_outside(keyspace, database, one->where()));
    }
    return {};
}

status nothing_elsewhere(net::read_only_cluster& of, int database) {
    for (auto& one : of.primaries()) {
        UNDERSTUDY_LET(keyspace, net::read_info(one.link, net::deadline::after(batch_patience), "keyspace"));
        UNDERSTUDY_TRY(nothing_outside(keyspace, database, one.link.where()));
    }
    return {};
}

result<std::optional<store::encryption_key>> backup_key(const model::backup_policy& policy,
                                                        const store::key_salt& salt) {
    if (!policy.key.given()) return std::nullopt;
    UNDERSTUDY_LET(passphrase, store::reveal(policy.key));
    UNDERSTUDY_LET(key, store::derive_key(passphrase, salt));
    return key;
}

}  // namespace understudy::apply
