#include "apply/production_gate.h"

#include <algorithm>
#include <memory>

#include "apply/journal_log.h"

namespace understudy::apply {

result<journal_writes> journal_writes::of(const model::journal_begin& begin, const settings& before) {
    journal_writes out;
    UNDERSTUDY_LET(families, key_families::parse(begin.families, begin.evicts));
    out.families_ = std::move(families);
    if (const auto* config = std::get_if<model::redis_config_step>(&begin.step)) {
        out.setting_ = config->setting;
        out.value_ = config->value;
        if (const auto was = before.find(config->setting); was != before.end()) out.was_ = was->second;
    }
    return out;
}

bool journal_writes::hold(const net::command& words) const {
    const auto name = net::name_of(words);
    if (name == "CONFIG SET")
        return words.size() == 4 && !setting_.empty() && words[2] == setting_ &&
               (words[3] == value_ || words[3] == was_);
    if (name == "UNLINK")
        return words.size() > 1 &&
               std::all_of(words.begin() + 1, words.end(), [&](const auto& key) { return is_ours(key); });
    if (name == "SET") return words.size() > 1 && is_probe_key(words[1]);
    if (name == "RESTORE" || name == "PEXPIRE" || name == "PEXPIREAT" || name == "PERSIST")
        return words.size() > 1 && is_ours(words[1]);
    return false;
}

}  // namespace understudy::apply

namespace understudy::net {

result<production_permit> production_gate::permit(const std::filesystem::path& journal, const apply::settings& before,
                                                  const std::string& run_id) {
    UNDERSTUDY_LET(read, apply::read_journal(journal));
    if (!read)
        return fail(errc::unsafe_target, "the journal holds no record: nothing may be written", journal.string());
    const auto& begin = read->begin;
    if (begin.environment.role != model::role::production)
        return fail(errc::unsafe_target, "the journal is not of production", journal.string());
    if (begin.environment.access != model::access::read_write)
        return fail(errc::not_writable, "production is declared read-only", begin.environment.name);
    if (begin.authority.empty())
        return fail(errc::unsafe_target, "the journal names no evidence and no plan", journal.string());
    if (!read->open() && !read->stands())
        return fail(errc::unsafe_target, "the journal is closed: nothing may be written", journal.string());
    UNDERSTUDY_LET(writes, apply::journal_writes::of(begin, before));
    const auto shared = std::make_shared<const apply::journal_writes>(std::move(writes));
    return production_permit(begin.id, run_id, [shared](const command& words) { return shared->hold(words); });
}

}  // namespace understudy::net
