#include "model/schema.h"

#include "cli/commands.h"
#include "cli/terminal.h"

namespace understudy::cli {

result<int> run_schema(const options& given) {
    print(given.noun == "project" ? model::project_schema() : model::change_schema());
    return 0;
}

}  // namespace understudy::cli
