"""A page cache in front of the shop: nginx or Varnish, an ordinary process in the instance folder, on 127.0.0.1.

Both keep pages of visitors without a session for a few seconds, let members through, and say in a header what they did:
nginx in `X-Cache-Status`, Varnish in `X-Cache` beside its own `X-Varnish` and `Age`. Both honour Cache-Control,
Expires, Set-Cookie and Vary of what the shop answers.
"""
import getpass
import os
import shutil
import signal
import socket
import subprocess

from .instance import ShopError, read_json, write_json
from .server import alive, start_ticks, wait_for

START_SECONDS = 20

NGINX = """\
# Written by `shop front nginx start`.
{user}worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {log} warn;
events {{
    worker_connections 256;
}}
http {{
    access_log off;
    client_body_temp_path {folder}/temp;
    proxy_temp_path {folder}/temp;
    fastcgi_temp_path {folder}/temp;
    uwsgi_temp_path {folder}/temp;
    scgi_temp_path {folder}/temp;
    proxy_cache_path {folder}/cache levels=1 keys_zone=pages:1m max_size=64m inactive=10m use_temp_path=off;
    map $http_cookie $member {{
        default 0;
        "~(^|; )sessionid=" 1;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{origin};
            proxy_set_header Host $http_host;
            proxy_cache pages;
            proxy_cache_key $host$request_uri;
            # For pages that say nothing of their life themselves.
            proxy_cache_valid 200 {ttl}s;
            proxy_cache_bypass $member;
            proxy_no_cache $member;
            proxy_cache_revalidate on;
            proxy_cache_use_stale error timeout updating http_502 http_503 http_504;
            add_header X-Cache-Status $upstream_cache_status always;
        }}
    }}
}}
"""

VARNISH = """\
# Written by `shop front varnish start`.
vcl 4.1;

backend shop {{
    .host = "127.0.0.1";
    .port = "{origin}";
}}

sub vcl_recv {{
    unset req.http.X-Front;
    if (req.method != "GET" && req.method != "HEAD") {{
        return (pass);
    }}
    if (req.http.Cookie ~ "(^|; )sessionid=") {{
        return (pass);
    }}
    return (hash);
}}

sub vcl_hit {{
    if (obj.ttl <= 0s) {{
        set req.http.X-Front = "hit graced cached";
    }} else {{
        set req.http.X-Front = "HIT";
    }}
}}

sub vcl_miss {{
    if (req.is_hitmiss) {{
        set req.http.X-Front = "HIT-FOR-MISS";
    }} else {{
        set req.http.X-Front = "MISS";
    }}
}}

sub vcl_pass {{
    if (req.is_hitpass) {{
        set req.http.X-Front = "HIT-FOR-PASS";
    }} else {{
        set req.http.X-Front = "PASS";
    }}
}}

sub vcl_backend_response {{
    # For pages that say nothing of their life themselves. What may not be stored the built-in code finds.
    if (!beresp.http.Cache-Control && !beresp.http.Expires) {{
        set beresp.ttl = {ttl}s;
    }}
    set beresp.grace = 10s;
}}

sub vcl_deliver {{
    set resp.http.X-Cache = req.http.X-Front;
}}
"""


def record_file(instance):
    return instance.run / "front.json"


def running(instance):
    """What runs in front of the shop: {kind, pid, port, ...}; None where nothing does."""
    record = read_json(record_file(instance))
    return record if alive(record) else None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(instance, kind, port, ttl, origin):
    now = running(instance)
    if now:
        raise ShopError(f"{now['kind']} is in front of this shop already, on port {now['port']}")
    if shutil.which(*program(kind)) is None:
        raise ShopError(f"there is no {program(kind)[0]} here; install the package {package(kind)}")
    folder = instance.home / "front" / kind
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("cache", "temp"):
        (folder / part).mkdir(parents=True)
    log = instance.log / f"front-{kind}.log"
    port = port or free_port()
    words = arguments(kind, folder, log, port, ttl, origin or instance.config["port"])
    variables = {"PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    with open(log, "ab") as output:
        process = subprocess.Popen(words, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=output, start_new_session=True)

    def answers():
        if process.poll() is not None:
            raise ShopError(f"{kind} ended with {process.returncode}; see {log}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_for(answers, START_SECONDS, f"{kind} did not get ready; see {log}")
    except ShopError:
        process.kill()
        raise
    write_json(record_file(instance), {"kind": kind, "pid": process.pid, "start_ticks": start_ticks(process.pid),
                                       "port": port, "ttl": ttl})
    return port


def program(kind):
    """Both live where an ordinary user's PATH does not look."""
    return ("nginx" if kind == "nginx" else "varnishd", os.F_OK | os.X_OK, f"{os.environ.get('PATH', '')}:/usr/sbin")


def package(kind):
    return "nginx-light" if kind == "nginx" else "varnish"


def arguments(kind, folder, log, port, ttl, origin):
    if kind == "nginx":
        # As root nginx would give its workers another user, who cannot read this folder.
        user = f"user {getpass.getuser()};\n" if os.geteuid() == 0 else ""
        file = folder / "nginx.conf"
        file.write_text(NGINX.format(user=user, folder=folder, log=log, port=port, ttl=ttl, origin=origin))
        return ["nginx", "-e", str(log), "-c", str(file)]
    file = folder / "shop.vcl"
    file.write_text(VARNISH.format(ttl=ttl, origin=origin))
    return ["varnishd", "-F", "-j", "none", "-n", str(folder / "cache"), "-a", f"127.0.0.1:{port}", "-f", str(file),
            "-T", "127.0.0.1:0", "-s", "malloc,32m", "-p", "thread_pools=1", "-p", "thread_pool_min=10"]


def stop(instance):
    record = read_json(record_file(instance))
    if alive(record):
        os.kill(record["pid"], signal.SIGTERM)
        try:
            wait_for(lambda: not alive(record), START_SECONDS, "")
        except ShopError:
            os.killpg(record["pid"], signal.SIGKILL)
    record_file(instance).unlink(missing_ok=True)
    shutil.rmtree(instance.home / "front", ignore_errors=True)


def clear(instance):
    """Empties the cache in front. True where there is one."""
    record = running(instance)
    if record is None:
        return False
    folder = instance.home / "front" / record["kind"]
    if record["kind"] == "nginx":
        # A page whose file is gone is a miss; nginx without its paid modules has no other way to purge.
        for path in (folder / "cache").rglob("*"):
            if path.is_file():
                path.unlink(missing_ok=True)
        return True
    done = subprocess.run(["varnishadm", "-n", str(folder / "cache"), "ban", "req.url", "~", "."],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise ShopError(f"varnish did not ban its pages: {done.stdout.strip()}")
    return True
