#include "report/html.h"

#include <fmt/format.h>

#include "base/units.h"
#include "model/json.h"
#include "report/detail/html_parts.h"

namespace understudy::report {

std::string html(const model::evidence& of) {
    using namespace detail;
    std::string out = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        // Nothing is fetched and nothing runs, also if an escape were ever forgotten.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<title>{}: {}</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        escaped(of.change.name), model::word(of.comparison.verdict), html_style);
    out += fmt::format("<header><p class=\"kicker\">Rehearsal of <b>{}</b> on {}</p>\n", escaped(of.change.name),
                       escaped(of.environment));
    write_verdict(out, of);
    out += "</header>\n<main>\n";
    write_expectations(out, of);
    write_rows(out, of);
    write_noise(out, of);
    write_controls(out, of);
    write_disturbances(out, of);
    write_leaks(out, of);
    write_drift(out, of);
    write_workload(out, of);
    write_change(out, of);
    write_proof(out, of);
    write_commands(out, of);
    write_conditions(out, of);
    out +=
        fmt::format("</main>\n<footer><p>Evidence {} \u00B7 understudy {} \u00B7 {}</p></footer>\n</body>\n</html>\n",
                    escaped(of.id), escaped(of.version), show(of.ended));
    return out;
}

}  // namespace understudy::report
