"""django-redis on a Redis Cluster: the clients that it brings know servers one by one, so this one lets redis-py find
the node of each key."""
import threading

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django_redis.client import DefaultClient
from redis.cluster import ClusterNode, RedisCluster
from redis.connection import parse_url
from redis.crc import REDIS_CLUSTER_HASH_SLOTS


class Cluster(RedisCluster):
    """One key a command. redis-py follows redirections and failovers for those; commands with several keys it makes a
    pipeline of, in which a node that is gone is an error until some other command has found that out."""

    def __deepcopy__(self, memo):
        """redis-py copies a node's arguments before it asks it for the slots, and the cluster hangs on them with its
        locks, which cannot be copied: without this nobody would look again after a node has gone."""
        return self

    def mget(self, *keys):
        return [self.get(key) for key in keys]

    def delete(self, *keys):
        return sum(self.execute_command("DEL", key) for key in keys)

    def exists(self, *keys):
        return sum(self.execute_command("EXISTS", key) for key in keys)

    def keys(self, pattern):
        """Of every primary; redis-py would ask one."""
        return list(self.scan_iter(match=pattern, count=1000))


class ClusterClient(DefaultClient):
    """For CLIENT_CLASS. LOCATION is the URL of a node, or of several with commas between, any of which will do."""

    _clusters = {}
    _lock = threading.Lock()

    def __init__(self, server, params, backend):
        # As a list of one: django-redis takes several addresses for a primary and its replicas.
        super().__init__([server], params, backend)

    def connect(self, index=0):
        """One for all threads of the process, as django-redis has its pools: each asks for all slots first."""
        location = self._server[index]
        with self._lock:
            if location not in self._clusters:
                self._clusters[location] = self.open(location)
            return self._clusters[location]

    def open(self, location):
        first, *others = location.split(",")
        parts = [parse_url(url) for url in others]
        nodes = [ClusterNode(part["host"], part.get("port", 6379)) for part in parts]
        return Cluster(startup_nodes=nodes, **self.connection_factory.make_connection_params(first))

    def get_client(self, *arguments, **named):
        found = super().get_client(*arguments, **named)
        cluster = found[0] if isinstance(found, tuple) else found
        if len(cluster.nodes_manager.slots_cache) < REDIS_CLUSTER_HASH_SLOTS:
            # For a slot that nobody served redis-py does not look again by itself.
            cluster.nodes_manager.initialize()
        return found

    def set_many(self, data, timeout=DEFAULT_TIMEOUT, version=None, client=None):
        for key, value in data.items():
            self.set(key, value, timeout, version=version, client=client)
