// One SCAN for each pattern, each key typed and counted once, a sample of them weighed. The digest of a plan holds time
// and count in the clear and both again in its hash, so that neither is changed by a slip.
#include "purge/plan.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include <fmt/format.h>

#include "apply/keys.h"
#include "apply/rollback.h"
#include "base/hash.h"
#include "base/random.h"
#include "keyspace/family.h"
#include "keyspace/pattern.h"
#include "net/server_info.h"

namespace understudy::purge {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t sample_size = 200;     // keys of a pattern whose memory is asked for
constexpr std::size_t most_templates = 200;  // kept apart for one pattern
constexpr std::size_t hash_digits = 16;

net::deadline soon() {
    return net::deadline::after(apply::batch_patience);
}

// Counts one pattern's keys, batch by batch.
class counter {
public:
    counter(net::read_only_cluster& link, const std::vector<keyspace::key_pattern>& patterns, std::size_t index,
            std::uint64_t seed)
        : link_(link), patterns_(patterns), index_(index), random_(seed + index) {
        out_.pattern = patterns[index].text();
    }

    status take(const std::vector<std::string>& scanned) {
        std::vector<std::string> keys;
        for (const auto& key : scanned)
            if (is_mine(key) && told_.insert(key).second) keys.push_back(key);
        if (keys.empty()) return {};
        std::vector<net::command> commands;
        for (const auto& key : keys) {
            commands.push_back({"TYPE", key});
            commands.push_back({"PTTL", key});
        }
        UNDERSTUDY_LET(replies, link_.pipeline(commands, soon()));
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const std::string type(replies[2 * i].as_text().value_or(""));
            if (type.empty() || type == "none") continue;  // expired since SCAN told of it
            count(keys[i], type, replies[2 * i + 1].as_integer().value_or(-2) == -1);
        }
        return {};
    }

    result<pattern_count> finish() {
        std::vector<net::command> commands;
        for (const auto& key : sample_)
            commands.push_back({"MEMORY", "USAGE", key});
        UNDERSTUDY_LET(replies, link_.pipeline(commands, soon()));
        std::uint64_t sum = 0;
        for (const auto& reply : replies) {
            const auto bytes = reply.as_integer();
            if (!bytes || *bytes < 0) continue;
            sum += static_cast<std::uint64_t>(*bytes);
            ++out_.measured;
        }
        if (out_.measured > 0)
            out_.bytes = static_cast<std::uint64_t>(static_cast<double>(sum) / static_cast<double>(out_.measured) *
                                                    static_cast<double>(out_.keys));
        return std::move(out_);
    }

private:
    // The server's MATCH is only a filter: what counts is what our own matcher says. A key of two patterns is the
    // first one's.
    [[nodiscard]] bool is_mine(const std::string& key) const {
        if (key == apply::lease_key) return false;
        const auto first = std::ranges::find_if(patterns_, [&](const auto& one) { return one.matches(key); });
        return first == patterns_.begin() + static_cast<std::ptrdiff_t>(index_);
    }

    void count(const std::string& key, const std::string& type, bool persistent) {
        ++out_.keys;
        ++out_.types[type];
        if (persistent) ++out_.persistent;
        const auto name = keyspace::key_template(key);
        if (out_.templates.size() < most_templates || out_.templates.contains(name)) ++out_.templates[name];
        // Each key is as likely to be in the sample as any other (reservoir sampling, Vitter's R).
        if (sample_.size() < sample_size)
            sample_.push_back(key);
        else if (const auto at = random_.below(out_.keys); at < sample_size)
            sample_[at] = key;
    }

    net::read_only_cluster& link_;
    const std::vector<keyspace::key_pattern>& patterns_;
    std::size_t index_;
    seeded_random random_;
    std::unordered_set<std::string> told_;
    std::vector<std::string> sample_;
    pattern_count out_;
};

result<std::vector<keyspace::key_pattern>> parsed(const std::vector<std::string>& texts) {
    std::vector<keyspace::key_pattern> out;
    for (const auto& text : texts) {
        auto pattern = keyspace::key_pattern::parse(text);
        if (!pattern) {
            pattern.error().what = "not a key pattern: " + pattern.error().what;
            return pass(std::move(pattern));
        }
        out.push_back(std::move(*pattern));
    }
    if (out.empty()) return fail(errc::config_bad_value, "a purge needs at least one key pattern");
    return out;
}

// What a plan is of, whenever it is made.
std::string subject_of(const plan& of) {
    std::string text = fmt::format("{}\n{}\n{}\n{}\n", of.environment, of.redis, of.run_id, of.database);
    std::vector<std::string> patterns;
    for (const auto& one : of.patterns)
        patterns.push_back(one.pattern);
    std::ranges::sort(patterns);
    for (const auto& one : patterns)
        text += one + "\n";
    return text;
}

