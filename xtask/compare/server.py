"""A server that misbehaves: `python3 server.py COMMAND...` runs a command with the server's address in SERVER.

The name in the key, sk_test_NAME, chooses what the server does. `/_requests/NAME` returns the requests that were made with
that key since the last time.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SESSION = {
    "id": "vs_1",
    "object": "identity.verification_session",
    "client_reference_id": None,
    "client_secret": "vs_1_secret_SECRET",
    "created": 1700000000,
    "last_error": None,
    "last_verification_report": None,
    "livemode": False,
    "metadata": {"case": "METADATA"},
    "options": {"document": {}},
    "provided_details": {"email": "EMAIL@example.com"},
    "redaction": None,
    "related_customer": None,
    "related_customer_account": None,
    "related_person": None,
    "status": "verified",
    "type": "document",
    "url": "https://verify.stripe.com/start/URL",
    "verification_flow": None,
    "verified_outputs": {
        "address": {"line1": "STREET", "line2": None, "city": "Town", "state": None, "postal_code": "1", "country": "US"},
        "dob": {"day": 1, "month": 5, "year": 1931},
        "email": None,
        "first_name": "FIRSTNAME",
        "id_number": "IDNUMBER",
        "id_number_type": "us_ssn",
        "last_name": "LASTNAME",
        "phone": None,
        "sex": None,
        "unparsed_place_of_birth": None,
        "unparsed_sex": None,
    },
}
MISSING = object()
CHANGES = {
    "enum": {"status": "novel"},
    "field": {"novel": {"a": [1]}},
    "missing": {"livemode": MISSING},
    "null": {"metadata": None},
    "shape": {"options": "novel"},
}
requests, lock = {}, threading.Lock()


def session(name="ok", **changes):
    changed = {**SESSION, **CHANGES.get(name, {}), **changes}
    return {field: value for field, value in changed.items() if value is not MISSING}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def name(self):
        return self.headers.get("Authorization", "").rpartition("_")[2]

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
        self.rfile.read(length)
        if self.path.startswith("/_requests/"):
            with lock:
                return self.json(200, requests.pop(self.path.rpartition("/")[2], []))
        name = self.name() or "anonymous"
        headers = {field.lower(): value for field, value in self.headers.items()}
        with lock:
            requests.setdefault(name, []).append({"method": self.command, "path": self.path, "headers": headers})
            count = len(requests[name])
        getattr(self, f"when_{name}", self.when_other)(name, count)

    do_GET = do_POST = do_DELETE = handle_any

    def json(self, status, value, **headers):
        self.raw(status, json.dumps(value).encode(), "application/json", **headers)

    def raw(self, status, body, kind, **headers):
        self.send_response(status)
        for field, value in {"Content-Type": kind, "Content-Length": len(body), **headers}.items():
            self.send_header(field, value)
        self.end_headers()
        self.wfile.write(body)

    def page(self, data, has_more):
        self.json(200, {"object": "list", "url": "/v1/identity/verification_sessions", "data": data, "has_more": has_more})

    def when_other(self, name, _):
        self.json(200, session(name), **{"Request-Id": "req_1"})

    def when_lost(self, *_):
        self.close_connection = True

    def when_lostonce(self, name, count):
        return self.when_lost() if count == 1 else self.when_other(name, count)

    def when_cutonce(self, name, count):
        if count > 1:
            return self.when_other(name, count)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2000")
        self.end_headers()
        self.wfile.write(json.dumps(session()).encode()[:200])
        self.close_connection = True

    def when_unavailable(self, *_):
        self.json(503, {"error": {"type": "api_error", "message": "unavailable"}}, **{"Request-Id": "req_1"})

    def when_silent(self, *_):
        time.sleep(120)
        self.close_connection = True

    def when_drip(self, *_):
        body = json.dumps(session()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) + 20))
        self.end_headers()
        for _ in range(20):
            self.wfile.write(b" ")
            time.sleep(0.5)
        self.wfile.write(body)

    def when_emptypage(self, _, count):
        self.page([session(id="vs_1")] if count == 1 else [], has_more=count < 20)

    def when_emptyfirst(self, _, count):
        self.page([], has_more=count < 20)

    def when_samepage(self, _, count):
        self.page([session(id="vs_1"), session(id="vs_2")], has_more=count < 20)

    def when_redirect(self, *_):
        self.json(307, {}, Location=f"http://localhost:{elsewhere.server_port}{self.path}")


class Elsewhere(Handler):
    def name(self):
        return "elsewhere"


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Says nothing of clients that hang up."""


elsewhere = Server(("localhost", 0), Elsewhere)
main = Server(("127.0.0.1", 0), Handler)
for server in (elsewhere, main):
    threading.Thread(target=server.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory() as folder:
    # Telemetry of the libraries must not write to the user's own folder.
    settings = {"SERVER": f"http://127.0.0.1:{main.server_port}", "XDG_CONFIG_HOME": folder, "SESSION": json.dumps(session())}
    status = subprocess.run(sys.argv[1:], env={**os.environ, **settings}).returncode
    written = [os.path.join(path, file) for path, _, files in os.walk(folder) for file in files]
    print("files in the configuration folder afterwards:", [os.path.relpath(file, folder) for file in written])
sys.exit(status)
