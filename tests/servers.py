#!/usr/bin/python3 -sEB
"""Other versions of the server than this machine's own, from Debian's other suites, unpacked into a folder each: nothing is
installed. They run through the loader and the libraries of their own suite.

usage: servers.py FOLDER    makes FOLDER/NAME/server for each that can be had; says which cannot, and why
"""
import os
import pathlib
import shutil
import subprocess
import sys

SERVERS = {"redis-6.0": ("bullseye", "redis"), "valkey-8.0": ("bookworm-backports", "valkey"), "redis-8.0": ("trixie", "redis"),
           "valkey-8.1": ("trixie", "valkey"), "valkey-9.1": ("sid", "valkey")}
# What a server is linked to; those that a suite does not have are passed over.
LIBRARIES = ("libc6", "libatomic1", "libjemalloc2", "liblzf1", "libssl1.1", "libssl3", "libssl3t64", "libstdc++6", "libgcc-s1",
             "libsystemd0", "libzstd1", "liblz4-1", "liblzma5", "zlib1g", "libcap2", "libgcrypt20", "libgpg-error0", "libmd0",
             "liblua5.1-0", "lua-bitop", "lua-cjson", "libcrypt1")
BASE = {"bookworm-backports": "bookworm"}  # a suite that stands on another
ARCHIVE = "http://deb.debian.org/debian"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Suite:
    """apt with lists of its own, so that the machine's are left alone."""

    def __init__(self, folder, name):
        self.folder, self.name = folder / ("suite-" + name), name
        (self.folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (self.folder / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        sources = self.folder / "sources.list"
        sources.write_text("".join(f"deb [signed-by={KEYS}] {ARCHIVE} {suite} main\n"
                                   for suite in dict.fromkeys((name, BASE.get(name, name)))))
        self.options = ["-qq"]
        for key, value in (("Dir::Etc::sourcelist", sources), ("Dir::Etc::sourceparts", "/nonexistent"),
                           ("Dir::Etc::preferences", "/dev/null"), ("Dir::Etc::preferencesparts", "/nonexistent"),
                           ("Dir::State::lists", self.folder / "lists"), ("Dir::Cache", self.folder),
                           ("APT::Sandbox::User", "root")):
            self.options += ["-o", f"{key}={value}"]
        self.run("update")

    def run(self, *words, **more):
        return subprocess.run(["apt-get", *self.options, *words], check=True, stdin=subprocess.DEVNULL, timeout=300,
                              capture_output=True, text=True, **more)

    def unpack(self, package, root):
        """False where the suite does not have it."""
        for suite in dict.fromkeys((self.name, BASE.get(self.name, self.name))):
            try:
                self.run("download", f"{package}/{suite}", cwd=self.folder)
                break
            except subprocess.CalledProcessError:
                continue
        else:
            return False
        for file in self.folder.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", file, root], check=True)
            file.unlink()
        return True


def make(folder, name, suite, software):
    root = folder / name
    if (root / "server").exists():
        return
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for package in (f"{software}-tools", f"{software}-server", *LIBRARIES):
        if not suite.unpack(package, root) and package.startswith(software):
            raise OSError(f"{package} is not in {suite.name}")
    # Which program it is goes by its own name.
    binary = next(path for path in (root / "usr" / "bin").glob(f"{software}-check-rdb") if not path.is_symlink())
    shutil.copy(binary, root / f"{software}-server")
    loader = next(path for path in root.rglob("ld-linux-x86-64.so.2"))
    libraries = ":".join(str(path) for path in sorted({path.parent for path in root.rglob("*.so.*")}))
    script = root / "server"
    script.write_text(f'#!/bin/sh\nexec {loader} --library-path {libraries} {root}/{software}-server "$@"\n')
    script.chmod(0o755)
    told = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=30)
    if told.returncode != 0:
        script.unlink()
        raise OSError(told.stderr.strip() or told.stdout.strip())
    print(f"{name}: {told.stdout.strip()}")


def main():
    folder = pathlib.Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    suites, missing = {}, 0
    for name, (suite, software) in SERVERS.items():
        try:
            if not (folder / name / "server").exists() and suite not in suites:
                suites[suite] = Suite(folder, suite)
            make(folder, name, suites.get(suite), software)
        except (OSError, subprocess.SubprocessError, StopIteration) as error:
            missing += 1
            print(f"{name}: cannot be had: {error}", file=sys.stderr)
    for suite in suites.values():
        shutil.rmtree(suite.folder, ignore_errors=True)
    return missing == len(SERVERS)


if __name__ == "__main__":
    sys.exit(main())