std::string hash_of(const plan& of, const std::string& head) {
    return hex(sha256_of(head + "\n" + subject_of(of))).substr(0, hash_digits);
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (wrong != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

// "SECONDS-KEYS-HASH"
struct read_digest {
    std::uint64_t seconds = 0, keys = 0;
    std::string head, hash;
};

std::optional<read_digest> read_of(const std::string& digest) {
    const auto first = digest.find('-'), second = digest.rfind('-');
    if (first == std::string::npos || first == second) return std::nullopt;
    const auto seconds = number(std::string_view(digest).substr(0, first));
    const auto keys = number(std::string_view(digest).substr(first + 1, second - first - 1));
    if (!seconds || !keys) return std::nullopt;
    return read_digest{*seconds, *keys, digest.substr(0, second), digest.substr(second + 1)};
}

std::uint64_t seconds_of(wall_time at) {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
}

}  // namespace

std::uint64_t plan::keys() const {
    std::uint64_t out = 0;
    for (const auto& one : patterns)
        out += one.keys;
    return out;
}

std::uint64_t plan::bytes() const {
    std::uint64_t out = 0;
    for (const auto& one : patterns)
        out += one.bytes;
    return out;
}

std::string digest_of(const plan& of) {
    const auto head = fmt::format("{}-{}", seconds_of(of.at), of.keys());
    return head + "-" + hash_of(of, head);
}

status still_holds(const std::string& digest, const plan& now) {
    const auto stale = [&](std::string why) {
        return fail(errc::stale_plan, std::move(why) + "; make the plan again", now.environment, true);
    };
    const auto was = read_of(digest);
    if (!was) return stale("this is not the digest of a plan");
    if (was->hash != hash_of(now, was->head))
        return stale("the plan is of another server, database, environment or of other patterns");
    const auto age = seconds_of(now.at) - was->seconds;
    if (was->seconds > seconds_of(now.at) || age > static_cast<std::uint64_t>(std::chrono::seconds(plan_holds).count()))
        return stale(fmt::format("the plan was made {} s ago and holds for {}", age, show(plan_holds)));
    if (now.keys() > was->keys + was->keys / 10 + 100)
        return stale(fmt::format("there are {} keys now, and the plan counted {}", now.keys(), was->keys));
    return {};
}

namespace {

// One primary's keys that match a pattern, batch by batch.
class walk {
public:
    walk(net::runtime& on, const model::environment& where, const plan_options& options)
        : on_(on), rests_(where.role == model::role::production), options_(options) {}

    status over(net::read_only_link& link, const std::string& glob, counter& into) {
        std::string cursor = "0";
        do {
            const auto started = clock::now();
            UNDERSTUDY_LET(reply, link.call({"SCAN", cursor, "COUNT", "1000", "MATCH", glob}, soon()));
            if (reply.elements.size() != 2 || !reply.elements[0].as_text())
                return fail(errc::protocol, "SCAN answered something else than a cursor and keys", link.where());
            cursor = *reply.elements[0].as_text();
            std::vector<std::string> keys;
            for (auto& key : reply.elements[1].elements)
                keys.push_back(std::move(key.text));
            seen_ += keys.size();
            UNDERSTUDY_TRY(into.take(keys));
            if (options_.progress) options_.progress(seen_);
            if (rests_ && cursor != "0")
                UNDERSTUDY_TRY(
                    on_.sleep(std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - started)));
        } while (cursor != "0");
        return {};
    }

private:
    net::runtime& on_;
    bool rests_;
    const plan_options& options_;
    std::uint64_t seen_ = 0;
};

}  // namespace

result<plan> make_plan(net::runtime& on, net::read_only_cluster& of, const model::environment& where,
                       const std::vector<std::string>& patterns, const plan_options& options) {
    UNDERSTUDY_LET(wanted, parsed(patterns));
    plan out;
    out.environment = where.name;
    out.redis = of.where();
    out.run_id = of.run_ids();
    out.database = where.redis.database;
    walk keys(on, where, options);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        counter one(of, wanted, i, options.seed);
        for (auto& primary : of.primaries())
            UNDERSTUDY_TRY(keys.over(primary.link, wanted[i].to_redis_glob(), one));
        UNDERSTUDY_LET(counted, one.finish());
        out.patterns.push_back(std::move(counted));
    }
    out.at = now();
    out.digest = digest_of(out);
    return out;
}

}  // namespace understudy::purge
