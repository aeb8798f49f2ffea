#include "apply/before.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "store/backup.h"
#include "store/secret.h"

namespace understudy::apply {

namespace {

class key_saver {
public:
    key_saver(net::writable_link& link, const before_plan& plan, model::journal_saved& saved,
              store::backup_writer& writer, std::uint64_t total)
        : link_(link), plan_(plan), saved_(saved), writer_(writer), total_(total) {}

    status take(std::span<const std::string> keys) {
        std::vector<std::string> ours, elsewhere;
        for (const auto& key : keys)
            (plan_.families.hold(key) ? ours : elsewhere).push_back(key);
        UNDERSTUDY_TRY(save(ours, true));
        if (saved_.census_unknown.empty()) UNDERSTUDY_TRY(save(elsewhere, false));
        done_ += keys.size();
        if (plan_.progress) plan_.progress(done_, total_);
        return {};
    }

private:
    status save(const std::vector<std::string>& keys, bool payload) {
        if (keys.empty()) return {};
        UNDERSTUDY_LET(states, read_keys(link_, keys, {saved_.digest_salt, payload}));
        for (const auto& state : states) {
            if (!state) continue;  // expired since SCAN told of it
            UNDERSTUDY_TRY(writer_.add(*state));
            ++(payload ? saved_.keys : saved_.census_keys);
        }
        return {};
    }

    net::writable_link& link_;
    const before_plan& plan_;
    model::journal_saved& saved_;
    store::backup_writer& writer_;
    std::uint64_t total_;
    std::uint64_t done_ = 0;
};

}  // namespace

status save_keys(net::writable_link& link, const before_plan& plan, model::journal_saved& saved) {
    saved.digest_salt = hex(random_bytes(16));
    if (!plan.with_keys) {
        saved.census_unknown = "keys are not backed up, as the change file says";
        return {};
    }
    UNDERSTUDY_LET(size, link.call({"DBSIZE"}, net::deadline::after(batch_patience)));
    const auto total = static_cast<std::uint64_t>(std::max<std::int64_t>(size.as_integer().value_or(0), 0));
    if (total > plan.census_keys && !plan.families.everything)
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

result<std::optional<store::encryption_key>> backup_key(const model::backup_policy& policy,
                                                        const store::key_salt& salt) {
    if (!policy.key.given()) return std::nullopt;
    UNDERSTUDY_LET(passphrase, store::reveal(policy.key));
    UNDERSTUDY_LET(key, store::derive_key(passphrase, salt));
    return key;
}

}  // namespace understudy::apply
