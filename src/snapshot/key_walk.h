// snapshot/key_walk.h - every key of one database of one server, by SCAN, into a collector; as fast as a governor lets
// it.
//
// One round trip a burst: a SCAN, what is asked of the keys of the last one, the types of those whose encoding does not
// say it, and the lengths of those whose type is known by then. Keys that vanish meanwhile are counted, and left out. A
// key that the table's resizing shows twice is counted twice, as SCAN warns.
//
// SCAN visits a table in the order of its keys' hashes, so those seen so far are a sample of all, drawn by the hash.
// Slot by slot they are the keys of some slots, drawn by whoever gives their order.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/governor.h"
#include "net/read_only_link.h"
#include "net/runtime.h"
#include "rdb/file.h"
#include "snapshot/collector.h"
#include "snapshot/probe.h"

namespace understudy::snapshot {

struct walk_outcome {
    std::uint64_t seen = 0;      // that the collector was given
    std::uint64_t vanished = 0;  // between SCAN and what was asked of them
    std::uint64_t refused = 0;   // keys that the user may not look at
    std::uint64_t lookups = 0;   // of ours that the server counts as hits
    bool whole = false;
    net::budget spent = net::budget::none;  // why it is not whole; none: `ended` says
    std::optional<error> ended;
};

class key_walk {
public:
    // The link is of the database that is walked. `told` hears of each burst; an error of it ends the walk.
    key_walk(net::runtime& on, net::read_only_link& link, const powers& can, net::governor& pace, collector& into)
        : runtime_(on), link_(link), can_(can), pace_(pace), into_(into) {}

    // Slot by slot, in this order, instead of all as SCAN finds them: a server from Redis 7.4 and Valkey 8.0 on keeps
    // the keys of each slot of a Cluster apart, so that what SCAN gives first is of the first slots alone. The low 14
    // bits of its cursor are the slot (Redis src/kvstore.c). `keys`: about how many a slot has.
    void take_slots(std::vector<std::uint16_t> order, std::size_t keys);

    // Errors are in the outcome, beside what was seen before.
    [[nodiscard]] walk_outcome run(int database, std::chrono::steady_clock::time_point started,
                                   const std::function<status(const walk_outcome&)>& told);

private:
    enum class fact : std::uint8_t { type, late_type, expiry, encoding, memory, use, length };
    struct key {
        std::string name;
        std::optional<rdb::object_type> type;
        std::optional<rdb::storage> stored;
        std::optional<std::int64_t> expires;
        std::optional<std::uint64_t> memory, use, length;
        bool gone = false, refused = false, asked = false;  // asked: for its type alone
    };
    struct asked {
        fact what;
        std::size_t key = 0;
    };
    // What is asked of a key, each held against the table once.
    struct questions {
        std::optional<net::key_question> type, expiry, encoding, memory, use;
        std::array<std::optional<net::key_question>, 6> length;  // by type
    };

    [[nodiscard]] status prepare();
    [[nodiscard]] status burst();
    void plan_lengths(std::size_t room);
    void plan_types(std::size_t room);
    void settle(key&& one);
    void plan_facts(std::size_t room);
    void plan_scan();
    void ask(fact what, std::size_t of, const std::optional<net::key_question>& question, std::string_view name);
    [[nodiscard]] status take(const asked& question, resp::value&& reply);
    [[nodiscard]] status take_scan(resp::value& reply);
    void go_on_from(const std::string& cursor);
    void finish_keys();
    void hand_over(const key& one);
    [[nodiscard]] status look_at_server();

    net::runtime& runtime_;
    net::read_only_link& link_;
    const powers& can_;
    net::governor& pace_;
    collector& into_;

    int database_ = 0;
    std::string cursor_ = "0";
    bool scanned_ = false;              // SCAN came to its end
    std::vector<std::uint16_t> slots_;  // those that are left, the next one last; empty: not by slots
    std::size_t keys_of_slot_ = 0;
    std::vector<key> fresh_, untyped_, typed_;  // nothing asked yet; the type is to be asked; only the length is
    std::size_t fresh_now_ = 0, untyped_now_ = 0, typed_now_ = 0;  // of these, how many this burst asks for
    questions can_ask_;
    std::vector<asked> asked_;  // in the order of calls_
    std::vector<net::key_call> calls_;
    std::vector<net::command> scan_;  // of this burst; none or one
    std::vector<std::string> found_;  // by this burst's SCAN
    std::uint64_t reply_bytes_ = 0;
    bool info_refused_ = false;
    walk_outcome out_;
};

}  // namespace understudy::snapshot
