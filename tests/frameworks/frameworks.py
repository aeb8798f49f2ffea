"""What `understudy init --instrument` prints, run in the frameworks themselves: real WordPress on a real MariaDB, the
components of Laravel, Rails' middleware stack, Express on MariaDB. Each count is held against one that the middleware
has no part in.

usage: frameworks.py [--quick] [wordpress laravel rails express]

What is not installed is skipped, and said; --quick leaves out WordPress, which takes half a minute. A table of the
outcomes goes to standard output; the exit code is 1 if one failed. UNDERSTUDY_BINARY names the program.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("UNDERSTUDY_BINARY", ROOT / "build" / "dev" / "understudy"))
SECRET = "measured-by-the-test"
PARTS = ("wordpress", "laravel", "rails", "express")


class Missing(Exception):
    """Something that is not installed here."""


def printed(framework):
    return subprocess.run([BINARY, "init", "--instrument", framework], check=True, stdout=subprocess.PIPE, text=True).stdout


def need(path, package):
    if not pathlib.Path(path).exists() and not shutil.which(str(path)):
        raise Missing(f"{package} is not installed")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(words, ready, folder, **variables):
    """A process of its own session that ends with the block. `ready` says when it can be used."""
    log = open(folder / (pathlib.Path(str(words[0])).name + ".log"), "w")
    process = subprocess.Popen([str(word) for word in words], cwd=folder, env={**os.environ, **variables}, stdin=subprocess.DEVNULL,
                               stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{words[0]} did not start: {pathlib.Path(log.name).read_text()[-2000:]}")
            time.sleep(0.05)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        log.close()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.body, self.timing = status, body, headers.get("Server-Timing")

    def count(self, request_id):
        """The count, if the answer carries the id that was sent."""
        found = re.fullmatch(r'db;(?:dur=[\d.]+;)?count=(\d+), req;desc="(.*)"', self.timing or "")
        assert found and found[2] == request_id, f"Server-Timing is {self.timing!r}"
        return int(found[1])


def ask(url, request_id="us0-1", secret=SECRET, **more):
    headers = {"X-Request-Id": request_id, **({"X-Understudy": secret} if secret is not None else {}), **more}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
        return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))


def only_to_the_secret(url):
    """No secret, a wrong one, a part of it: no header. An id is cleaned before it goes back."""
    for secret in (None, "", SECRET[:-1], SECRET + "x", "\xe9"):
        assert ask(url, secret=secret).timing is None, f"told to {secret!r}"
    assert ask(url, 'a.b-1_"; evil;count=9' + "y" * 100).count("a.b-1_evilcount9" + "y" * 48) >= 0


@contextlib.contextmanager
def mariadb(folder):
    """A server of its own on a socket, with a log of every statement. Gives (socket, path of that log)."""
    need("/usr/sbin/mariadbd", "mariadb-server-core")
    need("mariadb-install-db", "mariadb-server-core")
    data, at, log = folder / "data", folder / "db.sock", folder / "statements.log"
    me = subprocess.run(["id", "-un"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--user={me}", "--skip-test-db",
                    "--auth-root-authentication-method=normal"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with running(["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={at}", "--skip-networking",
                  f"--user={me}", "--general-log=1", f"--general-log-file={log}", f"--pid-file={folder / 'db.pid'}"],
                 at.exists, folder):
        yield at, log


class Statements:
    """The statements that a MariaDB took since the last look, by its own log."""

    def __init__(self, log):
        self.log, self.at = log, 0
        self.since()

    def since(self):
        time.sleep(0.05)
        text = self.log.read_text(errors="replace")
        new, self.at = text[self.at:], len(text)
        return re.findall(r"^\s*(?:\d{6}\s+[\d:]+)?\s*\d+ (?:Query|Execute)\t(.*)", new, re.M)


# --- WordPress -----------------------------------------------------------------------------------------------------

WP_CONFIG = """<?php
define( 'DB_NAME', 'wordpress' ); define( 'DB_USER', 'root' ); define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:%(socket)s' ); define( 'DB_CHARSET', 'utf8mb4' ); define( 'DB_COLLATE', '' );
define( 'DISABLE_WP_CRON', true ); define( 'WP_HTTP_BLOCK_EXTERNAL', true ); define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_HOME', 'http://127.0.0.1:%(port)s' ); define( 'WP_SITEURL', 'http://127.0.0.1:%(port)s' );
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) { define( 'ABSPATH', __DIR__ . '/' ); }
require_once ABSPATH . 'wp-settings.php';
"""
WP_INSTALL = """<?php
$db = new mysqli( 'localhost', 'root', '', '', 0, $argv[1] );
$db->query( 'CREATE DATABASE wordpress' );
define( 'WP_INSTALLING', true );
$_SERVER['HTTP_HOST'] = '127.0.0.1'; $_SERVER['REQUEST_URI'] = '/';
require $argv[2] . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install( 'Test', 'admin', 'admin@mail.example', true, '', 'admin-secret' );
for ( $i = 0; $i < 12; $i++ ) {
    wp_insert_post( array( 'post_title' => "Post $i", 'post_content' => str_repeat( 'word ', 50 ), 'post_status' => 'publish' ) );
}
echo 'installed';
"""
# What wpdb does to a connection before the first query that it counts.
WP_CONNECTING = re.compile(r"^(SET NAMES|SET SESSION sql_mode|SELECT @@SESSION.sql_mode|SELECT @@SQL_MODE|set names)", re.I)


def wordpress(folder):
    need("php", "php-cli")
    need("/usr/share/wordpress/wp-settings.php", "wordpress")
    need("/usr/share/php8.2-mysql", "php-mysql")
    site, port = folder / "site", free_port()
    shutil.copytree("/usr/share/wordpress", site, ignore=shutil.ignore_patterns("wp-config.php"))
    with mariadb(folder) as (at, log):
        (site / "wp-config.php").write_text(WP_CONFIG % {"socket": at, "port": port})
        (folder / "install.php").write_text(WP_INSTALL)
        done = subprocess.run(["php", folder / "install.php", at, site], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.stdout.endswith("installed"), done.stdout[-2000:]
        (site / "wp-content" / "mu-plugins").mkdir(exist_ok=True)
        (site / "wp-content" / "mu-plugins" / "understudy.php").write_text(printed("wordpress"))
        with running(["php", "-d", "display_errors=0", "-S", f"127.0.0.1:{port}", "-t", site], lambda: listens(port), folder,
                     UNDERSTUDY_SECRET=SECRET):
            return wordpress_pages(f"http://127.0.0.1:{port}", log)


def wordpress_pages(url, log):
    statements, rows = Statements(log), []
    for path in ("/", "/?p=1", "/?p=5", "/?s=word", "/?feed=rss2", "/wp-login.php", "/?rest_route=/wp/v2/posts"):
        ask(url + path)  # transients are written at the first time
        statements.since()
        answer = ask(url + path, "us1-7")
        seen = statements.since()
        connecting = [one for one in seen if WP_CONNECTING.match(one)]
        count = answer.count("us1-7")
        assert count == len(seen) - len(connecting), f"{path}: told {count}, the server took {len(seen)}: {seen}"
        rows.append(f"{path} {count} (and {len(connecting)} to connect)")
    only_to_the_secret(url + "/?p=1")
    plain, told = ask(url + "/?p=1", secret=None), ask(url + "/?p=1")
    strip = lambda text: re.sub(r"nonce\W+\w+", "", text)
    assert strip(plain.body) == strip(told.body), "the page itself is another one"
    return "queries by $wpdb and by MariaDB's log, for each page: " + ", ".join(rows)


# --- Laravel -------------------------------------------------------------------------------------------------------

LARAVEL = r"""<?php
require '/usr/share/php/Illuminate/Database/autoload.php';
foreach (['Http', 'Pipeline', 'Events', 'Container', 'Support', 'Config'] as $part) {
    @include_once "/usr/share/php/Illuminate/$part/autoload.php";
}
require $argv[1];
use App\Http\Middleware\Understudy;
use Illuminate\Http\Request;

