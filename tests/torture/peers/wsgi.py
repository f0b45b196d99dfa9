"""The answer of the others, for gunicorn."""

import os


def application(_environ, start_response):
    body = f"hello from worker 1 pid {os.getpid()}\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
