"""The instance's own database server, where the data is not in SQLite: PostgreSQL or MariaDB, below data/, on a port of
127.0.0.1. It starts and ends with the shop; nothing of the machine's own database services is used or touched.

There are three users: the administrator (only this file), `shop` (the application), and `understudy`, who may read the
server's counters and nothing of the shop's. Their passwords are in secrets.json.

The data is made up and can be made anew, so nothing waits for the disk.
"""
import grp
import json
import os
import pwd
import secrets
import signal
import subprocess
import time

from . import server
from .instance import ShopError, read_json, write_json

KINDS = ("sqlite", "postgresql", "mariadb")
POSTGRESQL = "/usr/lib/postgresql/15/bin"
START_SECONDS = 30
STOP_SECONDS = 15
POSTGRESQL_SETTINGS = """listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_preload_libraries = 'pg_stat_statements'
shared_buffers = 16MB
max_connections = 24
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
jit = off
max_parallel_workers = 0
max_logical_replication_workers = 0
timezone = 'UTC'
"""
MARIADB_SETTINGS = """--bind-address=127.0.0.1 --skip-name-resolve --innodb-buffer-pool-size=32M
--innodb-log-file-size=8M --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --performance-schema=ON
--performance-schema-digests-size=2000 --performance-schema-max-table-instances=200
--character-set-server=utf8mb4 --max-connections=24 --skip-log-bin""".split()


def new_passwords():
    return {name: secrets.token_hex(12) for name in ("admin", "shop", "understudy")}


def own(instance):
    """Whether the instance has a server of its own."""
    return instance.config.get("database", "sqlite") != "sqlite"


def folder(instance):
    return instance.home / "data" / instance.config["database"]


def create(instance):
    """Makes the data folder, its users and the empty database. Leaves the server running."""
    {"postgresql": create_postgresql, "mariadb": create_mariadb}[instance.config["database"]](instance)


def start(instance):
    """Starts the server, unless it runs or there is none, and waits until it answers."""
    if not own(instance) or pid(instance):
        return
    run(instance, {"postgresql": postgresql_command, "mariadb": mariadb_command}[instance.config["database"]](instance))
    when_it_answers(instance, lambda: connect(instance, "shop")).close()


def stop(instance):
    record = read_json(instance.run / "database.json")
    if not server.alive(record):
        return
    # For PostgreSQL SIGINT is "now, and in order"; its SIGTERM waits for the clients to leave.
    os.kill(record["pid"], signal.SIGINT if instance.config["database"] == "postgresql" else signal.SIGTERM)
    try:
        server.wait_for(lambda: not server.alive(record), STOP_SECONDS, "")
    except ShopError:
        os.kill(record["pid"], signal.SIGQUIT)
        server.wait_for(lambda: not server.alive(record), STOP_SECONDS, "the database server does not end")
    (instance.run / "database.json").unlink(missing_ok=True)


def pid(instance):
    record = read_json(instance.run / "database.json")
    return record["pid"] if server.alive(record) else None


def run(instance, command):
    with open(instance.log / "database.log", "ab") as log:
        process = subprocess.Popen(command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   start_new_session=True)
    write_json(instance.run / "database.json", {"pid": process.pid, "start_ticks": server.start_ticks(process.pid)})
    return process


def when_it_answers(instance, attempt):
    """What attempt() returns, once the server lets it."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return attempt()
        except Exception as error:  # the clients have no error in common
            if not pid(instance) or time.monotonic() > deadline:
                raise ShopError(f"the database server does not answer ({type(error).__name__}); "
                                f"see {instance.log / 'database.log'}")
        time.sleep(0.05)


def connect(instance, user, database="shop"):
    """A connection with autocommit."""
    config, password = instance.config, json.loads(instance.secrets_file.read_text())["database"][user]
    if config["database"] == "postgresql":
        import psycopg2

        connection = psycopg2.connect(host="127.0.0.1", port=config["database_port"], user=user, password=password,
                                      dbname=database, connect_timeout=5)
        connection.autocommit = True
    else:
        import MySQLdb

        connection = MySQLdb.connect(host="127.0.0.1", port=config["database_port"], user=user, password=password,
                                     database=database, connect_timeout=5, autocommit=True)
    return connection


def execute(connection, *statements):
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()
    connection.close()


def finished(command, instance):
    with open(instance.log / "database.log", "ab") as log:
        done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    if done.returncode != 0:
        raise ShopError(f"making the database failed: exit {done.returncode}; see {instance.log / 'database.log'}")


# PostgreSQL


def not_as_root(command):
    """PostgreSQL refuses to run as root. It runs as another user then, who may pass through the folders above the
    instance's, which can be closed to all others."""
    if os.geteuid() != 0:
        return command
    user = postgresql_user()
    capability = "+dac_override"
    return ["setpriv", "--reuid", user.pw_name, "--regid", grp.getgrgid(user.pw_gid).gr_name, "--clear-groups",
            "--inh-caps", capability, "--ambient-caps", capability, *command]