$app = new Illuminate\Container\Container();
Illuminate\Container\Container::setInstance($app);
$app->instance('events', new Illuminate\Events\Dispatcher($app));
Illuminate\Support\Facades\Facade::setFacadeApplication($app);
function config($name) { return $name === 'services.understudy.secret' ? getenv('UNDERSTUDY_SECRET') : null; }
$db = new Illuminate\Database\Capsule\Manager($app);
$db->addConnection(['driver' => 'sqlite', 'database' => ':memory:']);
$db->setEventDispatcher($app['events']);
$db->setAsGlobal();
$db->getConnection()->statement('create table things (id integer)');
Understudy::listen();

function visit($db, $calls, $headers) {
    $request = Request::create('/', 'GET');
    foreach ($headers as $name => $value) { $request->headers->set($name, $value); }
    $pipeline = new Illuminate\Pipeline\Pipeline($GLOBALS['app']);
    return $pipeline->send($request)->through([Understudy::class])->then(function () use ($db, $calls) {
        for ($i = 0; $i < $calls; $i++) { $db->getConnection()->select('select * from things where id = ?', [$i]); }
        return new Illuminate\Http\Response('page');
    })->headers->get('Server-Timing');
}
$secret = getenv('UNDERSTUDY_SECRET');
$out = [];
// One process, many requests: with the secret, without it, and with the secret again.
foreach ([3, 0, 7] as $calls) {
    $out[] = visit($db, $calls, ['X-Understudy' => $secret, 'X-Request-Id' => "us1-$calls"]);
    $out[] = visit($db, 5, []);
    $out[] = visit($db, 5, ['X-Understudy' => $secret . 'x']);
}
echo json_encode($out);
"""


def laravel(folder):
    need("php", "php-cli")
    (folder / "Understudy.php").write_text(printed("laravel"))
    subprocess.run(["php", "-l", folder / "Understudy.php"], check=True, stdout=subprocess.DEVNULL)
    need("/usr/share/php/Illuminate/Database", "php-illuminate-database")
    need("/usr/share/php8.2-sqlite3", "php-sqlite3")
    (folder / "run.php").write_text(LARAVEL)
    done = subprocess.run(["php", folder / "run.php", folder / "Understudy.php"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, env={**os.environ, "UNDERSTUDY_SECRET": SECRET})
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    told = json.loads(done.stdout)
    for at, calls in enumerate((3, 0, 7)):
        assert re.fullmatch(rf'db;dur=[\d.]+;count={calls}, req;desc="us1-{calls}"', told[3 * at]), told
        assert told[3 * at + 1] is None and told[3 * at + 2] is None, told
    return "3, 0 and 7 queries told in one process, with requests without the secret between them"


# --- Rails ---------------------------------------------------------------------------------------------------------

RAILS = r"""
require "active_record"
require "action_controller/railtie"
require "json"
class Shop < Rails::Application
  config.eager_load = false
  config.logger = Logger.new(nil)
  config.secret_key_base = "x" * 64
  config.hosts.clear
