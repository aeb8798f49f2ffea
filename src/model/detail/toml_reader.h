// model/detail/toml_reader.h - typed reading of a TOML table that says exactly what is wrong with it.
//
// design  Reading goes on after an error, so that the code that reads stays straight; what a wrong value leaves behind
//         is a default. The report keeps one error: the one that stands first in the file. Checks that look from one
//         table to another are only made while the report is clean. A table knows which keys were asked for: finish()
//         reports the others as unknown with the nearest known key, and only then the required ones that are missing,
//         since a missing key is most often a mistyped one.
// why     Values stand in no error, names do: of keys, tables, routes, commands. A password can be a value only.
//
// Views do not own the tree; it must outlive them. Not thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "model/detail/toml_tree.h"

namespace understudy::model::detail {

template <class T>
struct located {
    T value;
    toml_place at;
};
using located_text = located<std::string>;

class toml_report {
public:
    explicit toml_report(std::string path) : path_(std::move(path)) {}

    void add(errc code, toml_place at, std::string what);
    [[nodiscard]] bool clean() const { return !first_; }
    [[nodiscard]] status outcome() const;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    struct entry {
        errc code;
        toml_place at;
        std::string what;
    };
    std::string path_;
    std::optional<entry> first_;
};

// One line: no control characters, at most 4 KB. Several lines: line ends and tabs too, at most 64 KB.
enum class text_form : std::uint8_t { one_line, lines };

class toml_table {
public:
    // `node` holds a table. `name` as it is written between brackets; empty for the whole file.
    toml_table(const toml_node& node, std::string name, toml_place at, toml_report& report);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] toml_place place() const { return at_; }
    [[nodiscard]] toml_report& report() const { return *report_; }
    [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
    [[nodiscard]] toml_place place_of(std::string_view key) const;       // of the key, or of the table without it
    [[nodiscard]] std::string_view kind_of(std::string_view key) const;  // "a table"; "" without the key
    // All keys, in the order of the file; counts as having asked for each of them.
    [[nodiscard]] std::vector<located_text> keys();

    // Empty where the key is absent or wrong; the latter is reported.
    [[nodiscard]] std::optional<located_text> text(std::string_view key, text_form form = text_form::one_line);
    [[nodiscard]] std::optional<located<std::int64_t>> integer(std::string_view key, std::int64_t low,
                                                               std::int64_t high);
    [[nodiscard]] std::optional<located<double>> number(std::string_view key, double low, double high);
    [[nodiscard]] std::optional<located<bool>> boolean(std::string_view key);
    [[nodiscard]] std::optional<toml_table> table(std::string_view key);
    [[nodiscard]] std::vector<located_text> texts(std::string_view key);
    [[nodiscard]] std::vector<toml_table> tables(std::string_view key);  // an array of tables
    // One of the words; its index.
    [[nodiscard]] std::optional<std::size_t> one_of(std::string_view key, const std::vector<std::string>& words);
    // A table whose values are texts.
    [[nodiscard]] std::map<std::string, located_text> text_map(std::string_view key);

    // Text that must be there and not be empty. Empty after an error.
    [[nodiscard]] located_text needed_text(std::string_view key, text_form form = text_form::one_line);
    // Notes that the key must be there; whether it is.
    bool need(std::string_view key);

    void refuse(errc code, std::string_view key, std::string what);
    void finish();

private:
    [[nodiscard]] const toml_member* find(std::string_view key) const;
    const toml_node* ask(std::string_view key);
    void wrong_type(std::string_view key, const toml_node& found, std::string_view expected);
    [[nodiscard]] bool good_text(const std::string& text, toml_place at, std::string_view key, text_form form);
    [[nodiscard]] std::string child_name(std::string_view key) const;
    [[nodiscard]] std::string title() const;

    const toml_members* members_;
    std::string name_;
    toml_place at_;
    toml_report* report_;
    std::vector<std::string> asked_, missing_;
};

// Letters, digits, "_" and "-", at most 64, not opening with "-": names of environments, routes, commands, identities.
[[nodiscard]] bool good_name(std::string_view name);
// Reports it where it is not.
void check_name(const located_text& name, std::string_view of, toml_report& report);

}  // namespace understudy::model::detail
