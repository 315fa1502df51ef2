"""The rows of COMPARISON.md for servers that stand in for Stripe: `python3 mocks.py http://127.0.0.1:12111`."""

import hashlib
import hmac
import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

SESSIONS = "/v1/identity/verification_sessions"
received = []
arrived = threading.Event()


class Receiver(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received.append((body, self.headers.get("Stripe-Signature", "")))
        self.send_response(200)
        self.end_headers()
        arrived.set()


def call(method, path, key="sk_test_compare", idempotency=None, **params):
    data = urllib.parse.urlencode(params).encode() if method == "POST" else None
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if idempotency:
        headers["Idempotency-Key"] = idempotency
    request = urllib.request.Request(sys.argv[1] + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or "{}")


def row(name, *facts):
    print(f"{name}:", *facts)


def signed(secret, body, header):
    fields = dict(field.split("=", 1) for field in header.split(",")) if header else {}
    expected = hmac.new(secret.encode(), f"{fields.get('t')}.".encode() + body, hashlib.sha256).hexdigest()
    return expected == fields.get("v1")


_, made = call("POST", SESSIONS, type="document", **{"metadata[case]": "7"})
row("create: metadata comes back", made.get("metadata", {}).get("case") == "7")
_, found = call("GET", f"{SESSIONS}/{made['id']}")
row("create, then retrieve: metadata comes back", found.get("metadata", {}).get("case") == "7")
_, listed = call("GET", SESSIONS)
row("create, then list: it is there", listed["data"][0] == made)
row("unknown session", call("GET", f"{SESSIONS}/vs_unknown")[0])
for attempt in ["cancel", "cancel again"]:
    status, canceled = call("POST", f"{SESSIONS}/{made['id']}/cancel")
    row(attempt, status, canceled.get("status"))
first, again, other = (call("POST", SESSIONS, idempotency="key", type=kind) for kind in ["document", "document", "id_number"])
row("idempotency key: same parameters, same object", first[1].get("id") == again[1].get("id"), "other parameters:", other[0])
row("unknown parameter", call("POST", SESSIONS, type="document", novel="1")[0], "unknown type:", call("POST", SESSIONS, type="novel")[0])
row("no key", call("GET", SESSIONS, key=None)[0], "live key:", call("GET", SESSIONS, key="sk_live_1")[0])
row("another product (charges)", call("GET", "/v1/charges")[0])

receiver = HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{receiver.server_port}/webhook"
event = "identity.verification_session.created"
status, endpoint = call("POST", "/v1/webhook_endpoints", url=url, **{"enabled_events[0]": event})
row("webhook endpoint", status)
_, made = call("POST", SESSIONS, type="document", return_url="https://example.com/return")
arrived.wait(5)
row("webhook arrives", bool(received), "signed:", bool(received) and signed(endpoint["secret"], *received[0]))
if made["url"]:
    with urllib.request.urlopen(made["url"], timeout=5) as page:
        row("page of a session", page.status, page.headers["Content-Type"])
else:
    row("page of a session", "the URL is", made["url"])
