#include "rehearse/repository.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include <fmt/format.h>

#include "exec/command.h"

namespace understudy::rehearse {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{10};
constexpr std::size_t most_bytes = 8u << 20;  // of one answer

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

// What git said, fit for a sentence of ours.
std::string said(const std::string& output) {
    std::string out = first_line(output).substr(0, 200);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return out.empty() ? "nothing" : out;
}

// What git separates by zero bytes.
std::vector<std::string> parts_of(const std::string& output) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < output.size();) {
        const auto end = std::min(output.find('\0', at), output.size());
        out.push_back(output.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

// A name as git shows it where it holds bytes that are no printable ASCII: "w\303\274.py", with the marks.
std::string quoted(const std::string& name) {
    std::string out;
    bool plain = true;
    for (const char c : name) {
        const auto code = static_cast<unsigned char>(c);
        if (code < 0x20 || code > 0x7e)
            out += fmt::format("\\{:03o}", code);
        else if (c == '"' || c == '\\')
            out += {'\\', c};
        else
            out += c;
        plain = plain && code >= 0x20 && code <= 0x7e && c != '"' && c != '\\';
    }
    return plain ? out : "\"" + out + "\"";
}

bool is_hash(const std::string& text) {
    return text.size() >= 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// The names of all content filters: of "filter.NAME.clean" what stands between the first and the last dot.
std::set<std::string> filters_in(const std::string& names) {
    constexpr std::string_view section = "filter.";
    std::set<std::string> out;
    for (const auto& name : parts_of(names)) {
        const auto last = name.rfind('.');
        if (name.starts_with(section) && last > section.size())
            out.insert(name.substr(section.size(), last - section.size()));
    }
    return out;
}

class repository {
public:
    explicit repository(const fs::path& folder) : folder_(folder) {}

    // Looks which programs its settings name as content filters, and switches these off for every later question.
    bool open() {
        settings_.clear();
        settings_.emplace_back(probe, "1");
        const auto names = ask({"config", "--null", "--name-only", "--list"});
        if (!names) return false;
        const auto all = parts_of(*names);
        if (std::ranges::find(all, probe) == all.end()) {
            why_ = "this git is too old to be told which programs not to run; 2.31 is new enough";
            return false;
        }
        const auto filters = filters_in(*names);
        if (filters.size() > most_filters) {
            why_ = "its settings name too many content filters";
            return false;
        }
        settings_.clear();
        for (const auto& name : filters) {
            for (const auto* kind : {"clean", "smudge", "process"})
                settings_.emplace_back(fmt::format("filter.{}.{}", name, kind), "");
            settings_.emplace_back(fmt::format("filter.{}.required", name), "false");
        }
        return true;
    }

    // What git printed to a question that was answered, its warnings left out; else the reason stands in why().
    std::optional<std::string> ask(std::vector<std::string> words) {
        exec::command_line line;
        line.argv = {"git", "--no-pager",
                     "-C",  folder_.string(),
                     "-c",  "core.fsmonitor=false",
                     "-c",  "core.untrackedCache=false",
                     "-c",  "core.hooksPath=/dev/null"};
        line.argv.insert(line.argv.end(), words.begin(), words.end());
        line.environment = variables();
        line.timeout = patience;
        exec::run_options options;
        options.errors_apart = true;
        options.most_output = most_bytes;
        const auto done = exec::run(line, [](const exec::group_id&) -> status { return {}; }, options);
        if (done && done->exit_code == 0 && !done->timed_out && !done->cut) return done->output;
        why_ = done                                        ? why_not(*done)
               : done.error().code == errc::command_failed ? "git is not to be had here"
                                                           : done.error().what;
        return std::nullopt;
    }
    [[nodiscard]] const std::string& why() const { return why_; }

private:
    static constexpr std::string_view probe = "understudy.asks";  // comes back from a git that takes our settings
    static constexpr std::size_t most_filters = 200;

    // What a partial clone lacks is not fetched; by any protocol, for older ones do not know the first of the two.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> variables() const {
        std::vector<std::pair<std::string, std::string>> out{{"LC_ALL", "C"},
                                                             {"GIT_OPTIONAL_LOCKS", "0"},
                                                             {"GIT_TERMINAL_PROMPT", "0"},
                                                             {"GIT_NO_LAZY_FETCH", "1"},
                                                             {"GIT_ALLOW_PROTOCOL", "none"}};
        for (const char* name : {"PATH", "HOME", "XDG_CONFIG_HOME"})
            if (const char* value = std::getenv(name)) out.emplace_back(name, value);
        // Not "-c": a name of a filter may hold a "=".
        out.emplace_back("GIT_CONFIG_COUNT", std::to_string(settings_.size()));
        for (std::size_t i = 0; i < settings_.size(); ++i) {
            out.emplace_back(fmt::format("GIT_CONFIG_KEY_{}", i), settings_[i].first);
            out.emplace_back(fmt::format("GIT_CONFIG_VALUE_{}", i), settings_[i].second);
        }
        return out;
    }

    static std::string why_not(const exec::outcome& done) {
        if (done.timed_out) return fmt::format("git took longer than {} s", patience.count());
        if (done.cut) return "git told more than is read";
        if (done.errors.find("not a git repository") != std::string::npos)
            return "the change file lies in no git repository";
        if (done.errors.find("dubious ownership") != std::string::npos)
            return "the repository is another user's, and git's safe.directory does not name it";
        return "git says: " + said(done.errors);
    }

    fs::path folder_;
    std::vector<std::pair<std::string, std::string>> settings_;
    std::string why_;
};

bool lies_in(const fs::path& path, const fs::path& folder) {
    const auto relative = path.lexically_relative(folder);
    return !relative.empty() && *relative.begin() != ".." && relative != ".";
}

// Entries of changed, unmerged and untracked files (git-status(1), porcelain format version 2).
bool tells_of_a_change(const std::string& status) {
    return std::ranges::any_of(parts_of(status), [](const auto& entry) {
        return entry.size() > 2 && entry[1] == ' ' && std::string_view("12u?").find(entry[0]) != std::string_view::npos;
    });
}

// Where the branch left origin/HEAD; on that branch itself, or without one, the commit before; of a first commit the
// empty tree.
std::string base_of(repository& git, const std::string& commit) {
    const auto hash_of = [](const std::optional<std::string>& said) {
        return said ? first_line(*said) : std::string();
    };
    if (const auto fork = hash_of(git.ask({"merge-base", "HEAD", "refs/remotes/origin/HEAD"}));
        is_hash(fork) && fork != commit)
        return fork;
    if (const auto parent = hash_of(git.ask({"rev-parse", "--verify", "--quiet", "HEAD^1"})); is_hash(parent))
        return parent;
    const auto empty = hash_of(git.ask({"hash-object", "--no-filters", "-t", "tree", "/dev/null"}));
    return is_hash(empty) ? empty : std::string();
}

void read_files(repository& git, const std::string& base, const std::vector<std::string>& where,
                model::git_state& out) {
    std::vector<std::string> words{"diff",
                                   "--no-ext-diff",
                                   "--no-textconv",
                                   "--no-renames",
                                   "--no-relative",
                                   "-O/dev/null",
                                   "--ignore-submodules=dirty",
                                   "--name-only",
                                   "-z",
                                   base};
    words.insert(words.end(), where.begin(), where.end());
    const auto names = git.ask(words);
    if (!names) return;
    out.compared_with = base;
    for (const auto& name : parts_of(*names)) {
        if (out.files.size() < model::git_state::most_files)
            out.files.push_back(quoted(name));
        else
            ++out.more_files;
    }
}

}  // namespace

model::git_state look_at_repository(const fs::path& folder, const fs::path& ours) {
    model::git_state out;
    repository git(folder);
    const auto top = git.open() ? git.ask({"rev-parse", "--show-toplevel"}) : std::nullopt;
    if (!top) {
        out.unknown = git.why();
        return out;
    }
    const auto commit = git.ask({"rev-parse", "--verify", "--quiet", "HEAD"});
    const auto hash = commit ? first_line(*commit) : std::string();
    if (!is_hash(hash)) {
        out.unknown = "the repository has no commit yet";
        return out;
    }
    out.commit = hash;
    if (const auto branch = git.ask({"symbolic-ref", "--quiet", "--short", "HEAD"})) out.branch = first_line(*branch);
    std::vector<std::string> where;
    std::error_code wrong;
    const auto own = fs::weakly_canonical(ours, wrong);
    const fs::path root = top->substr(0, top->rfind('\n'));
    if (!wrong && lies_in(own, root))
        where = {"--", ":(top)", ":(top,exclude,literal)" + own.lexically_relative(root).string()};
    std::vector<std::string> words{"status",       "--porcelain=v2",           "-z", "--untracked-files=normal",
                                   "--no-renames", "--ignore-submodules=dirty"};
    words.insert(words.end(), where.begin(), where.end());
    if (const auto status = git.ask(words))
        out.clean = !tells_of_a_change(*status);
    else
        out.unknown = git.why();
    if (const auto base = base_of(git, out.commit); !base.empty()) read_files(git, base, where, out);
    return out;
}

}  // namespace understudy::rehearse
