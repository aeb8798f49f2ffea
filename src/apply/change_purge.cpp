#include "apply/change_purge.h"

#include <optional>
#include <unordered_set>

#include <fmt/format.h>

#include "apply/before.h"
#include "apply/keys.h"
#include "apply/restore.h"
#include "store/backup.h"

namespace understudy::apply {

namespace {

class purging {
public:
    purging(net::write_link& link, const model::journal& read, const std::function<status()>& rest)
        : link_(link), read_(read), rest_(rest) {}

    // Walks the patterns, and saves what the backup does not hold; how many keys that were.
    result<std::uint64_t> save_late(const key_families& families) {
        UNDERSTUDY_LET(backup, backup_of(read_.begin, *read_.saved));
        UNDERSTUDY_LET(known, known_keys(backup));
        std::optional<store::backup_writer> writer;
        std::uint64_t saved = 0;
        UNDERSTUDY_TRY(for_each_key(link_, families, [&](std::span<const std::string> keys) -> status {
            std::vector<std::string> fresh;
            for (const auto& key : keys)
                if (known.insert(key).second) fresh.push_back(key);
            UNDERSTUDY_LET(states, read_keys(link_, fresh, {read_.saved->digest_salt, true}));
            for (const auto& state : states) {
                if (!state) continue;  // expired since SCAN told of it
                if (!writer) UNDERSTUDY_TRY(begin_late(writer));
                UNDERSTUDY_TRY(can_come_back(*state, read_.saved->settings));
                UNDERSTUDY_TRY(writer->add(*state));
                ++saved;
            }
            return rest_();
        }));
        if (writer) UNDERSTUDY_TRY(writer->finish());
        return saved;
    }

    // Of the two backups, or of the one.
    result<std::uint64_t> remove(const key_families& families, bool late) {
        UNDERSTUDY_LET(backup, backup_of(read_.begin, *read_.saved));
        if (late) {
            UNDERSTUDY_LET(part, part_of_backup(read_.begin.backups, late_backup_of(*read_.saved)));
            backup.late = std::move(part);
        }
        backup.families = families;
        return unlink_saved(link_, backup, [this](std::uint64_t /*done*/) { return rest_(); });
    }

    result<std::uint64_t> remove_by_pattern(const key_families& families) {
        std::uint64_t removed = 0;
        UNDERSTUDY_TRY(for_each_key(link_, families, [&](std::span<const std::string> keys) -> status {
            UNDERSTUDY_LET(count, unlink_keys(link_, keys));
            removed += count;
            return rest_();
        }));
        return removed;
    }

private:
    status begin_late(std::optional<store::backup_writer>& into) {
        UNDERSTUDY_LET(key, backup_key(read_.begin.backups, store::new_salt()));
        UNDERSTUDY_LET(writer, store::backup_writer::create(late_backup_of(*read_.saved), key));
        into = std::move(writer);
        return {};
    }

    net::write_link& link_;
    const model::journal& read_;
    const std::function<status()>& rest_;
};

}  // namespace

result<purged_keys> purge_of_change(net::write_link& link, const model::journal& read,
                                    const std::vector<std::string>& patterns, journal_log& log,
                                    const std::function<status()>& rest) {
    UNDERSTUDY_LET(families, key_families::parse(patterns));
    UNDERSTUDY_LET(number, log.planned("purge", fmt::format("{} key patterns", patterns.size())));
    purging work(link, read, rest);
    purged_keys out;
    if (read.saved->backup_file.empty()) {
        UNDERSTUDY_LET(removed, work.remove_by_pattern(families));
        out.removed = removed;
    } else {
        UNDERSTUDY_LET(late, work.save_late(families));
        out.late = late;
        if (late > 0) UNDERSTUDY_TRY(log.became(number, model::step_state::saved));
        UNDERSTUDY_LET(removed, work.remove(families, late > 0));
        out.removed = removed;
    }
    UNDERSTUDY_TRY(log.became(number, model::step_state::applied));
    return out;
}

}  // namespace understudy::apply
