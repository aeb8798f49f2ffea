// model/detail/json_values.h - each noun's fields, described once and used both to write and to read.
//
// guide   A noun has a function `fields(visitor, noun)` in one of detail/fields_*.h, which calls the visitor with name
//         and member for each field. field_writer and field_reader are the two visitors. A new field is one line there;
//         json_test fails until a sample has it. An empty optional is left out; everything else must be there.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/units.h"
#include "model/detail/json_reader.h"
#include "model/detail/json_writer.h"
#include "model/detail/secret_text.h"
#include "model/detail/words.h"
#include "stats/sketch.h"

namespace understudy::model::detail {

// The noun itself, or const.
template <class T, class Noun>
concept noun = std::same_as<std::remove_const_t<T>, Noun>;

template <class T>
concept scalar = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::same_as<T, std::string>;

class field_writer {
public:
    explicit field_writer(json_writer& out) : out_(&out) {}

    template <class T>
    void operator()(std::string_view name, const T& member) {
        out_->key(name);
        value(member);
    }
    template <class T>
    void operator()(std::string_view name, const std::optional<T>& member) {
        if constexpr (std::same_as<T, double>)
            if (member && !(*member - *member == 0)) return;  // not finite: as good as unknown
        if (member) (*this)(name, *member);
    }
    void operator()(std::string_view name, const secret_ref& member) {
        if (member.given()) (*this)(name, secret_text(member));
    }

private:
    void value(bool v) { out_->boolean(v); }
    void value(double v) { out_->number(v); }
    void value(const std::string& v) { out_->text(v); }
    void value(wall_time v) { out_->text(show(v)); }
    void value(std::chrono::milliseconds v) { out_->integer(std::chrono::nanoseconds(v).count()); }
    void value(const stats::histogram& v) {
        const auto extremes = v.extremes();
        out_->open_object();
        (*this)("count", v.count());
        (*this)("min_ns", extremes.min);
        (*this)("max_ns", extremes.max);
        (*this)("sum_ns", extremes.sum);
        (*this)("over", extremes.over);
        out_->key("buckets");
        pairs(v.buckets());
        out_->close_object();
    }
    void value(const stats::sketch& v) {
        out_->open_object();
        (*this)("count", v.count());
        (*this)("min", v.min().value_or(0));
        (*this)("max", v.max().value_or(0));
        (*this)("sum", v.sum());
        out_->key("buckets");
        pairs(v.buckets());
        out_->close_object();
    }
    // Flat, since there are hundreds of them.
    template <class Pairs>
    void pairs(const Pairs& all) {
        out_->open_flat_array();
        for (const auto& [bucket, times] : all) {
            out_->open_flat_array();
            out_->count(bucket);
            out_->count(times);
            out_->close_flat_array();
        }
        out_->close_flat_array();
    }
    template <std::integral T>
    void value(T v) {
        if constexpr (std::signed_integral<T>)
            out_->integer(v);
        else
            out_->count(v);
    }
    template <class E>
        requires std::is_enum_v<E>
    void value(E v) {
        out_->text(words_of<E>().at(static_cast<std::size_t>(v)));
    }
    template <scalar T>
    void value(const std::vector<T>& all) {
        out_->open_flat_array();
        for (const auto& one : all)
            value(one);
        out_->close_flat_array();
    }
    template <class T>
        requires(!scalar<T>)
    void value(const std::vector<T>& all) {
        out_->open_array();
        for (const auto& one : all)
            value(one);
        out_->close_array();
    }
    template <class T>
    void value(const std::map<std::string, T>& all) {
        out_->open_object();
        for (const auto& [name, one] : all)
            (*this)(name, one);
        out_->close_object();
    }
    void value(const std::map<std::uint64_t, std::uint64_t>& all) {
        out_->open_object();
        for (const auto& [number, times] : all)
            (*this)(std::to_string(number), times);
        out_->close_object();
    }
    template <class T>
        requires(std::is_class_v<T> && !std::same_as<T, change_step>)
    void value(const T& one) {
        out_->open_object();
        fields(*this, one);
        out_->close_object();
    }
    template <std::same_as<change_step> T>
    void value(const T& step) {
        out_->open_object();
        if (const auto* deploy = std::get_if<deploy_step>(&step)) (*this)("deploy", *deploy);
        if (const auto* setting = std::get_if<redis_config_step>(&step)) (*this)("redis_config", *setting);
        if (const auto* expire = std::get_if<expire_step>(&step)) (*this)("expire", *expire);
        if (const auto* command = std::get_if<command_step>(&step)) (*this)("command", *command);
        if (const auto* purge = std::get_if<purge_step>(&step)) (*this)("purge", *purge);
        if (const auto* all = std::get_if<settings_step>(&step)) (*this)("sync", *all);
        out_->close_object();
    }

    json_writer* out_;
};

// Puts right what the fields alone cannot say; overloaded beside `fields`.
template <class T>
void after_reading(json_reader&, T&) {}

class field_reader {
public:
    explicit field_reader(json_reader& in) : in_(&in) {}

