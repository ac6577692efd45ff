import re


class Response:
    def __init__(self, status, body=None):
        self.status, self.body = status, body


class Request:
    def __init__(self, method, path, body, headers, params):
        self.method, self.path, self.body = method, path, body
        self.headers, self.params = headers, params

    @property
    def user(self):
        return self.headers.get("X-User")


ROUTES = []


def route(method, pattern):
    rx = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern) + "$")

    def register(handler):
        ROUTES.append((method, rx, handler))
        return handler
    return register


def error(status, code, message):
    return Response(status, {"error": {"code": code, "message": message}})


def handle(method, path, body=None, headers=None):
    for verb, rx, handler in ROUTES:
        hit = rx.match(path)
        if hit and verb == method:
            return handler(Request(method, path, body, headers or {}, hit.groupdict()))
    return error(404, "not_found", "no such route")
