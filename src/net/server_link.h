// net/server_link.h - what every link that writes to one server does alike: it asks whether a command is allowed, then
// sends it. What is allowed is the matter of the types made of it: writable_link and production_write_link.
//
// Thread rule: that of its runtime. Movable. Closes its connection when it goes.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/server_info.h"
#include "net/write_link.h"
#include "resp/value.h"

namespace understudy::net {

namespace detail {
class redis_connection;
}

class server_link : public write_link {
public:
    ~server_link() override;

    // What allowed() refuses is an error before a byte is sent; of a pipeline, before its first command is. After
    // timed_out, interrupted or connection_lost it is not known whether a write took place; nothing is sent again by
    // itself.
    [[nodiscard]] result<resp::value> call(const command& words, deadline until) override;
    [[nodiscard]] result<std::vector<resp::value>> pipeline(std::span<const command> commands, deadline until) override;
    // The same, each reply shown as it arrives.
    [[nodiscard]] status pipeline(std::span<const command> commands, deadline until, const reply_sink& take);

    [[nodiscard]] const server_facts& facts() const noexcept override { return facts_; }
    [[nodiscard]] bool alive() const noexcept override;
    [[nodiscard]] const std::string& where() const noexcept override;
    [[nodiscard]] const server_address& address() const noexcept override;
    [[nodiscard]] std::span<write_link* const> primaries() noexcept override {
        self_ = this;
        return {&self_, 1};
    }
    [[nodiscard]] std::size_t owner_of(std::string_view /*key*/) const noexcept override { return 0; }
    [[nodiscard]] const topology* shape() const noexcept override { return nullptr; }
    [[nodiscard]] status look_again(deadline /*until*/) override { return {}; }

protected:
    server_link(std::unique_ptr<detail::redis_connection> connection, server_facts facts);
    server_link(server_link&&) noexcept;
    server_link& operator=(server_link&&) noexcept;

private:
    [[nodiscard]] status all_allowed(std::span<const command> commands) const;

    std::unique_ptr<detail::redis_connection> connection_;
    server_facts facts_;
    write_link* self_ = nullptr;  // what primaries() shows
};

}  // namespace understudy::net
