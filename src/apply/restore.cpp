#include "apply/restore.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "apply/before.h"
#include "base/units.h"
#include "keyspace/family.h"
#include "store/backup.h"

namespace understudy::apply {

namespace {

constexpr std::size_t restore_batch = 200;
constexpr std::uint64_t restore_bytes = 32u << 20;  // payloads held at a time, unless a single one is larger

constexpr std::string_view late_mark = "-late";

using entries = std::vector<store::backup_entry>;

// The entries of one file in batches of bounded size.
status for_each_batch(const backup_part& part, const std::function<status(const entries&)>& take) {
    store::backup_read_options options;
    options.key = part.key;
    UNDERSTUDY_LET(reader, store::backup_reader::open(part.file, options));
    entries batch;
    std::uint64_t bytes = 0;
    for (;;) {
        UNDERSTUDY_LET(entry, reader.next());
        if (entry) {
            bytes += entry->payload.size();
            batch.push_back(std::move(*entry));
        }
        if (batch.size() >= restore_batch || bytes >= restore_bytes || (!entry && !batch.empty())) {
            UNDERSTUDY_TRY(take(batch));
            batch.clear();
            bytes = 0;
        }
        if (!entry) return {};
    }
}

status for_each_batch(const key_backup& backup, const std::function<status(const entries&)>& take) {
    UNDERSTUDY_TRY(for_each_batch(backup_part{backup.file, backup.key}, take));
    return backup.late ? for_each_batch(*backup.late, take) : status{};
}

std::vector<std::string> names_of(const entries& batch) {
    std::vector<std::string> out;
    out.reserve(batch.size());
    for (const auto& entry : batch)
        out.push_back(entry.key);
    return out;
}

bool has_expired(const store::backup_entry& entry, wall_time at) {
    return entry.expires_at && *entry.expires_at <= at;
}

status restore_batch_of(net::write_link& link, const key_backup& backup, const entries& batch, restore_counts& into) {
    entries ours;
    for (const auto& entry : batch)
        if (!entry.payload.empty() && backup.families.hold(entry.key)) ours.push_back(entry);
    if (ours.empty()) return {};
    UNDERSTUDY_LET(states, read_keys(link, names_of(ours), {backup.salt, false, true}));
    UNDERSTUDY_LET(clock, expiry_clock::read(link));
    std::vector<net::command> commands;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        if (as_before(ours[i], states[i], expiry_slack(link))) continue;
        // What had expired by now must not live on in what traffic wrote under its name.
        if (has_expired(ours[i], clock.at(ours[i].key))) {
            if (states[i]) commands.push_back({"UNLINK", ours[i].key});
            continue;
        }
        const bool same_value = states[i] && states[i]->digest == ours[i].digest;
        commands.push_back(same_value ? retime_command(ours[i]) : restore_command(ours[i]));
    }
    if (commands.empty()) return {};
    UNDERSTUDY_LET(replies, link.pipeline(commands, net::deadline::after(batch_patience)));
    // One key that the server does not take back must not cost the others: the comparison finds it.
    for (std::size_t i = 0; i < commands.size(); ++i)
        if (replies[i].is_error())
            into.refused.insert(commands[i][1]);
        else if (commands[i].front() != "UNLINK")
            ++into.restored;
    return {};
}

// Keys told by template, the most frequent first, so that no user's value shows.
class template_list {
public:
    void add(std::string_view key, std::string_view what) {
        ++counts_[{keyspace::key_template(key), std::string(what)}];
    }

    void append_to(std::vector<model::proof_row>& rows) const {
        std::vector<model::proof_row> sorted;
        for (const auto& [row, count] : counts_)
            sorted.push_back({row.first, row.second, count});
        std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
            return std::tie(b.count, a.name, a.what) < std::tie(a.count, b.name, b.what);
        });
        rows.insert(rows.end(), sorted.begin(), sorted.end());
    }

private:
    std::map<std::pair<std::string, std::string>, std::uint64_t> counts_;
};

class comparer {
public:
    comparer(net::write_link& link, const key_backup& backup, model::proof& proof)
        : link_(link), backup_(backup), proof_(proof), slack_(expiry_slack(link)) {}

