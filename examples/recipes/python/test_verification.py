"""Tests of a program that verifies people.

python3 -m venv .venv
.venv/bin/pip install -r requirements.txt
.venv/bin/pytest
"""

import http.server
import queue
import threading
import urllib.parse
import urllib.request

import pytest
import stripe


def submit(simulator, session, **details):
    """Submits in place of the user of a session."""
    url = f"{simulator}/_simulator/verification_sessions/{session.id}/submit"
    urllib.request.urlopen(url, urllib.parse.urlencode(details).encode())


@pytest.fixture
def webhooks():
    """Starts a server for webhooks. Returns its URL, and a queue of the bodies and signatures that it receives."""
    received = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.put((body, self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/webhook", received
        server.shutdown()


def test_verified_person_is_announced_by_a_webhook(simulator, clients, webhooks):
    client, restricted = clients
    url, received = webhooks
    endpoint = client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})

    session = client.v1.identity.verification_sessions.create({"type": "document"})
    assert session.status == "requires_input"
    submit(simulator, session, **{"outcome": "verified", "person[dob]": "1990-05-01"})

    while True:
        body, signature = received.get(timeout=60)
        event = stripe.Webhook.construct_event(body, signature, endpoint.secret)
        if event.type == "identity.verification_session.verified":
            break
    assert event.data.object.id == session.id
    # As at Stripe, only a restricted key can read dates of birth and numbers.
    session = restricted.v1.identity.verification_sessions.retrieve(session.id, {"expand": ["verified_outputs.dob"]})
    assert session.verified_outputs.dob.year == 1990


def test_expired_document_is_followed_by_a_second_try(clients):
    client, _ = clients
    sessions = client.v1.identity.verification_sessions
    # The simulator submits by itself, with an outcome for each try.
    session = sessions.create({"type": "document", "metadata": {"simulate": "document_expired,verified"}})
    assert sessions.retrieve(session.id).last_error.code == "document_expired"
    assert sessions.retrieve(session.id).status == "verified"
