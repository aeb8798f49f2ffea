"""A Redis Cluster on this machine: three primaries, and a replica of each where asked for. Every node is an ordinary
redis-server on 127.0.0.1 with two free ports (its own and the bus's), a folder of its own and a pid file in it, so that
another process can end it.

    nodes = redis_cluster.start(folder, password)     # seconds: a new primary serves nobody for its first two
    redis_cluster.stop(folder)
"""
import os
import pathlib
import signal
import socket
import subprocess
import time

import redis

SLOTS = 16384
NODE_TIMEOUT_MS = 2000
START_SECONDS = 30
STOP_SECONDS = 5

CONFIGURATION = """bind 127.0.0.1
port {port}
dir {folder}
save ""
appendonly no
daemonize yes
pidfile {folder}/redis.pid
logfile {folder}/redis.log
aclfile {folder}/users.acl
masterauth {password}
repl-diskless-sync-delay 0
cluster-enabled yes
cluster-config-file {folder}/nodes.conf
cluster-node-timeout {node_timeout_ms}
cluster-port {bus_port}
cluster-announce-ip 127.0.0.1
cluster-require-full-coverage no
{more}
"""


class ClusterError(Exception):
    """Told to the user as it is."""


class Node:
    """One server of the cluster, and a client that has all rights on it."""

    def __init__(self, folder, port, password):
        self.folder, self.port = folder, port
        self.client = redis.Redis(port=port, password=password, socket_timeout=10)

    @property
    def id(self):
        return self.client.execute_command("CLUSTER MYID").decode()

    @property
    def pid(self):
        return int((self.folder / "redis.pid").read_text())

    def ask(self, *words):
        """The reply to a command, None where the server does not answer (yet)."""
        try:
            return self.client.execute_command(*words)
        except (redis.ConnectionError, redis.TimeoutError, redis.ResponseError):
            return None

    def state(self):
        """CLUSTER INFO as {name: text}; empty where the server does not answer."""
        return self.ask("CLUSTER INFO") or {}


def free_ports(count):
    """All of them at once, so that no two are the same."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def wait_for(condition, what, seconds=START_SECONDS):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise ClusterError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)
    return value


def start(folder, password, users="", replicas=False, more=""):
    """Starts and forms the cluster; gives its nodes, the primaries first, in the order of their slots. `users` are
    further lines of the ACL file, `more` further lines of each node's configuration."""
    folder = pathlib.Path(folder)
    count = 6 if replicas else 3
    ports = free_ports(2 * count)
    nodes = []
    try:
        for number in range(count):
            own, bus = ports[2 * number:2 * number + 2]
            nodes.append(start_node(folder / f"node-{number}", own, bus, password, users, more))
        form(nodes, ports[1::2])
    except BaseException:
        stop(folder)
        raise
    return nodes


def start_node(folder, port, bus_port, password, users, more):
    folder.mkdir(parents=True, mode=0o700)
    write(folder / "users.acl", f"user default on >{password} ~* &* +@all\n{users}")
    write(folder / "redis.conf", CONFIGURATION.format(folder=folder, port=port, bus_port=bus_port, password=password,
                                                      node_timeout_ms=NODE_TIMEOUT_MS, more=more))
    run(folder)
    return Node(folder, port, password)


def run(folder):
    """Starts a node; one that was killed comes back as what it was."""
    done = subprocess.run(["redis-server", str(folder / "redis.conf")], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise ClusterError(f"redis-server did not start, see {folder / 'redis.log'}: {done.stdout.strip()}")


def write(path, text):
    path.write_text(text)
    path.chmod(0o600)


def form(nodes, bus_ports):
    for node in nodes:
        wait_for(lambda: node.ask("PING"), f"the server of {node.folder}")
    primaries, replicas = nodes[:3], nodes[3:]
    for number, node in enumerate(primaries):
        node.client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
        node.client.execute_command("CLUSTER ADDSLOTSRANGE", *slots_of(number))
    # Each meets each: waiting for the gossip would take longer.
    for node in nodes:
        for other, bus_port in zip(nodes, bus_ports):
            if other is not node:
                node.client.execute_command("CLUSTER MEET", "127.0.0.1", other.port, bus_port)
    wait_for(lambda: all(is_joined(node, len(nodes)) for node in nodes), "all nodes to know each other")
    for replica, primary in zip(replicas, primaries):
        replica.client.execute_command("CLUSTER REPLICATE", primary.id)
    wait_for_health(nodes)


def slots_of(number):
    """The first and last slot of a primary."""
    return SLOTS * number // 3, SLOTS * (number + 1) // 3 - 1


def is_joined(node, count):
    lines = node_lines(node)
    return len(lines) == count and not any("handshake" in line[2] for line in lines)


def node_lines(node):
    """The words of each line of CLUSTER NODES."""
    text = node.client.execute_command("CLUSTER", "NODES")
    return [line.split() for line in text.decode().splitlines()]


def wait_for_health(nodes):
    """Until each of them says that the cluster is up and complete, and every replica follows."""
    def healthy(node):
        state = node.state()
        role = node.ask("ROLE")
        return (state.get("cluster_state") == "ok" and int(state["cluster_slots_assigned"]) == SLOTS
                and role is not None and (role[0] == b"master" or role[3] == b"connected"))

    wait_for(lambda: all(healthy(node) for node in nodes), "the cluster to be up")
    wait_for(lambda: len({shape(node) for node in nodes}) == 1, "all nodes to tell of the same cluster")


def shape(node):
    """Who has which slots, and who replicates whom, as one node has it."""
    return tuple(sorted((line[0], "master" in line[2], line[3], *line[8:]) for line in node_lines(node)))


def stop(folder):
    """Ends every node below the folder. Does nothing where there is none."""
    for pid_file in sorted(pathlib.Path(folder).glob("node-*/redis.pid")):
        try:
            pid = int(pid_file.read_text())
            os.kill(pid, signal.SIGTERM)
        except (OSError, ValueError):
            continue
        end(pid)


def end(pid):
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        if gone(pid):
            return
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
