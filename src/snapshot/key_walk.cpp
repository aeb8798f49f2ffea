#include "snapshot/key_walk.h"

#include <algorithm>

#include "net/server_info.h"

namespace understudy::snapshot {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{30};  // one command on one huge key may take that long
constexpr std::chrono::milliseconds between_pings{100};
constexpr std::chrono::seconds between_loads{1};
constexpr std::size_t least_scanned = 4;  // keys a SCAN is asked for

net::deadline soon() {
    return net::deadline::after(patience);
}

std::string_view length_command(rdb::object_type type) {
    constexpr std::string_view of[] = {"STRLEN", "LLEN", "SCARD", "ZCARD", "HLEN", "XLEN"};
    return of[static_cast<std::size_t>(type)];
}

std::optional<std::uint64_t> count_in(const resp::value& reply) {
    const auto number = reply.as_integer();
    return number && *number >= 0 ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

}  // namespace

walk_outcome key_walk::run(int database, clock::time_point started,
                           const std::function<status(const walk_outcome&)>& told) {
    database_ = database;
    while (!out_.ended) {
        out_.spent = pace_.spent(clock::now() - started);
        if (out_.spent != net::budget::none) break;
        auto done = burst();
        if (done) done = told ? told(out_) : status{};
        if (done) done = runtime_.sleep_until(clock::now() + pace_.rest());
        if (done && clock::now() - looked_ >= between_pings) done = look_at_server();
        if (!done) {
            out_.ended = done.error();
        } else if (scanned_ && fresh_.empty() && typed_.empty()) {
            out_.whole = true;
            break;
        }
    }
    // What is known of these is true, if not all.
    for (const auto& one : typed_)
        hand_over(one);
    return std::move(out_);
}

status key_walk::burst() {
    questions_.clear();
    words_.clear();
    found_.clear();
    reply_bytes_ = 0;
    const std::size_t room = pace_.commands();
    plan_lengths(room);
    plan_facts(room - std::min(room, questions_.size()));
    plan_scan();
    const auto begun = clock::now();
    UNDERSTUDY_TRY(link_.pipeline(words_, soon(), [this](std::size_t index, resp::value&& reply) {
        return take(questions_[index], std::move(reply));
    }));
    pace_.burst(words_.size(), reply_bytes_, clock::now() - begun);
    finish_keys();
    return {};
}

void key_walk::ask(fact what, std::size_t of, net::command words) {
    questions_.push_back({what, of});
    words_.push_back(std::move(words));
}

// Each of the last so many: their order means nothing.
void key_walk::plan_lengths(std::size_t room) {
    typed_now_ = std::min(room, typed_.size());
    for (std::size_t i = typed_.size() - typed_now_; i < typed_.size(); ++i)
        ask(fact::length, i, {std::string(length_command(*typed_[i].type)), typed_[i].name});
}

void key_walk::plan_facts(std::size_t room) {
    const std::size_t a_key = can_.commands_a_key() - static_cast<std::size_t>(can_.lengths);
    const std::size_t least = questions_.empty() ? 1 : 0;
    fresh_now_ = std::min(fresh_.size(), std::max(least, room / a_key));
    for (std::size_t i = fresh_.size() - fresh_now_; i < fresh_.size(); ++i) {
        const auto& name = fresh_[i].name;
        ask(fact::type, i, {"TYPE", name});
        ask(fact::expiry, i, {can_.absolute_expiry ? "PEXPIRETIME" : "PTTL", name});
        if (can_.encoding) ask(fact::encoding, i, {"OBJECT", "ENCODING", name});
        if (can_.memory) ask(fact::memory, i, {"MEMORY", "USAGE", name});
        if (can_.idle) ask(fact::use, i, {"OBJECT", "IDLETIME", name});
        if (can_.frequency) ask(fact::use, i, {"OBJECT", "FREQ", name});
    }
}

// As many keys as the next burst can ask about.
void key_walk::plan_scan() {
    const std::size_t wanted = std::max(least_scanned, pace_.commands() / can_.commands_a_key());
    if (scanned_ || fresh_.size() - fresh_now_ >= wanted) return;
    ask(fact::scan, 0, {"SCAN", cursor_, "COUNT", std::to_string(wanted)});
}

status key_walk::take(const asked& question, resp::value&& reply) {
    reply_bytes_ += reply.text.size() + 8;
    if (question.what == fact::scan) return take_scan(reply);
    if (question.what == fact::length) {
        typed_[question.key].length = count_in(reply);
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
            const auto at = reply.as_integer().value_or(-1);
            of.gone = of.gone || at == -2;
            if (at >= 0) of.expires = can_.absolute_expiry ? at : at + milliseconds_of(now());
            break;
        }
        case fact::encoding:
            if (const auto name = reply.as_text()) of.stored = rdb::storage_of(*name);
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
    if (auto wrong = net::reply_error(reply, "SCAN")) return std::unexpected(*std::move(wrong));
    const auto cursor = reply.elements.size() == 2 ? reply.elements[0].as_text() : std::nullopt;
    if (!cursor) return fail(errc::protocol, "not what SCAN replies", link_.where());
    cursor_ = *cursor;
    scanned_ = cursor_ == "0";
    for (auto& name : reply.elements[1].elements) {
        reply_bytes_ += name.text.size() + 8;
        found_.push_back(std::move(name.text));
    }
    return {};
}

void key_walk::finish_keys() {
    for (std::size_t i = typed_.size() - typed_now_; i < typed_.size(); ++i)
        hand_over(typed_[i]);
    typed_.resize(typed_.size() - typed_now_);
    for (std::size_t i = fresh_.size() - fresh_now_; i < fresh_.size(); ++i) {
        auto& one = fresh_[i];
        if (one.refused)
            ++out_.refused;
        else if (one.gone)
            ++out_.vanished;
        else if (can_.lengths && one.type)
            typed_.push_back(std::move(one));
        else
            hand_over(one);
    }
    fresh_.resize(fresh_.size() - fresh_now_);
    for (auto& name : found_)
        fresh_.emplace_back().name = std::move(name);
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
    const auto begun = clock::now();
    UNDERSTUDY_TRY(link_.call({"PING"}, soon()));
    looked_ = clock::now();
    pace_.ping(looked_ - begun);
    if (!info_refused_ && looked_ - loaded_ >= between_loads) {
        loaded_ = looked_;
        const auto said = net::read_info(link_, soon());
        info_refused_ = !said;
        if (said) pace_.load(net::load_of(*said, looked_.time_since_epoch()));
    }
    return {};
}

}  // namespace understudy::snapshot
