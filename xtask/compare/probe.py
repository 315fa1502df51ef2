"""The rows of COMPARISON.md for stripe-python: `python3 server.py python3 probe.py`."""

import asyncio
import contextlib
import io
import json
import logging
import os
import re
import time
import urllib.request

import stripe

SERVER = os.environ["SERVER"]
PERSON = re.compile("FIRSTNAME|LASTNAME|IDNUMBER|STREET|1931|EMAIL")
SECRET = re.compile("_SECRET|start/URL")


def client(name, timeout=80, **options):
    http_client = stripe.RequestsClient(timeout=timeout)
    addresses = {"api": SERVER, "files": SERVER}
    return stripe.StripeClient(f"sk_test_{name}", base_addresses=addresses, http_client=http_client, **options)


def sessions(name, **options):
    return client(name, **options).v1.identity.verification_sessions


def create(name, **options):
    return sessions(name, **options).create({"type": "document"})


def settle(call):
    try:
        return call(), None
    except Exception as error:
        return None, error


def requests(name):
    with urllib.request.urlopen(f"{SERVER}/_requests/{name}") as response:
        return json.load(response)


def attempts(name):
    made = requests(name)
    return len(made), "attempts, keys", {request["headers"].get("idempotency-key") for request in made}


def row(name, *facts):
    print(f"{name}:", *facts)


def outcome(result):
    value, error = result
    return type(error).__name__ if error else getattr(value, "id", "an empty object")


def everything(error):
    """All that an error holds, causes included."""
    texts = []
    while error:
        texts += [repr(error), str(error), repr(vars(error))]
        error = error.__cause__
    return " ".join(texts)


print("stripe-python", stripe.VERSION)

stripe.api_key, stripe.api_base = "sk_test_lost", SERVER
settle(lambda: stripe.identity.VerificationSession.create(type="document"))
row("lost responses, module", *attempts("lost"))
settle(lambda: create("lost"))
row("lost responses, StripeClient", *attempts("lost"))
_, error = settle(lambda: create("lost", max_network_retries=2))
made = requests("lost")
keys = {request["headers"].get("idempotency-key") for request in made}
row("lost responses, StripeClient with 2 retries", len(made), "attempts; one key:", len(keys) == 1)
row("error has the key", any(key in everything(error) for key in keys), "fields:", *vars(error))
row("lost response, retries off", outcome(settle(lambda: create("lost", max_network_retries=0))), *attempts("lost"))
row("cut response once", outcome(settle(lambda: create("cutonce", max_network_retries=2))), *attempts("cutonce"))
_, error = settle(lambda: create("unavailable", max_network_retries=2))
row("503", type(error).__name__, *attempts("unavailable"), "request id:", error.request_id)

for name in ["emptypage", "emptyfirst", "samepage"]:
    ids = []
    _, error = settle(lambda: ids.extend(session.id for session in sessions(name).list({"limit": 2}).auto_paging_iter()))
    message = repr(error) if error else "ended"
    row(f"pages: {name}", message, len(ids), "objects,", len(requests(name)), "requests (20 until has_more is false)")

session = sessions("ok").retrieve("vs_1")
for how, text in {"repr": repr(session), "str": str(session), "print": f"{session}"}.items():
    row(f"output: {how}", "person:", bool(PERSON.search(text)), "secrets:", bool(SECRET.search(text)))
row("output: client", "key:", "sk_test_ok" in repr(client("ok")))
text = io.StringIO()
logging.basicConfig(stream=text, level=logging.DEBUG)
for level in [logging.DEBUG, logging.INFO]:
    logging.getLogger().setLevel(level)
    text.seek(0), text.truncate()
    sessions("ok").create({"type": "document", "provided_details": {"email": "EMAIL"}})
    logged = text.getvalue()
    found = "person:", bool(PERSON.search(logged)), "secrets:", bool(SECRET.search(logged)), "key:", "sk_test_ok" in logged
    row(f"output: logging at {logging.getLevelName(level)}", *found)
logging.getLogger().setLevel(logging.WARNING)

for name in ["enum", "field", "missing", "null", "shape"]:
    row(f"parse: {name}", outcome(settle(lambda: sessions(name).retrieve("vs_1"))))

event = {"id": "evt_1", "object": "event", "type": "identity.verification_session.verified", "data": {"object": {}}}
payload = json.dumps(event)
header = stripe.WebhookSignature.generate_signature_header(payload, "whsec_new")
for secrets in ["whsec_new", ["whsec_old", "whsec_new"]]:
    value, error = settle(lambda: stripe.Webhook.construct_event(payload, header, secrets, api_key="sk_test_ok"))
    row("webhook", secrets, value.id if value else repr(error))
thin = {"id": "evt_1", "object": "v2.core.event", "type": "v1.identity.verification_session.verified"}
related = {"id": "vs_1", "type": "identity.verification_session", "url": "/v1/identity/verification_sessions/vs_1"}
thin |= {"created": "2026-01-01T00:00:00Z", "livemode": False, "related_object": related}
payload = json.dumps(thin)
header = stripe.WebhookSignature.generate_signature_header(payload, "whsec_new")
row("thin event", client("ok").parse_event_notification(payload, header, "whsec_new").id)

row("timeout by default", stripe.RequestsClient()._timeout, "s")
start = time.monotonic()
result = outcome(settle(lambda: create("drip", timeout=2, max_network_retries=0)))
row("a body of 10 s in drips, timeout 2 s", result, f"after {time.monotonic() - start:.1f} s")
start = time.monotonic()
result = outcome(settle(lambda: create("silent", timeout=1, max_network_retries=2)))
row("silence, timeout 1 s", result, f"after {time.monotonic() - start:.1f} s", *attempts("silent"))

result = outcome(settle(lambda: create("redirect")))
elsewhere = requests("elsewhere")
with_key = any("authorization" in request["headers"] for request in elsewhere)
row("redirect", result, "followed:", bool(elsewhere), "with the key:", with_key)
addresses = {"api": "http://host.invalid"}
live = stripe.StripeClient("sk_live_ok", base_addresses=addresses, max_network_retries=0)
_, error = settle(lambda: live.v1.identity.verification_sessions.retrieve("vs_1"))
row("live key over plain http to another host", "tried to connect:", "NameResolutionError" in everything(error))


async def create_async():
    addresses = {"api": SERVER, "files": SERVER}
    http_client = stripe.HTTPXClient()
    client = stripe.StripeClient("sk_test_ok", base_addresses=addresses, http_client=http_client)
    return await client.v1.identity.verification_sessions.create_async({"type": "document"})


row("asynchronous", asyncio.run(create_async()).id)

requests("ok")
chatty = client("ok")
for _ in range(2):
    chatty.v1.identity.verification_sessions.retrieve("vs_1")
_, second = requests("ok")
telemetry = ["x-stripe-client-telemetry", "x-stripe-client-user-agent"]
row("telemetry", *(second["headers"].get(header) for header in telemetry))
