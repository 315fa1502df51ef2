"""A person is verified, and a webhook says so.

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
    """Stands in for the user at the page of a session."""
    url = f"{simulator}/_simulator/verification_sessions/{session.id}/submit"
    urllib.request.urlopen(url, urllib.parse.urlencode(details).encode())


@pytest.fixture
def webhooks():
    """The URL of a server for webhooks, and a queue of their bodies and signatures."""
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


def test_person_is_verified_and_a_webhook_says_so(simulator, clients, webhooks):
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
    # As at Stripe, only a restricted key reads dates of birth and numbers.
    session = restricted.v1.identity.verification_sessions.retrieve(session.id, {"expand": ["verified_outputs.dob"]})
    assert session.verified_outputs.dob.year == 1990


def test_document_that_has_expired_takes_a_second_try(clients):
    client, _ = clients
    sessions = client.v1.identity.verification_sessions
    # The user submits by itself, with an outcome for each try.
    session = sessions.create({"type": "document", "metadata": {"simulate": "document_expired,verified"}})
    assert sessions.retrieve(session.id).last_error.code == "document_expired"
    assert sessions.retrieve(session.id).status == "verified"
