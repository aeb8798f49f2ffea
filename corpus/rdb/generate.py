#!/usr/bin/env python3
"""Makes corpus/rdb/good: DUMP payloads of real servers, and their canonical digests.

    corpus/rdb/generate.py NAME=PATH ...      for example  redis7.0=/usr/bin/redis-server

The digests are made here from the replies of type commands, by a second implementation of
docs/formats/canonical-digest.md, so a payload and its digest meet only in the test. Encodings that no server at hand
writes any more are built byte by byte, and read back from the first server, which takes them with RESTORE.
"""
import hashlib
import hmac
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile
import time

SALT = b"corpus"
GOOD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "good")


class Link:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.file = self.sock.makefile("rb")

    def __call__(self, *args):
        parts = [a if isinstance(a, bytes) else str(a).encode() for a in args]
        self.sock.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        reply = self.read()
        if isinstance(reply, Exception):
            raise reply
        return reply

    def read(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if int(rest) < 0:
                return None
            return self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if int(rest) < 0 else [self.read() for _ in range(int(rest))]
        raise RuntimeError("bad reply")


# --- the canonical form, from replies

def number(n):
    return struct.pack("<Q", n)


def text(b):
    return number(len(b)) + b


def ident(b):
    ms, seq = b.split(b"-")
    return int(ms), int(seq)


def id_form(pair):
    return number(pair[0]) + number(pair[1])


def pairs(flat):
    return list(zip(flat[::2], flat[1::2]))


def stream_form(r, key):
    entries = r("XRANGE", key, "-", "+")
    out = number(len(entries))
    for name, fields in entries:
        out += id_form(ident(name)) + number(len(fields)) + b"".join(map(text, fields))
    info = dict(pairs(r("XINFO", "STREAM", key, "FULL", "COUNT", 0)))
    out += id_form(ident(info[b"last-generated-id"]))
    groups = sorted((dict(pairs(g)) for g in info[b"groups"]), key=lambda g: g[b"name"])
    out += number(len(groups))
    for g in groups:
        out += text(g[b"name"]) + id_form(ident(g[b"last-delivered-id"]))
        names = sorted(dict(pairs(c))[b"name"] for c in g[b"consumers"])
        out += number(len(names)) + b"".join(map(text, names))
        pending = sorted((ident(p[0]), p[1], p[2], p[3]) for p in g[b"pending"])
        out += number(len(pending))
        for i, consumer, at, times in pending:
            out += id_form(i) + text(consumer) + number(at) + number(times)
    return out


def form(r, key):
    kind = r("TYPE", key)
    codes = [b"string", b"list", b"set", b"zset", b"hash", b"stream"]
    out = b"understudy canonical digest 1\n" + number(codes.index(kind))
    if kind == b"string":
        return out + number(1) + text(r("GET", key))
    if kind == b"list":
        items = r("LRANGE", key, 0, -1)
        return out + number(len(items)) + b"".join(map(text, items))
    if kind == b"set":
        items = sorted(r("SMEMBERS", key))
        return out + number(len(items)) + b"".join(map(text, items))
    if kind == b"hash":
        items = sorted(pairs(r("HGETALL", key)))
        return out + number(len(items)) + b"".join(text(f) + text(v) for f, v in items)
    if kind == b"zset":
        items = sorted((float(s) + 0.0, m) for m, s in pairs(r("ZRANGE", key, 0, -1, "WITHSCORES")))
        return out + number(len(items)) + b"".join(struct.pack("<d", s) + text(m) for s, m in items)
    return out + stream_form(r, key)


def digest(r, key):
    return hmac.new(SALT, hashlib.sha256(form(r, key)).digest(), hashlib.sha256).hexdigest()


# --- values

def noise(rng, size):
    return bytes(rng.randrange(256) for _ in range(size))


def values(r):
    """Makes the keys of one server; the name of a key becomes the name of the file."""
    rng = random.Random(7)
    v = r("INFO", "server")
    seven = b"redis_version:6" not in v

    def put(key, *rest):
        r(rest[0], key, *rest[1:])

    for name, value in [("empty", b""), ("text", b"hello"), ("binary", bytes(range(256))), ("crlf", b"\r\n\0\r\n"),
                        ("int8", b"-128"), ("int16", b"32767"), ("int32", b"-2147483648"),
                        ("int64", b"9223372036854775807"),
                        ("zero", b"0"), ("minus0", b"-0"), ("plus1", b"+1"), ("zeros", b"007"), ("spaced", b" 1"),
                        ("lzf", b"abc" * 500), ("lzfrun", b"\0" * 5000), ("len64", b"x" + noise(rng, 63)),
                        ("len16384", bytes(rng.randrange(256) for _ in range(16384)))]:
        put("string-" + name, "SET", value)
    put("string-hll", "PFADD", *range(50))

    odd = [b"", b"a", b"-1", b"0", b"12", b"127", b"128", b"-4096", b"4095", b"-4097", b"32768", b"-8388608",
           b"8388607",
           b"2147483648", b"-2147483649", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808",
           b"01", b"-0", b"1.5", b"x" * 63, b"y" * 64, noise(rng, 200)]
    put("list-small", "RPUSH", *odd)
    put("list-one", "RPUSH", b"only")
    put("list-many", "RPUSH", *[b"element %d %s" % (i, b"z" * (i % 90)) for i in range(400)])
    put("list-repeats", "RPUSH", *[b"same"] * 300)
    put("list-bignode", "RPUSH", b"a", b"B" * 9000, noise(rng, 9000), b"c")
    put("list-backlen", "RPUSH", *[b"q" * n for n in (124, 125, 126, 127, 4090, 4095, 4096)])
    r("CONFIG", "SET", "list-max-ziplist-size", 100000)
    put("list-backlen-wide", "RPUSH", *[bytes([65 + i]) * n for i, n in enumerate(range(16374, 16382))])
    r("CONFIG", "SET", "list-max-ziplist-size", -2)
    r("CONFIG", "SET", "list-compress-depth", 1)
    put("list-compressed", "RPUSH", *[b"compress me %d " % i * 5 for i in range(600)])
    r("CONFIG", "SET", "list-compress-depth", 0)

    put("set-ints16", "SADD", *range(-5, 20))
    put("set-ints32", "SADD", *[1, 70000, -70000])
    put("set-ints64", "SADD", *[1, 1 << 40, -(1 << 62)])
    put("set-strings", "SADD", *odd)
    put("set-small", "SADD", *odd[:20])
    put("set-large", "SADD", *[b"member %d" % i for i in range(300)])
    put("set-ints-large", "SADD", *range(600))

    put("hash-small", "HSET", *[x for i, o in enumerate(odd[:20]) for x in (b"f%d" % i, o)])
    put("hash-intfields", "HSET", *[x for i in range(-20, 20) for x in (i, i * 100000)])
    put("hash-large", "HSET", *[x for i in range(300) for x in (b"field %d" % i, b"value %d" % (i * 7))])
    put("hash-longvalue", "HSET", b"f", b"v" * 70, b"", b"")
    r("CONFIG", "SET", "hash-max-ziplist-value", 100000)
    put("hash-widevalue", "HSET", b"f", b"v" * 300, b"g", noise(rng, 300), b"h", noise(rng, 20000))
    r("CONFIG", "SET", "hash-max-ziplist-value", 64)

    scores = ["0", "-0", "1", "-1", "1.5", "3.141592653589793", "inf", "-inf", "1e20", "1e-300", "5e-324",
              "1.7976931348623157e308", "9007199254740993", "4503599627370497.5", "0.1", "-2.5e-7",
              "123456789012345680"]
    put("zset-small", "ZADD", *[x for i, s in enumerate(scores) for x in (s, b"m%d" % i)])
    put("zset-ties", "ZADD", *[x for m in (b"b", b"a", b"", b"10", b"9", b"ab") for x in ("7", m)])
    put("zset-large", "ZADD", *[x for i in range(200) for x in ((i * 37 % 91) / 7, b"member %d" % i)],
        *[x for i, s in enumerate(scores) for x in (s, b"m%d" % i)])

    key = "stream-plain"
    for i in range(250):
        r("XADD", key, "%d-%d" % (1000 + i // 3, i % 3 + 1), "n", i, "t", b"v%d" % i)
    for i in range(0, 250, 9):
        r("XDEL", key, "%d-%d" % (1000 + i // 3, i % 3 + 1))
    key = "stream-shapes"
    for i in range(40):
        r("XADD", key, "%d-0" % (5 + i * i),
          *[x for j in range(i % 4 + 1) for x in (b"k%d" % (j + i % 2), noise(rng, i % 7))])
    key = "stream-empty"
    r("XADD", key, "9-9", "a", "b")
    r("XDEL", key, "9-9")
    key = "stream-groups"
    for i in range(60):
        r("XADD", key, "18446744073709551%d-%d" % (500 + i, i), "n", i)
    for group, start in (("z", "0"), ("a", "0"), ("never", "$")):
        r("XGROUP", "CREATE", key, group, start)
    for group, who, count in (("z", "c2", 5), ("z", "c1", 7), ("a", "only", 60), ("z", "c2", 3)):
        r("XREADGROUP", "GROUP", group, who, "COUNT", count, "STREAMS", key, ">")
    r("XREADGROUP", "GROUP", "z", "c2", "COUNT", 2, "STREAMS", key, "0")
    r("XACK", key, "z", "18446744073709551501-1", "18446744073709551506-6")
    r("XDEL", key, "18446744073709551502-2")
    r("XREADGROUP", "GROUP", "never", "idle", "STREAMS", key, ">")
    if seven:
        r("XTRIM", key, "MINID", "18446744073709551504")


# --- encodings of old servers

def crc64(data):
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x95AC9329AC4BC9B5 if crc & 1 else 0)
    return crc


def length(n):
    return bytes([n]) if n < 64 else struct.pack(">H", n | 0x4000) if n < 16384 else b"\x80" + struct.pack(">I", n)


def rdb_string(b):
    return length(len(b)) + b


def payload(kind, body, version):
    data = bytes([kind]) + body + struct.pack("<H", version)
    return data + struct.pack("<Q", crc64(data))


def ziplist(items):
    out, previous, tail = b"", 0, 10
    for item in items:
        if isinstance(item, int):
            if 0 <= item <= 12:
                data = bytes([0xF1 + item])
            else:
                data = next(struct.pack("<B", code) + item.to_bytes(size, "little", signed=True)
                            for code, size in ((0xFE, 1), (0xC0, 2), (0xF0, 3), (0xD0, 4), (0xE0, 8))
                            if -(1 << size * 8 - 1) <= item < 1 << size * 8 - 1)
        else:
            n = len(item)
            data = (bytes([n]) if n < 64 else struct.pack(">H", n | 0x4000) if n < 16384
                    else b"\x80" + struct.pack(">I", n)) + item
        entry = (bytes([previous]) if previous < 254 else b"\xfe" + struct.pack("<I", previous)) + data
        tail = 10 + len(out)
        out += entry
        previous = len(entry)
    return struct.pack("<IIH", 11 + len(out), tail, len(items)) + out + b"\xff"


def zipmap(fields):
    def size(n):
        return bytes([n]) if n < 254 else b"\xfe" + struct.pack("<I", n)
    return bytes([len(fields)]) + b"".join(size(len(f)) + f + size(len(v)) + bytes([free]) + v + b"\0" * free
                                           for f, v, free in fields) + b"\xff"


def old():
    wide = [0, 12, 13, -1, 127, 128, -32768, 40000, -8388608, 8388608, 1 << 31, -(1 << 63), b"", b"text", b"w" * 63,
            b"w" * 64, b"w" * 300, b"w" * 17000, 5]
    yield "type1-list", payload(1, length(3) + b"".join(map(rdb_string, (b"a", b"", b"bb"))) , 6)
    yield "type3-zset", payload(3, length(4) + rdb_string(b"m") + b"\x031.5" + rdb_string(b"i") + b"\xfe"
                                + rdb_string(b"n") + b"\xff" + rdb_string(b"z") + b"\x02-0", 6)
    yield "type9-zipmap", payload(9, rdb_string(zipmap([(b"f", b"v", 0), (b"", b"", 3),
                                                         (b"g" * 300, b"h" * 260, 2)])), 2)
    yield "type10-ziplist", payload(10, rdb_string(ziplist(wide)), 6)
    yield "type12-ziplist", payload(12, rdb_string(ziplist([b"a", -5, b"b", 3, b"c", b"3.25", 7, 1 << 40])), 6)
    yield "type13-ziplist", payload(13, rdb_string(ziplist([b"f", 1, 2, b"value", b"g", b"l" * 300])), 6)
    yield "type14-quicklist", payload(14, length(2) + rdb_string(ziplist(wide)) + rdb_string(ziplist([b"last", 3])), 7)


def start(path, folder):
    sock = os.path.join(folder, "s")
    server = subprocess.Popen([path, "--port", "0", "--unixsocket", sock, "--save", "", "--appendonly", "no",
                               "--dir", folder],
                              stdout=subprocess.DEVNULL)
    for _ in range(200):
        try:
            return server, Link(sock)
        except OSError:
            time.sleep(0.02)
    server.kill()
    raise SystemExit("server does not answer")


def main():
    os.makedirs(GOOD, exist_ok=True)
    rows = []

    def save(name, data, value):
        with open(os.path.join(GOOD, name + ".dump"), "wb") as f:
            f.write(data)
        rows.append("%s %s" % (name, value))

    for number_of, argument in enumerate(sys.argv[1:]):
        label, path = argument.split("=", 1)
        with tempfile.TemporaryDirectory() as folder:
            server, r = start(path, folder)
            try:
                values(r)
                for key in sorted(r("KEYS", "*")):
                    save(label + "-" + key.decode(), r("DUMP", key), digest(r, key))
                if number_of == 0:
                    for name, data in old():
                        r("RESTORE", name, 0, data)
                        save("built-" + name, data, digest(r, name))
            finally:
                server.terminate()
                server.wait()
    with open(os.path.join(GOOD, "digests.txt"), "w") as f:
        f.write("\n".join(rows) + "\n")


main()
