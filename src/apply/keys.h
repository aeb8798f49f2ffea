// apply/keys.h - the keys of one database, or of a whole Cluster: walked in bounded batches, read with value and expiry
// as one.
//
// Never KEYS. SCAN with COUNT 1000, and the reads of a batch in one pipeline; a key that comes twice from SCAN is told
// twice. DUMP and PEXPIRETIME travel in one MULTI: apart, a SET between them would pair an old value with a new expiry,
// and rollback would restore a key that never existed. Servers before 7.0 have no PEXPIRETIME: there the expiry is TIME
// plus PTTL of the same MULTI, and may be off by a millisecond: there expiries so near are the same.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "keyspace/pattern.h"
#include "model/change.h"
#include "net/deadline.h"
#include "net/write_link.h"
#include "store/backup.h"

namespace understudy::apply {

inline constexpr std::chrono::milliseconds batch_patience{30'000};

// The key patterns of a change. `everything`: the step can evict, so every key is the change's.
struct key_families {
    std::vector<keyspace::key_pattern> patterns;
    bool everything = false;

    [[nodiscard]] bool hold(std::string_view key) const;
    [[nodiscard]] static result<key_families> parse(const std::vector<std::string>& patterns, bool everything = false);
};

// Our own key on staging while a rehearsal runs; no census counts it.
inline constexpr std::string_view lease_key = "understudy:lease";
// There for a moment, before anything is saved (before.h).
inline constexpr std::string_view probe_key = "understudy:probe";
// It, or the same with a number in braces behind it, which is how one gets onto each primary of a Cluster.
[[nodiscard]] bool is_probe_key(std::string_view key);

// Also called for a SCAN that found no key, so that who rests between batches rests after each.
using key_batch = std::function<status(std::span<const std::string> keys)>;

// Every key of the link's database that matches the glob (empty: all), the lease left out; of a Cluster one primary
// after another. `take` must not look_again.
[[nodiscard]] status for_each_key(net::write_link& link, const std::string& glob, const key_batch& take);
// Every key of the families; one that two patterns match is the first one's.
[[nodiscard]] status for_each_key(net::write_link& link, const key_families& families, const key_batch& take);

// How far two readings of one expiry may be apart on this server.
[[nodiscard]] std::chrono::milliseconds expiry_slack(const net::write_link& link);

struct read_options {
    std::string salt;                 // of the canonical digests
    bool keep_payload = false;        // else only digest and expiry
    bool unreadable_differs = false;  // a value that cannot be read gets a digest that no value has, and is no error
};

// The clock by which a server's keys expire: ours may be minutes away from it, and so may be that of another primary.
class expiry_clock {
public:
    [[nodiscard]] static result<expiry_clock> read(net::write_link& link);
    // When it was read, by the server that holds the key.
    [[nodiscard]] wall_time at(std::string_view key) const { return times_[link_->owner_of(key)]; }

private:
    expiry_clock(const net::write_link& link, std::vector<wall_time> times) : link_(&link), times_(std::move(times)) {}
    const net::write_link* link_;
    std::vector<wall_time> times_;
};

// The keys as they are now, in order; empty for a key that is not there. What DUMP gives in a type that is not known is
// read by commands of its type; a module's value gives errc::server_error, for its rollback could not be proven.
[[nodiscard]] result<std::vector<std::optional<store::backup_entry>>> read_keys(net::write_link& link,
                                                                                std::span<const std::string> keys,
                                                                                const read_options& options);

// Whether a key has the value and the expiry that it had.
[[nodiscard]] bool as_before(const store::backup_entry& was, const std::optional<store::backup_entry>& is,
                             std::chrono::milliseconds slack);
// What puts an entry that holds a payload back, over whatever is there.
[[nodiscard]] net::command restore_command(const store::backup_entry& entry);
// What gives a key the entry's expiry again, or none, and leaves its value alone.
[[nodiscard]] net::command retime_command(const store::backup_entry& entry);

// Does an expire step to every key of its pattern; how many keys have another expiry now. Before 7.0 there is no
// PEXPIRE LT: there a key that gets a shorter life between our look and our command keeps the cap instead.
[[nodiscard]] result<std::uint64_t> expire_keys(net::write_link& link, const model::expire_step& step);

// Removes the keys in batches of 500; on a Cluster one UNLINK for each slot of a batch. Returns how many there were.
[[nodiscard]] result<std::uint64_t> unlink_keys(net::write_link& link, std::span<const std::string> keys);
// Removes every key of the families.
[[nodiscard]] result<std::uint64_t> unlink_families(net::write_link& link, const key_families& families);

}  // namespace understudy::apply
