class Response:
    def __init__(self, status, body=None):
        self.status, self.body = status, body


class Request:
    def __init__(self, method, path, body):
        self.method, self.path, self.body = method, path, body


ROUTES = {}


def route(method, path):
    def register(handler):
        ROUTES[method, path] = handler
        return handler
    return register


def error(status, code, message):
    return Response(status, {"error": {"code": code, "message": message}})


def handle(method, path, body=None):
    """Answer a request; `body` is the JSON that was sent, decoded."""
    handler = ROUTES.get((method, path))
    if handler is None:
        return error(404, "not_found", "no such route")
    return handler(Request(method, path, body))
