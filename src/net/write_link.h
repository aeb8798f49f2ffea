// net/write_link.h - what a link that writes can do, whichever server it was opened for.
//
// Two types are one: writable_link, for staging and scratch, and production_write_link, for the commands of one plan.
// Code that changes keys or settings takes this; what may be sent is still decided by the type behind it.
//
// Thread rule: that of its runtime.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"
#include "net/server_info.h"
#include "resp/value.h"

namespace understudy::net {

class write_link {
public:
    virtual ~write_link() = default;

    // Errors: those of the link behind it.
    [[nodiscard]] virtual result<resp::value> call(const command& words, deadline until) = 0;
    [[nodiscard]] virtual result<std::vector<resp::value>> pipeline(std::span<const command> commands,
                                                                    deadline until) = 0;
    // What INFO said on open.
    [[nodiscard]] virtual const server_facts& facts() const noexcept = 0;
    [[nodiscard]] virtual bool alive() const noexcept = 0;
    [[nodiscard]] virtual const std::string& where() const noexcept = 0;

protected:
    write_link() = default;
    write_link(write_link&&) noexcept = default;
    write_link& operator=(write_link&&) noexcept = default;
};

}  // namespace understudy::net
