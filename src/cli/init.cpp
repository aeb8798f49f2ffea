// `init`: asks both environments what they are, finds routes, writes an understudy.toml that our own reader has read.
//
// Nothing is written before everything has been asked, and nothing is concluded that is not told with its reason:
// what is sure is TOML, what would be a guess is a comment.
#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/init_answers.h"
#include "cli/init_survey.h"
#include "cli/instrument.h"
#include "cli/terminal.h"
#include "model/project_file.h"
#include "store/file.h"

namespace understudy::cli {

namespace {

namespace fs = std::filesystem;

std::string path_of(const options& given) {
    return given.config.empty() ? "understudy.toml" : given.config;
}

// Asked before anything else is: who has answered every question should not hear of the folder then.
status may_write(const options& given) {
    if (given.init.print) return {};
    std::error_code wrong;
    const fs::path path = path_of(given);
    const auto folder = store::folder_of(path);
    if (access(folder.c_str(), W_OK | X_OK) != 0)
        return std::unexpected(store::file_error(errno, "write into the folder", folder));
    if (fs::is_directory(path, wrong)) return fail(errc::usage, "this is a folder, expected a file", path.string());
    if (given.init.force || !fs::exists(fs::symlink_status(path, wrong))) return {};
    return fail(errc::usage, "there is one already; --force replaces it, --print shows what would be written",
                path.string());
}

// The text as our own reader takes it. Its errors are about answers that were given, and no file is there yet.
result<model::project> read_back(const std::string& text, const options& given) {
    std::error_code wrong;
    const auto path = fs::absolute(path_of(given), wrong).lexically_normal().string();
    auto project = model::read_project(text, path);
    if (!project) project.error().where = "understudy.toml as it would be written";
    return project;
}

discover::log_time log_time_of(const std::string& unit) {
    return unit == "s"    ? discover::log_time::seconds
           : unit == "ms" ? discover::log_time::milliseconds
           : unit == "us" ? discover::log_time::microseconds
                          : discover::log_time::by_look;
}

std::string log_source(const std::string& path, const discover::log_counts& counts) {
    std::string out = fmt::format("From {} of {} lines of the access log {}: GETs that were answered with 2xx, ",
                                  counts.taken, counts.lines, path == "-" ? "on standard input" : path);
    out += counts.timed > 0 ? "those that cost most time first" : "the most frequent first (it tells no times)";
    return out +
           (counts.unreadable > 0 ? fmt::format("; {} lines were none of an access log.", counts.unreadable) : ".");
}

// What every source of routes gives, mined together.
result<discover::found_routes> find_routes(const options& given, survey* asked, std::vector<std::string>& sources,
                                           progress& shown) {
    const auto& init = given.init;
    discover::route_miner miner;
    const bool from_files = !init.access_log.empty() || !init.routes.empty();
    if (!init.access_log.empty()) {
        UNDERSTUDY_LET(counts, read_access_log(init.access_log, log_time_of(init.log_time), miner, shown));
        sources.push_back(log_source(init.access_log, counts));
    }
    if (!init.routes.empty()) {
        UNDERSTUDY_LET(lines, read_route_list(init.routes, miner));
        sources.push_back(fmt::format("From {} lines of {}.", lines, init.routes));
    }
    if (asked && (!from_files || !init.sitemap.empty()))
        UNDERSTUDY_TRY(asked->read_sitemaps(init.sitemap, miner, sources));
    auto found = std::move(miner).finish();
    for (std::size_t i = 0; i < discover::left_out_kinds; ++i)
        if (const auto why = static_cast<discover::left_out>(i); found.without(why) > 0)
            sources.push_back(fmt::format("Left out: {} with {}.", found.without(why), discover::name_of(why)));
    return found;
}

std::string count_of(const discover::found_route& one) {
    if (one.timed > 0)
        return fmt::format("{} requests, {:.3f} s on average.", one.requests,
                           one.seconds / static_cast<double>(one.timed));
    return one.requests == 1 ? "" : fmt::format("Seen {} times.", one.requests);
}

// The first routes of the list that staging answers; those that it does not are told of in comments.
status choose_routes(discover::found_routes& found, const options& given, survey* asked, discover::project_parts& parts,
                     progress& shown) {
    const auto most = static_cast<std::size_t>(given.init.most);
    std::vector<std::string> names;
    for (auto& route : found.routes) {
        if (parts.routes.size() >= most || parts.routes.size() + parts.aside.size() >= 3 * most) break;
        const auto name = discover::route_name(route.path, names);
        names.push_back(name);
        shown.show("asking staging for the routes", parts.routes.size(), std::min(most, found.routes.size()));
        const auto note = count_of(route);
        checked_route checked{{name, route.path, route.inputs, ""}, !route.inputs.empty()};
        if (asked) {
            UNDERSTUDY_LET(seen, asked->check(std::move(route), name));
            checked = std::move(seen);
        } else if (!checked.answers) {
            checked.part.note = "Its values may name people, so none is copied: give one that may be known.";
        }
        if (checked.answers) checked.part.note = note;
        (checked.answers ? parts.routes : parts.aside).push_back(std::move(checked.part));
    }
    if (found.routes.size() > parts.routes.size() + parts.aside.size())
        parts.sources.push_back(fmt::format("{} more were found; --most writes more of them.",
                                            found.routes.size() - parts.routes.size() - parts.aside.size()));
    parts.queries = std::move(found.queries);
    return {};
}

// A configuration without a route measures nothing: the front page is one, whatever was found.
status add_front_page(survey* asked, discover::project_parts& parts) {
    const auto is_front = [](const discover::route_part& one) { return one.path == "/"; };
    if (std::ranges::any_of(parts.routes, is_front) || std::ranges::any_of(parts.aside, is_front)) return {};
    std::vector<std::string> names;
    for (const auto* list : {&parts.routes, &parts.aside})
        for (const auto& one : *list)
            names.push_back(one.name);
    const auto name = discover::route_name("/", names);
    discover::found_route front;
    front.path = "/";
    front.inputs.emplace_back();
    checked_route checked{{name, "/", front.inputs, ""}, true};
    if (asked) {
        UNDERSTUDY_LET(seen, asked->check(front, name));
        checked = std::move(seen);
    }
    (checked.answers ? parts.routes : parts.aside).push_back(std::move(checked.part));
    return {};
}

status look_closer(survey& asked, discover::project_parts& parts) {
    UNDERSTUDY_LET(anything, asked.answers_anything());
    if (anything)
        parts.sources.emplace_back(
            "Staging answers 2xx also to a page that cannot be there: whether these exist could not be told, and "
            "error rates may miss what is missing.");
    UNDERSTUDY_LET(login, asked.find_login());
    parts.login = login;
    parts.frameworks = asked.frameworks();
    return {};
}

std::string summary(const discover::project_parts& parts, const options& given, bool coloured) {
    std::string out = fmt::format("{} {}: {} environments, {} routes\n\n", given.init.print ? "not written:" : "wrote",
                                  path_of(given), parts.environments.size(), parts.routes.size());
    table page({"", ""});
    for (const auto& one : parts.environments) {
        page.row({one.name, one.url});
        for (const auto& note : one.notes)
            page.row({"", note}, tone::dim);
        if (one.basic) page.row({"", "It asks for HTTP basic: fill in `basic`."}, tone::warn);
    }
    for (const auto& guess : parts.frameworks) {
        page.row({"framework", fmt::format("{} {}", discover::name_of(guess.how), discover::name_of(guess.which))});
        page.row({"", discover::reasons_of(guess)}, tone::dim);
    }
    if (parts.frameworks.empty() && !given.init.offline) page.row({"framework", "could not be told"}, tone::warn);
    for (const auto& one : parts.routes)
        page.row({"route", one.path});
    for (const auto& one : parts.aside) {
        page.row({"comment", one.path}, tone::warn);
        page.row({"", one.note}, tone::dim);
    }
    out += page.text(coloured);
    for (const auto& source : parts.sources)
        out += source + "\n";
    return out;
}

std::string next_steps(const discover::project_parts& parts) {
    std::string out = "\nNext: understudy doctor says what is still missing, understudy measure staging measures.\n";
    for (const auto& guess : parts.frameworks)
        if (const auto word = discover::instrument_of(guess.which);
            !word.empty() && guess.how != discover::sureness::perhaps)
            return out + fmt::format("understudy init --instrument {} prints what reports database calls.\n", word);
    return out;
}

result<int> write_project(const discover::project_parts& parts, const options& given) {
    const auto text = discover::project_text(parts);
    UNDERSTUDY_LET(project, read_back(text, given));
    if (project.routes.size() != parts.routes.size() || project.environments.size() != parts.environments.size())
        return fail(errc::internal, "what would be written is not read back as it was meant; nothing was written");
    if (given.init.print) {
        print(text);
        if (!given.quiet) {
            const auto told = summary(parts, given, stderr_is_coloured());
            (void)std::fwrite(told.data(), 1, told.size(), stderr);
        }
        return 0;
    }
    UNDERSTUDY_TRY(may_write(given));
    UNDERSTUDY_TRY(store::write_file(path_of(given), text));
    print(summary(parts, given, stdout_is_coloured()) + next_steps(parts));
    return 0;
}

}  // namespace

result<int> run_init(const options& given) {
    if (!given.init.instrument.empty()) {
        print(instrument_text(given.init.instrument));
        return 0;
    }
    UNDERSTUDY_TRY(may_write(given));
    UNDERSTUDY_LET(answers, init_answers_of(given));
    discover::project_parts parts;
    parts.environments = {answers.production, answers.staging};
    UNDERSTUDY_LET(draft, read_back(discover::project_text(parts), given));
    net::runtime runtime;
    progress shown(given.quiet, given.log);
    survey asking(runtime, draft, shown);
    survey* asked = given.init.offline ? nullptr : &asking;
    if (asked) UNDERSTUDY_TRY(asked->reach(parts));
    UNDERSTUDY_LET(found, find_routes(given, asked, parts.sources, shown));
    UNDERSTUDY_TRY(choose_routes(found, given, asked, parts, shown));
    UNDERSTUDY_TRY(add_front_page(asked, parts));
    if (asked) UNDERSTUDY_TRY(look_closer(*asked, parts));
    shown.clear();
    return write_project(parts, given);
}

}  // namespace understudy::cli
