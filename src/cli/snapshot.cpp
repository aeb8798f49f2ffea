#include <fmt/format.h>

#include "base/interrupt.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "model/profile.h"
#include "report/profile.h"
#include "snapshot/rdb_profile.h"
#include "store/file.h"
#include "store/rdb_source.h"

namespace understudy::cli {

result<int> run_snapshot(const options& given) {
    UNDERSTUDY_LET(source, store::rdb_source::open(given.rdb));
    progress shown(given.quiet, given.log);
    snapshot::rdb_options how;
    how.progress = [&](std::uint64_t keys) -> status {
        shown.show(fmt::format("reading {}: {} keys", given.rdb, keys), 0, 0);
        if (interrupt_signal() != 0) return fail(errc::interrupted, "interrupted", given.rdb, true);
        return {};
    };
    auto seen = snapshot::profile_of_rdb(source, how);
    shown.clear();
    if (!seen) return pass(std::move(seen));
    seen->profile.environment = source.name();
    if (!given.output.empty()) UNDERSTUDY_TRY(store::write_file(given.output, model::to_json(seen->profile)));
    if (given.json) {
        print(model::to_json(seen->profile));
    } else {
        report::profile_text_options look;
        look.look.colour = stdout_is_coloured();
        look.look.width = stdout_columns();
        if (given.all) look.families = 0;
        print(report::text(seen->profile, look));
    }
    if (seen->ended) return std::unexpected(*std::move(seen->ended));
    return static_cast<int>(exit_code::ok);
}

}  // namespace understudy::cli
