// apply/lease.h - one rehearsal per staging at a time: a lock on this machine, a key on the server for all others.
//
// The key expires by itself, so that a machine that dies does not lock staging for ever; it is renewed at each step of
// a rehearsal. A holder on this machine whose process is gone is no holder. On a Redis Cluster the key lies on the
// primary of its slot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "net/write_link.h"
#include "store/file_lock.h"
#include "store/state_folder.h"

namespace understudy::apply {

class lease {
public:
    // Where it is held. Production gets no key of ours: there it is this machine's alone.
    enum class held : std::uint8_t { here_and_there, here };

    // errc::locked names who holds it: "rehearsal 20261123T…-ab12 (pid 123 of user x on host y, since …)". Of two that
    // find the same dead holder one gets it.
    [[nodiscard]] static result<lease> take(net::write_link& link, const store::state_folder& state,
                                            const std::string& id, held where = held::here_and_there);
    // Makes it last `span` from now. errc::disturbed where the key is gone or another's: somebody flushed the server.
    [[nodiscard]] status renew(net::write_link& link, std::chrono::milliseconds span) const;
    // Removes the key if it is still ours. The lock goes with the object.
    [[nodiscard]] status release(net::write_link& link) const;
    // Puts the key back after it was lost, for what is still to be done.
    [[nodiscard]] status claim_again(net::write_link& whole, std::chrono::milliseconds span) const;

private:
    // Sends `words` in one transaction with the look whether the key is ours; false where it is not.
    [[nodiscard]] result<bool> while_ours(net::write_link& whole, const net::command& words) const;

    lease(store::file_lock lock, std::string holder) : lock_(std::move(lock)), holder_(std::move(holder)) {}
    store::file_lock lock_;
    std::string holder_;  // the key's value; empty: there is no key
};

}  // namespace understudy::apply
