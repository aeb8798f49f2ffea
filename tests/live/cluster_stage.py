"""Redis Clusters for tests: three primaries, a replica of each when asked for, and what can happen to them.

`Cluster(folder)` is one alone, for tests with small environments of their own (as input_test has); `ClusterStage` is a
production and a staging of the shop, each on a Cluster of its own.
"""
import os
import re
import signal
import sys

import redis
import redis.cluster

from stage import ROOT, LiveTest, Stage, dump_of

sys.path.insert(0, str(ROOT / "examples"))

import redis_cluster
from redis_cluster import SLOTS, wait_for


class Cluster:
    """A running Cluster. `primaries` and `nodes` are as they are now, by what the nodes themselves say; each is a
    redis_cluster.Node with `port`, `client`, `id`, `pid` and `folder`."""

    def __init__(self, folder, password="cluster-secret", replicas=False, users="", more=""):
        self.folder, self.password = folder, password
        self.nodes = redis_cluster.start(folder, password, users, replicas, more)

    @classmethod
    def at(cls, folder, password):
        """One that runs already, started by the playground."""
        made = cls.__new__(cls)
        made.folder, made.password, made.nodes = folder, password, []
        for path in sorted(folder.glob("node-*/redis.conf")):
            port = int(re.search(r"^port (\d+)", path.read_text(), re.M)[1])
            made.nodes.append(redis_cluster.Node(path.parent, port, password))
        return made

    def close(self):
        """Ends its processes."""
        for node in self.nodes:
            node.client.close()
        redis_cluster.stop(self.folder)

    def client(self):
        """A client of the whole Cluster, with all rights, that knows it as it is now."""
        alive = next(node for node in self.nodes if node.ask("PING"))
        return redis.cluster.RedisCluster(host="127.0.0.1", port=alive.port, password=self.password)

    def dump(self):
        """Every key of all primaries as stage.dump_of has it."""
        return dump_of(self.client())

    def settings(self):
        """CONFIG GET * of each primary, by the port."""
        return {node.port: node.client.config_get("*") for node in self.primaries}

    @property
    def primaries(self):
        return [node for node in self.nodes if self.is_primary(node)]

    @staticmethod
    def is_primary(node):
        role = node.ask("ROLE")
        return role is not None and role[0] == b"master"

    def keys(self, node):
        """The names of the keys that a node has."""
        return set(node.client.scan_iter(count=1000))

    def slot(self, key):
        return self.any().client.execute_command("CLUSTER", "KEYSLOT", key)

    def any(self):
        return self.primaries[0]

    def primary_of(self, key):
        """The node that serves a key, None where nobody does."""
        return self.primary_of_slot(self.slot(key))

    def primary_of_slot(self, slot):
        for first, last, primary, *_ in self.any().client.execute_command("CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return next(node for node in self.nodes if node.port == primary[1])
        return None

    def replica_of(self, primary):
        for node in self.nodes:
            role = node.ask("ROLE")
            if role and role[0] == b"slave" and role[2] == primary.port:
                return node
        raise AssertionError(f"no replica of {primary.port}")

    def replicated(self):
        """Waits until every replica has all that its primary has."""
        def same():
            told = [(node.client.info("replication"), self.replica_of(node).client.info("replication"))
                    for node in self.primaries]
            return all(one["master_repl_offset"] == other["slave_repl_offset"] for one, other in told)
        wait_for(same, "the replicas to have it all")

    def fail_over(self, primary):
        """As an operator does: the primary and its replica change places, and lose nothing. Gives the new primary."""
        replica = self.replica_of(primary)
        replica.client.execute_command("CLUSTER", "FAILOVER")
        wait_for(lambda: self.is_primary(replica) and not self.is_primary(primary), "the failover")
        self.agreed()
        return replica

    def kill(self, node):
        """SIGKILL, and until its process is gone. `start` brings it back."""
        pid = node.pid
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: redis_cluster.gone(pid), "the end of a node")

    def kill_primary(self, primary, force=False):
        """Kills a primary and waits for its replica to take over: by itself, after the node timeout, or at once. Gives
        the new primary."""
        replica = self.replica_of(primary)
        self.kill(primary)
        if force:
            replica.client.execute_command("CLUSTER", "FAILOVER", "TAKEOVER")
        wait_for(lambda: self.is_primary(replica), "the replica to take over")
        return replica

    def start(self, node):
        """Brings a killed node back. Of a primary that was failed over it makes a replica."""
        redis_cluster.run(node.folder)
        wait_for(lambda: node.ask("PING"), "the node to answer")

    def healthy(self):
        """Waits until every node says that all slots are served, and all tell of the same shape."""
        redis_cluster.wait_for_health(self.nodes)

    def agreed(self):
        """Waits until all living nodes tell of the same shape."""
        wait_for(lambda: len({redis_cluster.shape(node) for node in self.nodes if node.ask("PING")}) == 1,
                 "the nodes to agree")

    def uncover(self, slot):
        """Nobody serves the slot from now on; cluster_state stays ok, since its nodes do not require full coverage. Gives
        the node that did, for `cover`."""
        owner = self.primary_of_slot(slot)
        # The owner first: what it no longer claims is not gossiped back to the others.
        for node in [owner, *(node for node in self.nodes if node is not owner)]:
            node.client.execute_command("CLUSTER", "DELSLOTS", slot)
        wait_for(lambda: all(node.state()["cluster_slots_assigned"] == str(SLOTS - 1) for node in self.nodes),
                 "all nodes to miss the slot")
        return owner

    def cover(self, slot, node):
        node.client.execute_command("CLUSTER", "ADDSLOTS", slot)
        self.healthy()

    def begin_move(self, slot, target):
        """The slot is migrating to another primary from now on, and none of its keys has gone yet."""
        source = self.primary_of_slot(slot)
        target.client.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", source.id)
        source.client.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", target.id)

    def cancel_move(self, slot):
        for node in self.primaries:
            node.client.execute_command("CLUSTER", "SETSLOT", slot, "STABLE")

    def move(self, slot, target):
        """Moves a slot with its keys to another primary, as resharding does."""
        source = self.primary_of_slot(slot)
        self.begin_move(slot, target)
        while keys := source.client.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 100):
            source.client.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "AUTH", self.password,
                                          "KEYS", *keys)
        for node in [target, source, *(node for node in self.primaries if node not in (source, target))]:
            node.client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", target.id)
        self.agreed()


class ClusterStage(Stage):
    """Production and staging of the shop, each with a Redis Cluster of its own: `clusters["staging"]`."""

    def __init__(self, replicas=False, **options):
        more = ["--redis-cluster", *(["--replicas"] if replicas else []), *options.pop("more", ())]
        super().__init__(more=more, **options)
        self.clusters = {name: self.cluster_of(name) for name in ("production", "staging")}

    def cluster_of(self, name):
        folder = self.folder / name / "redis"
        users = (folder / "node-0" / "users.acl").read_text()
        return Cluster.at(folder, re.search(r"^user default on >(\S+)", users, re.M)[1])

    def redis(self, name):
        """A client with all rights on an environment's whole Cluster."""
        return self.clusters[name].client()


class ClusterLiveTest(LiveTest):
    """A test case with a stage of its own class; `replicas` is the class's to set."""

    replicas = False

    @classmethod
    def setUpClass(cls):
        cls.stage = ClusterStage(replicas=cls.replicas)


__all__ = ["Cluster", "ClusterLiveTest", "ClusterStage", "wait_for"]
