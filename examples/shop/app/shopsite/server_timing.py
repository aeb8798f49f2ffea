"""Tells the database calls of a request to whoever knows the environment's secret, and to nobody else."""
import re
import time
from secrets import compare_digest

from django.conf import settings
from django.db import connection


class Tally:
    """Counts every statement that reaches the database, and the milliseconds they took."""

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
        self.get_response, self.secret = get_response, settings.MEASURE_SECRET.encode()

    def __call__(self, request):
        given = request.META.get("HTTP_X_UNDERSTUDY", "").encode()
        if not self.secret or not compare_digest(given, self.secret):
            return self.get_response(request)
        tally = Tally()
        with connection.execute_wrapper(tally):
            response = self.get_response(request)
        request_id = re.sub(r"[^A-Za-z0-9._-]", "", request.META.get("HTTP_X_REQUEST_ID", ""))[:64]
        response["Server-Timing"] = f'db;dur={tally.milliseconds:.2f};count={tally.count}, req;desc="{request_id}"'
        return response
