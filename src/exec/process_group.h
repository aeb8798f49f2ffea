// exec/process_group.h - telling, after a crash, whether the command that ran then still runs, and ending it.
//
// A group is named by its number and by when its leader began, as the journal keeps it. What can be known:
// - After a restart of the machine every group of before is gone: `started` holds a mark of the boot.
// - While a process or a group has a number, Linux gives that number to no other. So if a process with the leader's
//   number began at another time, the whole group is gone and the number belongs to a stranger.
// - If the leader is gone, its group lives as long as a process has that group number. Members that began before the
//   leader cannot be ours. One case cannot be told apart: our group died, a stranger got the number, led a group of its
//   own and died while its children live. It takes a wrapped pid counter and an orphaned group; is_alive then says yes.
// - A process that left the group (setsid, as daemons do) is no longer of it, and is not ended.
// Zombies do not count as living. Reads /proc of this process's pid namespace.
#pragma once

#include <chrono>
#include <cstdint>

#include <sys/types.h>

#include "base/error.h"

namespace understudy::exec {

struct group_id {
    pid_t pgid = 0;
    std::uint64_t started = 0;  // leader's start in clock ticks since boot, and 17 bits of the boot id above 2^36

    bool operator==(const group_id&) const = default;
};

// The id of the group led by a living process. errc::io where /proc does not tell.
[[nodiscard]] result<group_id> group_of(pid_t leader);

// Cost: one read for each process of the machine once the leader is gone.
[[nodiscard]] bool is_alive(const group_id& group);

// Waits until the group is gone; false if it is alive after `patience`. Ctrl-C: errc::interrupted.
[[nodiscard]] result<bool> wait_until_gone(const group_id& group, std::chrono::milliseconds patience);

// SIGTERM to the group, SIGKILL to what is left of it after `grace`, and waits. Nothing to do is success. Another
// user's processes: errc::no_permission; one that the kernel does not let die: errc::command_timed_out. Not ended by
// Ctrl-C: it is bounded by `grace` and two seconds more.
[[nodiscard]] status end_group(const group_id& group, std::chrono::milliseconds grace);

}  // namespace understudy::exec
