"""Water levels, from the harbour office's gauge service."""

import http.client
import json
import os
from urllib.parse import urlsplit

URL = os.environ.get("LEVELS_URL", "http://127.0.0.1:8077/levels")


def level_cm(time: str) -> int:
    """Ask for the level at a time of today, such as 08:40, in cm above chart datum."""
    url = urlsplit(URL)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
    connection.request("GET", f"{url.path}?at={time}")
    with connection.getresponse() as response:
        return json.loads(response.read())["level_cm"]
