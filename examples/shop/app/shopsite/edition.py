"""Says in every answer which edition of its assets a page wants: what somebody forgets to bring to one environment."""
from django.conf import settings


class Edition:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response["X-Shop-Edition"] = settings.EDITION
        return response