    template <class T>
    void operator()(std::string_view name, T& member) {
        in_->member(name, [&] { value(member); });
    }
    template <class T>
    void operator()(std::string_view name, std::optional<T>& member) {
        if (in_->has(name)) (*this)(name, member.emplace());
    }
    void operator()(std::string_view name, secret_ref& member) {
        if (!in_->has(name)) return;
        in_->member(name, [&] {
            const auto text = in_->text();
            const auto secret = text ? parse_secret(*text) : std::nullopt;
            if (secret)
                member = *secret;
            else
                in_->refuse("expected the name of a secret");
        });
    }

private:
    void value(bool& v) { take(v, in_->boolean()); }
    void value(double& v) { take(v, in_->number()); }
    void value(std::string& v) { take(v, in_->text()); }
    void value(wall_time& v) {
        const auto text = in_->text();
        const auto time = text ? parse_time(*text) : std::nullopt;
        if (time)
            v = *time;
        else
            in_->refuse("expected a time (RFC 3339, UTC, milliseconds)");
    }
    void value(std::chrono::milliseconds& v) {
        const auto nanoseconds = in_->integer();
        if (nanoseconds)
            v = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(*nanoseconds));
    }
    void value(stats::histogram& v) {
        std::vector<stats::histogram::bucket_count> buckets;
        stats::histogram_extremes extremes;
        std::uint64_t count = 0;
        (*this)("count", count);
        (*this)("min_ns", extremes.min);
        (*this)("max_ns", extremes.max);
        (*this)("sum_ns", extremes.sum);
        (*this)("over", extremes.over);
        (*this)("buckets", buckets);
        auto read = stats::histogram::from_buckets(buckets, extremes);
        if (!read || read->count() != count)
            in_->refuse("the counts of this histogram do not fit together");
        else
            v = std::move(*read);
    }
    void value(stats::sketch& v) {
        std::vector<stats::sketch::bucket_count> buckets;
        std::uint64_t count = 0, min = 0, max = 0, sum = 0;
        (*this)("count", count);
        (*this)("min", min);
        (*this)("max", max);
        (*this)("sum", sum);
        (*this)("buckets", buckets);
        auto read = stats::sketch::from_buckets(buckets, min, max, sum);
        if (!read || read->count() != count)
            in_->refuse("the counts of this sketch do not fit together");
        else
            v = std::move(*read);
    }
    // A bucket and its count.
    template <std::unsigned_integral Bucket>
    void value(std::pair<Bucket, std::uint64_t>& pair) {
        std::vector<std::uint64_t> both;
        value(both);
        if (both.size() == 2 && std::in_range<Bucket>(both[0]))
            pair = {static_cast<Bucket>(both[0]), both[1]};
        else
            in_->refuse("expected a bucket and its count");
    }
    template <std::integral T>
    void value(T& v) {
        if constexpr (std::signed_integral<T>)
            take_integer(v, in_->integer());
        else
            take_integer(v, in_->count());
    }
    template <class E>
        requires std::is_enum_v<E>
    void value(E& v) {
        const auto text = in_->text();
        const auto found = text ? from_word<E>(*text) : std::nullopt;
        if (found)
            v = *found;
        else
            in_->refuse("this word is not known here");
    }
    template <class T>
    void value(std::vector<T>& all) {
        in_->each_element([&] { value(all.emplace_back()); });
    }
    template <class T>
    void value(std::map<std::string, T>& all) {
        in_->each_member([&](const std::string& key) { value(all[key]); });
    }
    void value(std::map<std::uint64_t, std::uint64_t>& all) {
        in_->each_member([&](const std::string& key) {
            std::uint64_t number = 0;
            const auto [end, code] = std::from_chars(key.data(), key.data() + key.size(), number);
            if (code == std::errc{} && end == key.data() + key.size())
                value(all[number]);
            else
                in_->refuse("expected a number as key");
        });
    }
    template <class T>
        requires(std::is_class_v<T> && !std::same_as<T, change_step>)
    void value(T& one) {
        fields(*this, one);
        after_reading(*in_, one);
    }
    template <std::same_as<change_step> T>
    void value(T& step) {
        int found = 0;
        const auto read_if = [&]<class S>(std::string_view name, std::in_place_type_t<S>) {
            if (!in_->has(name)) return;
            if (++found == 1) (*this)(name, step.template emplace<S>());
        };
        read_if("deploy", std::in_place_type<deploy_step>);
        read_if("redis_config", std::in_place_type<redis_config_step>);
        read_if("expire", std::in_place_type<expire_step>);
        read_if("command", std::in_place_type<command_step>);
        read_if("purge", std::in_place_type<purge_step>);
        read_if("sync", std::in_place_type<settings_step>);
        if (found != 1) in_->refuse("expected exactly one of deploy, redis_config, expire, command, purge and sync");
    }
    template <class T>
    static void take(T& into, std::optional<T> from) {
        if (from) into = std::move(*from);
    }
    template <class T, class From>
    void take_integer(T& into, std::optional<From> from) {
        if (!from) return;
        if (std::in_range<T>(*from))
            into = static_cast<T>(*from);
        else
            in_->refuse("this number is too large here");
    }

    json_reader* in_;
};

inline constexpr std::int64_t json_version = 1;

// {"format": "understudy/<noun>", "version": 1, ...}
template <class T>
[[nodiscard]] std::string write_document(std::string_view noun_name, const T& one,
                                         json_layout layout = json_layout::indented) {
    json_writer out(layout);
    out.open_object();
    field_writer write(out);
    write("format", "understudy/" + std::string(noun_name));
    write("version", json_version);
    fields(write, one);
    out.close_object();
    return out.take();
}

// The reader, once it is sure that this is such a document in a version that we know.
[[nodiscard]] result<json_reader> open_document(std::string_view noun_name, std::string_view text);

template <class T>
[[nodiscard]] result<T> read_document(std::string_view noun_name, std::string_view text) {
    UNDERSTUDY_LET(in, open_document(noun_name, text));
    T out;
    field_reader read(in);
    fields(read, out);
    after_reading(in, out);
    UNDERSTUDY_TRY(in.outcome());
    return out;
}

}  // namespace understudy::model::detail
