#include "snapshot/key_walk.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "keyspace/slot.h"
#include "net/server_info.h"

namespace understudy::snapshot {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{30};  // one command on one huge key may take that long
constexpr std::size_t least_scanned = 4;      // keys a SCAN is asked for

net::deadline soon() {
    return net::deadline::after(patience);
}

// By rdb::object_type.
constexpr std::array<std::string_view, 6> length_commands{"STRLEN", "LLEN", "SCARD", "ZCARD", "HLEN", "XLEN"};

// Of an encoding that no other type has, in any version; a module's values are "raw" too.
std::optional<rdb::object_type> only_type_of(rdb::storage stored) {
    switch (stored) {
        case rdb::storage::integer:
        case rdb::storage::embstr:
        case rdb::storage::raw:
            return rdb::object_type::string;
        case rdb::storage::quicklist:
            return rdb::object_type::list;
        case rdb::storage::intset:
            return rdb::object_type::set;
        case rdb::storage::skiplist:
            return rdb::object_type::zset;
        case rdb::storage::stream:
            return rdb::object_type::stream;
        default:
            return std::nullopt;
    }
}

std::optional<std::uint64_t> count_in(const resp::value& reply) {
    const auto number = reply.as_integer();
    return number && *number >= 0 ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

}  // namespace

walk_outcome key_walk::run(int database, clock::time_point started,
                           const std::function<status(const walk_outcome&)>& told) {
    database_ = database;
    if (const auto ready = prepare(); !ready) out_.ended = ready.error();
    while (!out_.ended) {
        out_.spent = pace_.spent(clock::now() - started);
        if (out_.spent != net::budget::none) break;
        const auto begun = clock::now();
        auto done = burst();
        if (done) done = told ? told(out_) : status{};
        if (done) done = runtime_.sleep_until(clock::time_point(pace_.next(begun.time_since_epoch())));
        if (done && pace_.ping_due(clock::now().time_since_epoch())) done = look_at_server();
        if (!done) {
            out_.ended = done.error();
        } else if (scanned_ && fresh_.empty() && untyped_.empty() && typed_.empty()) {
            out_.whole = true;
            break;
        }
    }
    // What is known of these is true, if not all.
    for (const auto* waiting : {&untyped_, &typed_})
        for (const auto& one : *waiting)
            hand_over(one);
    return std::move(out_);
}

status key_walk::prepare() {
    const auto make = [this](std::optional<net::key_question>& into, const net::command& words) -> status {
        UNDERSTUDY_LET(made, link_.question_of(words));
        into = std::move(made);
        return {};
    };
    UNDERSTUDY_TRY(make(can_ask_.type, {"TYPE"}));
    UNDERSTUDY_TRY(make(can_ask_.expiry, {can_.absolute_expiry ? "PEXPIRETIME" : "PTTL"}));
    if (can_.encoding) UNDERSTUDY_TRY(make(can_ask_.encoding, {"OBJECT", "ENCODING"}));
    if (can_.memory) UNDERSTUDY_TRY(make(can_ask_.memory, {"MEMORY", "USAGE"}));
    if (can_.idle) UNDERSTUDY_TRY(make(can_ask_.use, {"OBJECT", "IDLETIME"}));
    if (can_.frequency) UNDERSTUDY_TRY(make(can_ask_.use, {"OBJECT", "FREQ"}));
    if (can_.lengths)
        for (std::size_t i = 0; i < can_ask_.length.size(); ++i)
            UNDERSTUDY_TRY(make(can_ask_.length[i], {std::string(length_commands[i])}));
    return {};
}

status key_walk::burst() {
    asked_.clear();
    calls_.clear();
    scan_.clear();
    found_.clear();
    reply_bytes_ = 0;
    const std::size_t room = pace_.commands();
    plan_lengths(room);
    plan_types(room - std::min(room, asked_.size()));
    plan_facts(room - std::min(room, asked_.size()));
    plan_scan();
    UNDERSTUDY_TRY(link_.ask(scan_, calls_, soon(), [this](std::size_t index, resp::value&& reply) {
        if (index < scan_.size()) return take_scan(reply);
        return take(asked_[index - scan_.size()], std::move(reply));
    }));
    pace_.burst(scan_.size() + calls_.size(), reply_bytes_, link_.last_round_trip());
    finish_keys();
    return {};
}

void key_walk::ask(fact what, std::size_t of, const std::optional<net::key_question>& question, std::string_view name) {
    asked_.push_back({what, of});
    calls_.push_back({&*question, name});
}

// Each of the last so many: their order means nothing.
void key_walk::plan_lengths(std::size_t room) {
    typed_now_ = std::min(room, typed_.size());
    for (std::size_t i = typed_.size() - typed_now_; i < typed_.size(); ++i)
        ask(fact::length, i, can_ask_.length[static_cast<std::size_t>(*typed_[i].type)], typed_[i].name);
}

void key_walk::plan_types(std::size_t room) {
    untyped_now_ = std::min(room, untyped_.size());
    for (std::size_t i = untyped_.size() - untyped_now_; i < untyped_.size(); ++i)
        ask(fact::late_type, i, can_ask_.type, untyped_[i].name);
}

void key_walk::plan_facts(std::size_t room) {
    const bool by_encoding = can_.encoding && can_.no_modules;
    const std::size_t a_key =
        can_.commands_a_key() - static_cast<std::size_t>(can_.lengths) - static_cast<std::size_t>(by_encoding);
    const std::size_t least = asked_.empty() ? 1 : 0;
    fresh_now_ = std::min(fresh_.size(), std::max(least, room / a_key));
    for (std::size_t i = fresh_.size() - fresh_now_; i < fresh_.size(); ++i) {
        const auto& name = fresh_[i].name;
        if (!by_encoding) ask(fact::type, i, can_ask_.type, name);
        ask(fact::expiry, i, can_ask_.expiry, name);
        if (can_.encoding) ask(fact::encoding, i, can_ask_.encoding, name);
        if (can_.memory) ask(fact::memory, i, can_ask_.memory, name);
        if (can_.idle || can_.frequency) ask(fact::use, i, can_ask_.use, name);
    }
}

// As many keys as the next burst can ask about.
void key_walk::plan_scan() {
    const std::size_t wanted = std::max(least_scanned, pace_.commands() / can_.commands_a_key());
    if (scanned_ || fresh_.size() - fresh_now_ >= wanted) return;
    const std::size_t count = slots_.empty() ? wanted : std::min(wanted, keys_of_slot_ + least_scanned);
    scan_.push_back({"SCAN", cursor_, "COUNT", std::to_string(count)});
}

status key_walk::take(const asked& question, resp::value&& reply) {
    reply_bytes_ += reply.text.size() + 8;
    if (question.what == fact::length) {
        typed_[question.key].length = count_in(reply);
        ++out_.lookups;
        return {};
    }
    if (question.what == fact::late_type) {
        auto& of = untyped_[question.key];
        const auto name = reply.as_text();
        of.gone = name == "none";
        if (name) of.type = rdb::object_type_of(*name);
        ++out_.lookups;
        return {};
    }
    auto& of = fresh_[question.key];
    if (question.what != fact::memory) ++out_.lookups;
    switch (question.what) {
        case fact::type: {
            const auto name = reply.as_text();
            if (!name) of.refused = true;
            of.gone = of.gone || name == "none";
            if (name) of.type = rdb::object_type_of(*name);
            break;
        }
        case fact::expiry: {
            of.refused = of.refused || !reply.as_integer();
            const auto at = reply.as_integer().value_or(-1);
            of.gone = of.gone || at == -2;
            if (at >= 0) of.expires = can_.absolute_expiry ? at : at + milliseconds_of(now());
            break;
        }
        case fact::encoding:
            if (const auto name = reply.as_text()) of.stored = rdb::storage_of(*name);
            if (can_.no_modules && of.stored) of.type = only_type_of(*of.stored);
            break;
        case fact::memory:
            of.memory = count_in(reply);
            break;
        default:
            of.use = count_in(reply);
    }
    return {};
}

status key_walk::take_scan(resp::value& reply) {
    reply_bytes_ += 8;
    if (auto wrong = net::reply_error(reply, "SCAN")) return std::unexpected(*std::move(wrong));
    const auto cursor = reply.elements.size() == 2 ? reply.elements[0].as_text() : std::nullopt;
    if (!cursor) return fail(errc::protocol, "not what SCAN replies", link_.where());
    for (auto& name : reply.elements[1].elements) {
        reply_bytes_ += name.text.size() + 8;
        // SCAN goes on into the slots that follow; these have their own turn.
        if (slots_.empty() || keyspace::slot_of(name.text) == slots_.back()) found_.push_back(std::move(name.text));
    }
    go_on_from(std::string(*cursor));
    return {};
}

void key_walk::take_slots(std::vector<std::uint16_t> order, std::size_t keys) {
    std::ranges::reverse(order);
    slots_ = std::move(order);
    keys_of_slot_ = keys;
    if (!slots_.empty()) cursor_ = std::to_string(slots_.back());
}

void key_walk::go_on_from(const std::string& cursor) {
    cursor_ = cursor;
    if (slots_.empty()) {
        scanned_ = cursor == "0";
        return;
    }
    std::uint64_t number = 0;
    std::from_chars(cursor.data(), cursor.data() + cursor.size(), number);
    if (number != 0 && number % keyspace::slot_count == slots_.back()) return;  // more of this slot
    slots_.pop_back();
    scanned_ = slots_.empty();
    if (!scanned_) cursor_ = std::to_string(slots_.back());
}

void key_walk::finish_keys() {
    for (std::size_t i = typed_.size() - typed_now_; i < typed_.size(); ++i)
        hand_over(typed_[i]);
    typed_.resize(typed_.size() - typed_now_);
    for (std::size_t i = untyped_.size() - untyped_now_; i < untyped_.size(); ++i) {
        untyped_[i].asked = true;
        settle(std::move(untyped_[i]));
    }
    untyped_.resize(untyped_.size() - untyped_now_);
    for (std::size_t i = fresh_.size() - fresh_now_; i < fresh_.size(); ++i)
        settle(std::move(fresh_[i]));
    fresh_.resize(fresh_.size() - fresh_now_);
    for (auto& name : found_)
        fresh_.emplace_back().name = std::move(name);
}

// What comes next for a key of which the facts are known.
void key_walk::settle(key&& one) {
    const bool may_ask = can_.encoding && can_.no_modules && !one.asked;
    if (one.refused)
        ++out_.refused;
    else if (one.gone)
        ++out_.vanished;
    else if (!one.type && may_ask)
        untyped_.push_back(std::move(one));
    else if (can_.lengths && one.type)
        typed_.push_back(std::move(one));
    else
        hand_over(one);
}

void key_walk::hand_over(const key& one) {
    key_facts facts;
    facts.name = one.name;
    facts.database = database_;
    facts.type = one.type;
    facts.stored = one.stored;
    facts.memory = one.memory;
    facts.expires = one.expires;
    if (one.type) (*one.type == rdb::object_type::string ? facts.bytes : facts.elements) = one.length;
    if (can_.idle) facts.idle = one.use;
    if (can_.frequency && one.use) facts.frequency = static_cast<std::uint8_t>(std::min<std::uint64_t>(*one.use, 255));
    into_.add(facts);
    ++out_.seen;
}

status key_walk::look_at_server() {
    UNDERSTUDY_TRY(link_.call({"PING"}, soon()));
    pace_.ping(link_.last_round_trip());
    const auto at = clock::now().time_since_epoch();
    if (!info_refused_ && pace_.load_due(at)) {
        const auto said = net::read_info(link_, soon());
        info_refused_ = !said;
        if (said) pace_.load(net::load_of(*said, at));
    }
    return {};
}

}  // namespace understudy::snapshot