end
load ARGV[0]
ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: ARGV[1], pool: 20, timeout: 10_000)
ActiveRecord::Base.connection.execute("create table things (id integer primary key)")
class Thing < ActiveRecord::Base; end
class PagesController < ActionController::API
  def show
    params[:calls].to_i.times { |i| Thing.where(id: i).to_a }
    ActiveRecord::Base.cache { 3.times { Thing.where(id: -1).to_a } } if params[:cached]
    sleep(params[:sleep].to_f) if params[:sleep]
    params[:calls].to_i.times { |i| Thing.where(id: i).to_a }
    render plain: "page"
  end
end
Shop.initialize!
Shop.routes.draw { get "/show", to: "pages#show" }
def visit(query, headers)
  env = Rack::MockRequest.env_for("http://127.0.0.1/show?#{query}", headers)
  status, answered, body = Shop.call(env)
  body.each { |part| part }
  body.close if body.respond_to?(:close)
  raise "HTTP #{status}" unless status == 200
  ActiveRecord::Base.clear_active_connections!
  answered["server-timing"]
end
secret = { "HTTP_X_UNDERSTUDY" => ENV["UNDERSTUDY_SECRET"] }
visit("calls=1", {})
out = { "plain" => visit("calls=3", secret.merge("HTTP_X_REQUEST_ID" => "us1-3")),
        "cached" => visit("calls=0&cached=1", secret.merge("HTTP_X_REQUEST_ID" => "us1-c")),
        "none" => visit("calls=3", {}), "wrong" => visit("calls=3", { "HTTP_X_UNDERSTUDY" => ENV["UNDERSTUDY_SECRET"] + "x" }) }
# Threads, as in Puma: each request has its own count. The first round opens the connections, which asks something, too.
2.times do
  out["threads"] = (1..8).map { |n|
    Thread.new { visit("calls=#{n}&sleep=0.2", secret.merge("HTTP_X_REQUEST_ID" => "us2-#{n}")) }
  }.map(&:value)
