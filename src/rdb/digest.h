// rdb/digest.h - one digest for one value, however a server encodes it: what rollback proofs compare.
//
// DUMP bytes are not canonical (the order of a hash table changes with RESTORE), so they are never compared; this
// digest is over type and raw elements. The exact form is docs/formats/canonical-digest.md: a change there is a new
// number in its first line. In the digest: type; string bytes; list in order; set, hash and zset without regard to
// order; scores by value (-0 is 0); stream entries, last id, groups with their last id, consumers, pending entries with
// consumer, time and count of deliveries. Not in it: expiry, encoding, idle time; and of streams what only newer
// servers keep or what changes by being read: first id, greatest deleted id, entries added, entries read, consumers'
// seen and active times.
//
// The digest is HMAC-SHA-256 under `salt`, so that a digest in a report does not give short values away to guessing;
// digests compare only under the same salt.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "rdb/dump.h"
#include "rdb/object.h"

namespace understudy::rdb {

// A value taken in by calls of object_sink, from a payload or from replies of commands; owns copies of all it was told.
// From replies: begin(type) and then
//   string  element(GET)                     hash    field(name, value) of HGETALL or HSCAN
//   list    element of LRANGE, in order      zset    scored(member, parse_score(score)) of ZRANGE WITHSCORES or ZSCAN
//   set     element of SMEMBERS or SSCAN     stream  entry of XRANGE; state, group, consumer, pending of XINFO STREAM
//                                                    key FULL COUNT 0
// Memory: the elements' bytes and 24 bytes each. Not thread-safe. Callers hold their own limits before telling it.
class canonical_object final : public object_sink {
public:
    // SCAN commands may give an element twice: `collapse` takes equal ones as one. In a payload a repeat is a fault.
    enum class repeats : std::uint8_t { collapse, refuse };

    explicit canonical_object(repeats rule = repeats::collapse) noexcept : rule_(rule) {}

    void begin(object_type type) override;
    void element(std::string_view bytes) override;
    void field(std::string_view name, std::string_view value) override;
    void scored(std::string_view member, double score) override;
    // Entries must come by ascending id.
    void entry(stream_id id, std::span<const std::string_view> names_and_values) override;
    void state(const stream_state& state) override;
    void group(const stream_group& group) override;
    void consumer(const stream_consumer& consumer) override;
    void pending(const stream_pending& pending) override;

    [[nodiscard]] object_type type() const noexcept { return type_; }
    // Elements told, before repeats collapse.
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }

    // The digest; sorts what is held, O(n log n). `malformed` if the elements contradict each other (one field with two
    // values, one member with two scores, a score that is nan, a string that is not exactly one element, a repeat under
    // `refuse`): the key changed while it was read, or the payload is broken.
    [[nodiscard]] std::expected<digest256, dump_status> digest(std::string_view salt);

    // Tells the value to another sink, in canonical order once digest() has been called. Of a stream only what is in
    // the digest, and the number of entries.
    void tell(object_sink& sink) const;

private:
    struct item {
        std::uint64_t offset = 0;
        std::uint32_t first = 0;   // size of element, field name, member; of a stream entry: all of it
        std::uint32_t second = 0;  // size of the field's value, which follows
        double score = 0;
    };
    struct waiting {
        stream_id id;
        std::string consumer;
        std::uint64_t delivered_ms = 0;
        std::uint64_t deliveries = 0;
    };
    struct group_state {
        std::string name;
        stream_id last_delivered_id;
        std::vector<std::string> consumers;
        std::vector<waiting> pending;
    };

    [[nodiscard]] std::string_view first_of(const item& item) const noexcept;
    [[nodiscard]] std::string_view second_of(const item& item) const noexcept;
    void keep(std::string_view first, std::string_view second, double score);
    [[nodiscard]] bool settle();
    [[nodiscard]] bool settle_items();
    [[nodiscard]] bool settle_groups();
    [[nodiscard]] digest256 form_digest() const;
    void tell_entry(std::string_view packed, object_sink& sink) const;
    void tell_stream_end(object_sink& sink) const;

    object_type type_ = object_type::string;
    repeats rule_;
    bool broken_ = false;  // what was told cannot be a value: no digest
    std::string bytes_;
    std::vector<item> items_;
    stream_id last_entry_;
    stream_id last_id_;
    std::vector<group_state> groups_;
};

// The digest of a DUMP payload's value. The status says why there is none.
[[nodiscard]] std::expected<digest256, dump_status> canonical_digest(std::string_view payload, std::string_view salt,
                                                                     const decode_options& options = {});

}  // namespace understudy::rdb
