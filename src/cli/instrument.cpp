#include "cli/instrument.h"

#include <array>
#include <utility>

namespace understudy::cli {

namespace {

// Django counts per connection, and connections belong to a thread: execute_wrapper counts the statements of this
// request and of no other one.
constexpr std::string_view django =
    R"PY("""Tells the database calls of a request to whoever knows the environment's secret, and to nobody else.

As yourproject/understudy.py; then, in the settings:
    UNDERSTUDY_SECRET = os.environ.get("UNDERSTUDY_SECRET", "")
    MIDDLEWARE = ["yourproject.understudy.ServerTiming", ...]  # first, so that the calls of all others count
"""
import re
import time
from contextlib import ExitStack
from secrets import compare_digest

from django.conf import settings
from django.db import connections


class Tally:
    def __init__(self):
        self.count, self.milliseconds = 0, 0.0

    def __call__(self, execute, sql, params, many, context):
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.milliseconds += (time.perf_counter() - start) * 1000


class ServerTiming:
    def __init__(self, get_response):
        self.get_response, self.secret = get_response, settings.UNDERSTUDY_SECRET.encode()

    def __call__(self, request):
        given = request.headers.get("X-Understudy", "").encode()
        if not self.secret or not compare_digest(given, self.secret):
            return self.get_response(request)
        tally = Tally()
        with ExitStack() as wrapped:
            for connection in connections.all():
                wrapped.enter_context(connection.execute_wrapper(tally))
            response = self.get_response(request)
        request_id = re.sub(r"[^A-Za-z0-9._-]", "", request.headers.get("X-Request-Id", ""))[:64]
        response["Server-Timing"] = f'db;dur={tally.milliseconds:.2f};count={tally.count}, req;desc="{request_id}"'
        return response
)PY";

// No time: $wpdb only takes it with SAVEQUERIES, which takes a backtrace with each query and makes pages slower.
constexpr std::string_view wordpress = R"PHP(<?php
/**
 * Plugin Name: Understudy
 * Description: Tells the database calls of a request to whoever knows the environment's secret, and to nobody else.
 *
 * As wp-content/mu-plugins/understudy.php. The secret comes from the environment, or from wp-config.php:
 *     define( 'UNDERSTUDY_SECRET', getenv( 'UNDERSTUDY_SECRET' ) );
 */

( static function () {
	$secret = (string) ( defined( 'UNDERSTUDY_SECRET' ) ? UNDERSTUDY_SECRET : getenv( 'UNDERSTUDY_SECRET' ) );
	$given  = (string) ( $_SERVER['HTTP_X_UNDERSTUDY'] ?? '' );
	if ( '' === $secret || ! hash_equals( $secret, $given ) ) {
		return;
	}
	// The page is held back until it is whole, since headers come first and the number is known last.
	$db = $GLOBALS['wpdb'];
	ob_start(
		static function ( $page, $phase ) use ( $db ) {
			if ( ( $phase & PHP_OUTPUT_HANDLER_FINAL ) && ! headers_sent() ) {
				$id = preg_replace( '/[^A-Za-z0-9._-]/', '', (string) ( $_SERVER['HTTP_X_REQUEST_ID'] ?? '' ) );
				header( sprintf( 'Server-Timing: db;count=%d, req;desc="%s"', $db->num_queries, substr( $id, 0, 64 ) ) );
			}
			return $page;
		}
	);
} )();
)PHP";

// One listener for a process, not one a request: under Octane they would add up. A worker serves one request at a time.
constexpr std::string_view laravel = R"PHP(<?php

// Tells the database calls of a request to whoever knows the environment's secret, and to nobody else.
//
// As app/Http/Middleware/Understudy.php; then
//   config/services.php             'understudy' => ['secret' => env('UNDERSTUDY_SECRET')],
//   AppServiceProvider::boot()      \App\Http\Middleware\Understudy::listen();
//   Http/Kernel.php, $middleware    \App\Http\Middleware\Understudy::class, first
//     (from Laravel 11: $middleware->prepend(\App\Http\Middleware\Understudy::class) in bootstrap/app.php)

namespace App\Http\Middleware;

use Closure;
use Illuminate\Database\Events\QueryExecuted;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Event;

final class Understudy
{
    private static int $count = 0;
    private static float $milliseconds = 0.0;

    public static function listen(): void
    {
        Event::listen(QueryExecuted::class, static function (QueryExecuted $query): void {
            self::$count++;
            self::$milliseconds += $query->time;
        });
    }

    public function handle(Request $request, Closure $next)
    {
        $secret = (string) config('services.understudy.secret');
        if ($secret === '' || ! hash_equals($secret, (string) $request->headers->get('X-Understudy', ''))) {
            return $next($request);
        }
        [self::$count, self::$milliseconds] = [0, 0.0];
        $response = $next($request);
        $id = substr(preg_replace('/[^A-Za-z0-9._-]/', '', (string) $request->headers->get('X-Request-Id', '')), 0, 64);
        $timing = sprintf('db;dur=%.2F;count=%d, req;desc="%s"', self::$milliseconds, self::$count, $id);
        $response->headers->set('Server-Timing', $timing);

        return $response;
    }
}
)PHP";

// Notifications of all threads come to one subscriber: each request's tally lies in its own thread (or fiber).
constexpr std::string_view rails = R"RUBY(# frozen_string_literal: true

# Tells the database calls of a request to whoever knows the environment's secret, and to nobody else.
#
# As config/initializers/understudy.rb, with UNDERSTUDY_SECRET in the environment. That is all.
class Understudy
  Tally = Struct.new(:count, :milliseconds)

  ActiveSupport::Notifications.subscribe("sql.active_record") do |event|
    tally = Thread.current[:understudy_tally]
    # Answers of the query cache and questions about the schema are no calls of the request.
    next if tally.nil? || event.payload[:cached] || event.payload[:name] == "SCHEMA"

    tally.count += 1
    tally.milliseconds += event.duration
  end

  def initialize(app)
    @app = app
    @secret = ENV.fetch("UNDERSTUDY_SECRET", "")
  end

  def call(env)
    given = env["HTTP_X_UNDERSTUDY"].to_s
    return @app.call(env) if @secret.empty? || !ActiveSupport::SecurityUtils.secure_compare(given, @secret)

    tally = Thread.current[:understudy_tally] = Tally.new(0, 0.0)
    status, headers, body = @app.call(env)
    id = env["HTTP_X_REQUEST_ID"].to_s.gsub(/[^A-Za-z0-9._-]/, "")[0, 64]
    timing = format('db;dur=%.2f;count=%d, req;desc="%s"', tally.milliseconds, tally.count, id)
    [status, headers.to_h.merge("server-timing" => timing), body]
  ensure
    Thread.current[:understudy_tally] = nil
  end
end

Rails.application.config.middleware.insert_before 0, Understudy
)RUBY";

// Requests interleave in one process: what belongs to which is told by AsyncLocalStorage. A pool hands its connections
// on in whichever request gives one back, so the callback that waits for one is bound to the request that asked.
constexpr std::string_view express = R"JS('use strict';
// Tells the database calls of a request to whoever knows the environment's secret, and to nobody else.
//
// As understudy.js, with UNDERSTUDY_SECRET in the environment; then, before everything else:
//   const understudy = require('./understudy');
//   const pg = require('pg');       understudy.count(pg.Client, ['query'], pg.Pool, 'connect');
//   or mysql = require('mysql2');
//     understudy.count(mysql.Connection, ['query', 'execute'], mysql.Pool, 'getConnection');
//   app.use(understudy.serverTiming);
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { createHash, timingSafeEqual } = require('node:crypto');

const requests = new AsyncLocalStorage();
const digest = (text) => createHash('sha256').update(String(text)).digest();
const secret = process.env.UNDERSTUDY_SECRET || '';
const wanted = digest(secret);

const wrap = (Class, method, around) => {
  let owner = Class.prototype; // its own or inherited: pooled connections are of another class
  while (!Object.hasOwn(owner, method)) owner = Object.getPrototypeOf(owner);
  owner[method] = around(owner[method]);
};

// Counts each call of these methods of a driver's connection; `lend` is the pool's method that waits for a connection.
exports.count = (Connection, methods, Pool, lend) => {
  for (const method of methods) {
    wrap(Connection, method, (original) => function (...args) {
      const tally = requests.getStore();
      if (tally) tally.count += 1;
      return original.apply(this, args);
    });
  }
  wrap(Pool, lend, (original) => function (callback) {
    return callback ? original.call(this, AsyncResource.bind(callback)) : original.call(this);
  });
};

exports.serverTiming = (req, res, next) => {
  const given = req.headers['x-understudy'] || '';
  if (!secret || !timingSafeEqual(digest(given), wanted)) return next();
  const tally = { count: 0 };
  const id = String(req.headers['x-request-id'] || '').replace(/[^A-Za-z0-9._-]/g, '').slice(0, 64);
  const { writeHead } = res;
  res.writeHead = function (...args) {
    res.setHeader('Server-Timing', `db;count=${tally.count}, req;desc="${id}"`);
    return writeHead.apply(this, args);
  };
  requests.run(tally, next);
};
)JS";

}  // namespace

std::string_view instrument_text(std::string_view framework) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> all{
        {{"django", django}, {"wordpress", wordpress}, {"laravel", laravel}, {"rails", rails}, {"express", express}}};
    for (const auto& [name, text] : all)
        if (name == framework) return text;
    return {};
}

}  // namespace understudy::cli