end
puts out.to_json
"""


def rails(folder):
    need("ruby", "ruby")
    (folder / "understudy.rb").write_text(printed("rails"))
    subprocess.run(["ruby", "-c", folder / "understudy.rb"], check=True, stdout=subprocess.DEVNULL)
    if subprocess.run(["ruby", "-e", 'require "rails"; require "active_record"; require "sqlite3"'], stderr=subprocess.DEVNULL).returncode != 0:
        raise Missing("ruby-rails or ruby-sqlite3 is not installed; only its syntax was checked")
    (folder / "run.rb").write_text(RAILS)
    done = subprocess.run(["ruby", folder / "run.rb", folder / "understudy.rb", folder / "things.sqlite3"], cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "UNDERSTUDY_SECRET": SECRET})
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    count = lambda text, request_id: Answer(200, {"Server-Timing": text}, "").count(request_id)
    assert count(told["plain"], "us1-3") == 6, told
    assert count(told["cached"], "us1-c") == 1, told
    assert told["none"] is None and told["wrong"] is None, told
    assert [count(text, f"us2-{n}") for n, text in enumerate(told["threads"], 1)] == [2 * n for n in range(1, 9)], told
    return "6 queries told as 6, 3 of which the query cache answered 2 as 1, 8 threads at once each with their own"


# --- Express -------------------------------------------------------------------------------------------------------

EXPRESS = r"""
'use strict';
const understudy = require(process.argv[2]);
const express = require('express');
const mysql = require(process.argv[4]);
const PooledConnection = require(process.argv[4]).Connection || require(process.argv[4] + '/lib/Connection');
const Pool = require(process.argv[4]).Pool || require(process.argv[4] + '/lib/Pool');
understudy.count(PooledConnection, ['query'], Pool, 'getConnection');
// Two connections for all: most requests wait for one that another request gives back.
const pool = mysql.createPool({ socketPath: process.argv[3], user: 'root', connectionLimit: 2 });
const query = (text) => new Promise((done, failed) => pool.query(text, (wrong, rows) => (wrong ? failed(wrong) : done(rows))));
const app = express();
app.use(understudy.serverTiming);
app.get('/show', async (req, res) => {
  for (let i = 0; i < Number(req.query.calls); i += 1) await query(`SELECT ${i} + SLEEP(0.01)`);
  res.send('page');
});
app.listen(Number(process.argv[5]), '127.0.0.1');
"""


def express(folder):
    need("node", "nodejs")
    (folder / "understudy.js").write_text(printed("express"))
    subprocess.run(["node", "--check", folder / "understudy.js"], check=True)
    paths = os.environ.get("NODE_PATH", "/usr/share/nodejs")
    for driver in ("mysql2", "mysql"):
        if all(any((pathlib.Path(path) / name).exists() for path in paths.split(":")) for name in ("express", driver)):
            break
    else:
        raise Missing("node-express or node-mysql is not installed; only its syntax was checked")
    (folder / "run.js").write_text(EXPRESS)
    port = free_port()
    with mariadb(folder) as (at, _), running(
            ["node", folder / "run.js", folder / "understudy.js", at, driver, port], lambda: listens(port), folder,
            UNDERSTUDY_SECRET=SECRET, NODE_PATH=paths):
        url = f"http://127.0.0.1:{port}/show?calls="
        assert ask(url + "3", "us1-3").count("us1-3") == 3
        assert ask(url + "0", "us1-0").count("us1-0") == 0
        only_to_the_secret(url + "1")
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(16) as threads:
            told = list(threads.map(lambda n: ask(f"{url}{n}", f"us2-{n}").count(f"us2-{n}"), range(1, 17)))
        assert told == list(range(1, 17)), told
    return f"with {driver}: 16 requests at once over a pool of 2 connections, each with its own count"


def main():
    words = sys.argv[1:]
    parts = [word for word in words if word in PARTS] or [part for part in PARTS if "--quick" not in words or part != "wordpress"]
    failed = False
    print("| framework | outcome | |\n|---|---|---|")
    for part in parts:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="understudy-frameworks-"))
        try:
            print(f"| {part} | run | {globals()[part](folder)} |", flush=True)
        except Missing as what:
            print(f"| {part} | **not run** | {what} |", flush=True)
        except Exception as wrong:  # the others are run all the same
            failed = True
            print(f"| {part} | **failed** | {type(wrong).__name__}: {str(wrong)[:2000]} |", flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
