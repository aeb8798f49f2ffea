#include "cli/run.h"

int main(int argc, char** argv) {
    return understudy::cli::run(argc, argv);
}