def postgresql_user():
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def postgresql_command(instance):
    return not_as_root([f"{POSTGRESQL}/postgres", "-D", str(folder(instance)), "-p",
                        str(instance.config["database_port"])])


def create_postgresql(instance):
    data = folder(instance)
    data.mkdir(mode=0o700)
    passwords = json.loads(instance.secrets_file.read_text())["database"]
    secret = instance.run / "initdb.password"
    write_json(secret, "", mode=0o600)
    secret.write_text(passwords["admin"] + "\n")
    if os.geteuid() == 0:
        os.chown(data, postgresql_user().pw_uid, postgresql_user().pw_gid)
    try:
        finished(not_as_root([f"{POSTGRESQL}/initdb", "-D", str(data), "-U", "admin", f"--pwfile={secret}", "-A",
                              "scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync", "--wal-segsize=1"]), instance)
    finally:
        secret.unlink()
    with open(data / "postgresql.conf", "a") as file:
        file.write(POSTGRESQL_SETTINGS)
    run(instance, postgresql_command(instance))
    admin = when_it_answers(instance, lambda: connect(instance, "admin", "postgres"))
    execute(admin, f"CREATE ROLE shop LOGIN PASSWORD '{passwords['shop']}'",
            f"CREATE ROLE understudy LOGIN PASSWORD '{passwords['understudy']}'",
            "GRANT pg_read_all_stats TO understudy", "CREATE DATABASE shop OWNER shop")
    execute(connect(instance, "admin"), "CREATE EXTENSION pg_stat_statements")


# MariaDB


def mariadb_user():
    return ["--user=root"] if os.geteuid() == 0 else []


def mariadb_command(instance, *more):
    data = folder(instance)
    return ["/usr/sbin/mariadbd", "--no-defaults", *mariadb_user(), f"--datadir={data}",
            f"--socket={data / 'socket'}", f"--pid-file={data / 'pid'}",
            f"--port={instance.config['database_port']}", *MARIADB_SETTINGS, *more]


def create_mariadb(instance):
    data = folder(instance)
    data.mkdir(mode=0o700)
    finished(["mariadb-install-db", "--no-defaults", *mariadb_user(), f"--datadir={data}", "--skip-test-db",
              "--auth-root-authentication-method=normal", "--innodb-log-file-size=8M", "--skip-log-bin"], instance)
    passwords = json.loads(instance.secrets_file.read_text())["database"]
    # Until the administrator has a password, the server listens on a socket in a closed folder only.
    run(instance, mariadb_command(instance, "--skip-networking"))
    import MySQLdb

    root = when_it_answers(instance, lambda: MySQLdb.connect(user="root", unix_socket=str(data / "socket"),
                                                             connect_timeout=5, autocommit=True))
    execute(root, "CREATE DATABASE shop CHARACTER SET utf8mb4",
            f"CREATE USER admin@127.0.0.1 IDENTIFIED BY '{passwords['admin']}'",
            "GRANT ALL ON *.* TO admin@127.0.0.1 WITH GRANT OPTION",
            f"CREATE USER shop@127.0.0.1 IDENTIFIED BY '{passwords['shop']}'",
            "GRANT ALL ON shop.* TO shop@127.0.0.1",
            f"CREATE USER understudy@127.0.0.1 IDENTIFIED BY '{passwords['understudy']}'",
            "GRANT SELECT ON performance_schema.* TO understudy@127.0.0.1",
            "DROP USER root@localhost")
    stop(instance)
    start(instance)