    status run() {
        UNDERSTUDY_LET(known, known_keys(backup_));
        UNDERSTUDY_TRY(for_each_batch(backup_, [&](const entries& batch) { return compare(batch); }));
        const auto take = [&](std::span<const std::string> keys) -> status {
            for (const auto& key : keys)
                if (!known.contains(key)) found_new(key);
            return {};
        };
        if (backup_.census)
            UNDERSTUDY_TRY(for_each_key(link_, std::string{}, take));
        else
            UNDERSTUDY_TRY(for_each_key(link_, backup_.families, take));
        differences_.append_to(proof_.differences);
        listed_.append_to(proof_.listed);
        if (backup_.census) {
            proof_.elsewhere_new = new_.size();
            proof_.elsewhere_changed = changed_;
            proof_.elsewhere_gone = gone_;
            proof_.elsewhere_expired = expired_;
        }
        return {};
    }

private:
    status compare(const entries& batch) {
        UNDERSTUDY_LET(states, read_keys(link_, names_of(batch), {backup_.salt, false, true}));
        UNDERSTUDY_LET(clock, expiry_clock::read(link_));
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const auto at = clock.at(batch[i].key);
            if (batch[i].payload.empty())
                compare_elsewhere(batch[i], states[i], at);
            else
                compare_ours(batch[i], states[i], at);
        }
        return {};
    }

    void compare_ours(const store::backup_entry& was, const std::optional<store::backup_entry>& is, wall_time at) {
        if (as_before(was, is, slack_)) {
            ++proof_.keys.as_before;
        } else if (!is && has_expired(was, at)) {
            ++proof_.keys.expired;
            listed_.add(was.key, "expired meanwhile");
        } else if (is && backup_.busy && !backup_.refused.contains(was.key)) {
            // It came back a moment ago, and visitors went on.
            listed_.add(was.key, "written by traffic since");
        } else {
            ++proof_.keys.differ;
            differences_.add(was.key, !is                        ? "a key is missing"
                                      : is->digest != was.digest ? "a value is not as before"
                                                                 : "an expiry is not as before");
        }
    }

    void compare_elsewhere(const store::backup_entry& was, const std::optional<store::backup_entry>& is, wall_time at) {
        if (as_before(was, is, slack_)) return;
        if (!is && has_expired(was, at)) {
            ++expired_;
        } else if (!is) {
            ++gone_;
            listed_.add(was.key, "elsewhere, gone");
        } else {
            ++changed_;
            listed_.add(was.key, is->digest != was.digest ? "elsewhere, changed" : "elsewhere, other expiry");
        }
    }

    void found_new(const std::string& key) {
        if (!new_.insert(key).second) return;  // SCAN may tell a key twice
        if (!backup_.families.hold(key)) {
            listed_.add(key, "elsewhere, new");
            return;
        }
        new_.erase(key);
        if (!left_.insert(key).second) return;
        if (backup_.busy) return listed_.add(key, "written by traffic since");
        ++proof_.left_in_families;
        differences_.add(key, "a key that was not there before");
    }

    net::write_link& link_;
    const key_backup& backup_;
    model::proof& proof_;
    std::chrono::milliseconds slack_;
    template_list differences_, listed_;
    std::unordered_set<std::string> new_, left_;
    std::uint64_t changed_ = 0, gone_ = 0, expired_ = 0;
};

}  // namespace

result<backup_part> part_of_backup(const model::backup_policy& policy, const std::filesystem::path& file) {
    backup_part out{file, {}};
    UNDERSTUDY_LET(header, store::read_backup_header(file));
    if (header.encrypted) {
        UNDERSTUDY_LET(key, backup_key(policy, header.salt));
        out.key = std::move(key);
    }
    return out;
}

result<key_backup> backup_of(const model::journal_begin& begin, const model::journal_saved& saved) {
    key_backup out;
    UNDERSTUDY_LET(part, part_of_backup(begin.backups, saved.backup_file));
    out.file = std::move(part.file);
    out.key = std::move(part.key);
    out.salt = saved.digest_salt;
    out.census = saved.census_unknown.empty();
    out.busy = begin.environment.role == model::role::production;
    UNDERSTUDY_LET(families, key_families::parse(begin.families, begin.evicts));
    out.families = std::move(families);
    return out;
}

// Until the journal says that it is saved, nothing of it was removed, and the file may not be whole.
result<key_backup> backup_of(const model::journal& read) {
    UNDERSTUDY_LET(out, backup_of(read.begin, *read.saved));
    const bool late = std::ranges::any_of(
        read.steps, [](const auto& step) { return step.action == "purge" && step.state == model::step_state::saved; });
    if (!late) return std::move(out);
    UNDERSTUDY_LET(part, part_of_backup(read.begin.backups, late_backup_of(*read.saved)));
    out.late = std::move(part);
    return std::move(out);
}

std::filesystem::path late_backup_of(const model::journal_saved& saved) {
    std::filesystem::path out = saved.backup_file;
    return out.replace_filename(out.stem().string() + std::string(late_mark) + ".backup");
}

std::filesystem::path journal_of_backup(const std::filesystem::path& journals, const std::filesystem::path& backup) {
    std::string name = backup.stem().string();
    if (name.ends_with(late_mark)) name.resize(name.size() - late_mark.size());
    return journals / (name + ".journal");
}

result<std::unordered_set<std::string>> known_keys(const key_backup& backup) {
    std::unordered_set<std::string> out;
    UNDERSTUDY_TRY(for_each_batch(backup, [&](const entries& batch) -> status {
        for (const auto& entry : batch)
            out.insert(entry.key);
        return {};
    }));
    return out;
}

result<restore_counts> restore_keys(net::write_link& link, const key_backup& backup) {
    restore_counts out;
    UNDERSTUDY_LET(known, known_keys(backup));
    UNDERSTUDY_TRY(for_each_key(link, backup.families, [&](std::span<const std::string> keys) -> status {
        std::vector<std::string> fresh;
        for (const auto& key : keys)
            if (!known.contains(key)) fresh.push_back(key);
        if (fresh.empty()) return {};
        UNDERSTUDY_LET(removed, unlink_keys(link, fresh));
        out.removed += removed;
        return {};
    }));
    UNDERSTUDY_TRY(for_each_batch(
        backup, [&](const entries& batch) -> status { return restore_batch_of(link, backup, batch, out); }));
    return out;
}

result<std::uint64_t> unlink_saved(net::write_link& link, const key_backup& backup,
                                   const std::function<status(std::uint64_t done)>& each) {
    std::uint64_t removed = 0, done = 0;
    UNDERSTUDY_TRY(for_each_batch(backup, [&](const entries& batch) -> status {
        std::vector<std::string> names;
        for (const auto& entry : batch)
            if (!entry.payload.empty() && backup.families.hold(entry.key)) names.push_back(entry.key);
        UNDERSTUDY_LET(count, unlink_keys(link, names));
        removed += count;
        done += batch.size();
        return each(done);
    }));
    return removed;
}

status compare_keys(net::write_link& link, const key_backup& backup, model::proof& proof) {
    return comparer(link, backup, proof).run();
}

}  // namespace understudy::apply
