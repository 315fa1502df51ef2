"""The common parts of the Python scripts of `cargo xtask interop`."""

import contextlib
import http.server
import json
import os
import threading
import traceback
import urllib.error
import urllib.parse
import urllib.request

SIMULATOR = os.environ["SIMULATOR"]
NAMES = ["created", "processing", "requires_input", "verified", "canceled", "redacted"]
EVENTS = [f"identity.verification_session.{name}" for name in NAMES]


class World:
    """A world of the simulator, with requests that do not go through the tool."""

    def __init__(self, name):
        self.url = SIMULATOR
        self.key = f"sk_test_{name}"
        self.restricted = f"rk_test_{name}"

    def http(self, method, path, /, **params):
        data = urllib.parse.urlencode(params).encode() if params else None
        headers = {"Authorization": f"Bearer {self.key}"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=90) as response:
            return json.load(response)

    def submit(self, session, outcome, **details):
        path = f"/_simulator/verification_sessions/{session}/submit"
        return self.http("POST", path, outcome=outcome, **details)

    def fault(self, **params):
        return self.http("POST", "/_simulator/faults", **params)

    def faults_applied(self):
        return [fault["applied"] for fault in self.http("GET", "/_simulator/faults")["data"]]

    def sessions(self):
        """Returns the ids of all sessions."""
        return [session["id"] for session in self.http("GET", "/v1/identity/verification_sessions?limit=100")["data"]]

    def deliver(self):
        """Returns once each webhook so far has been delivered."""
        self.http("POST", "/_simulator/clock/run_until_idle")


def get(url):
    """Returns the status and the body of a link."""
    try:
        with urllib.request.urlopen(url, timeout=90) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@contextlib.contextmanager
def receiver():
    """Yields the URL of a server, and the list of the webhooks that it has received, each as body and signature."""
    received = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((body, self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/webhook", received
        server.shutdown()


async def nothing(world):
    pass


class Cannot:
    """Stands for an operation that the tool does not support. `proof` shows that, if it is given."""

    def __init__(self, reason, proof=nothing):
        self.reason = reason
        self.proof = proof


async def run(version, operations):
    """Tries each operation in a world of its own, and reports the result."""
    print(json.dumps({"version": version}), flush=True)
    for number, (operation, tried) in enumerate(operations.items()):
        lacks = isinstance(tried, Cannot)
        result, reason = ("cannot", tried.reason) if lacks else ("yes", None)
        try:
            await (tried.proof if lacks else tried)(World(f"operation{number}"))
        except Exception:
            result, reason = "no", traceback.format_exc()
        print(json.dumps({"operation": operation, "result": result, "reason": reason}), flush=True)
