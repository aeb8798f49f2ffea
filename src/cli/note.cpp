#include "report/note.h"

#include "cli/commands.h"
#include "cli/terminal.h"

namespace understudy::cli {

result<int> run_note(const options& given) {
    UNDERSTUDY_LET(evidence, load_evidence(given));
    print(report::closing_note(evidence));
    return 0;
}

}  // namespace understudy::cli
