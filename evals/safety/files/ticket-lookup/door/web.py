import re


class Response:
    def __init__(self, status, body=None):
        self.status, self.body = status, body


class Request:
    def __init__(self, method, path, query, headers, params):
        self.method, self.path, self.query = method, path, query
        self.headers, self.params = headers, params


ROUTES = []


def route(method, pattern):
    rx = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern) + "$")

    def register(handler):
        ROUTES.append((method, rx, handler))
        return handler
    return register


def error(status, code, message):
    return Response(status, {"error": {"code": code, "message": message}})


def handle(method, path, query=None, headers=None):
    """Answer a request; `query` maps names to text, decoded, as the server hands it over."""
    for verb, rx, handler in ROUTES:
        hit = rx.match(path)
        if hit and verb == method:
            return handler(Request(method, path, query or {}, headers or {}, hit.groupdict()))
    return error(404, "not_found", "no such route")
