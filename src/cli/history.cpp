#include "store/history.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "model/json.h"
#include "report/text.h"

namespace understudy::cli {

result<int> run_history(const options& given) {
    UNDERSTUDY_LET(state, store::open_state_folder());
    UNDERSTUDY_LET(history, store::history::open(state));
    if (!history.set_aside().empty())
        complain({errc::bad_file, "the history was damaged and is begun anew; what it was is in this file",
                  history.set_aside().string(), true});
    UNDERSTUDY_LET(entries, history.list({static_cast<std::size_t>(given.limit), given.change}));
    if (given.json) {
        print(model::to_json(entries));
        return 0;
    }
    if (entries.empty() && !given.change.empty()) {
        UNDERSTUDY_LET(any, history.list({1, {}}));
        if (!any.empty()) {
            print(fmt::format("no change of the name {} was rehearsed here\n", given.change.substr(0, 64)));
            return 0;
        }
    }
    report::text_options look;
    look.colour = stdout_is_coloured();
    look.width = stdout_columns();
    print(report::text(entries, look));
    return 0;
}

}  // namespace understudy::cli
