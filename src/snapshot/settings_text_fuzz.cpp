#include <cstdint>
#include <cstdlib>

#include "snapshot/parameter_file.h"
#include "snapshot/settings_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const understudy::snapshot::settings_text_limits limits{64, 50, 100};
    const auto read = understudy::snapshot::settings_in(text, limits);
    if (read.size() > limits.settings) std::abort();
    for (const auto& [name, value] : read)
        if (name.empty() || name.size() > limits.name + 8 || value.size() > limits.value) std::abort();
    if (const auto parameters = understudy::snapshot::parameters_in(text); parameters && parameters->empty())
        std::abort();
    return 0;
}
