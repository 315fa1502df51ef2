"""Tries the operations with stripe-python: its blocking client or, with the argument `async`, its asynchronous one."""

import asyncio
import contextlib
import io
import json
import sys
import time

import stripe

from interop import EVENTS, Cannot, get, receiver, run

ASYNC = sys.argv[1:] == ["async"]
RECEIVER = "http://127.0.0.1:9/webhook"


def connect(world, key=None, timeout=20, **options):
    http_client = stripe.HTTPXClient(timeout=timeout) if ASYNC else stripe.RequestsClient(timeout=timeout)
    addresses = {"api": world.url, "files": world.url}
    options = {"max_network_retries": 0, **options}
    return stripe.StripeClient(key or world.key, base_addresses=addresses, http_client=http_client, **options)


async def call(service, method, *arguments, **options):
    """Calls a method of the client."""
    if ASYNC:
        return await getattr(service, f"{method}_async")(*arguments, **options)
    return getattr(service, method)(*arguments, **options)


def sessions(world, **options):
    return connect(world, **options).v1.identity.verification_sessions


async def create(world, **params):
    return (await call(sessions(world), "create", params or {"type": "document"})).id


async def verified(world, **params):
    session = await create(world, **params)
    details = {"person[first_name]": "Jenny", "person[dob]": "1990-05-01", "person[country]": "US"}
    world.submit(session, "verified", **details)
    return session


async def failure(coroutine, kind, **properties):
    """Returns the error of a call, which must fail with this class and these properties."""
    try:
        await coroutine
    except stripe.StripeError as error:
        assert type(error) is kind, repr(error)
        for name, value in properties.items():
            found = getattr(error.error if name == "code" else error, name)
            assert found == value, (name, found)
        return error
    raise AssertionError("the call succeeded")


async def ids(page):
    """Returns the ids of a list, over all of its pages."""
    pages = page.auto_paging_iter()
    return [item.id async for item in pages] if ASYNC else [item.id for item in pages]


async def upload(world, contents=b"made up", purpose="dispute_evidence", name="a.txt"):
    file = io.BytesIO(contents)
    file.name = name
    return await call(connect(world).v1.files, "create", {"purpose": purpose, "file": file})


def created_once_despite(requests, **fault):
    """Creates a session while the first requests fail. The session must exist exactly once."""

    async def attempt(world):
        world.fault(method="POST", **fault)
        session = await call(sessions(world, max_network_retries=3), "create", {"type": "document"})
        assert world.sessions() == [session.id]
        assert world.faults_applied() == [requests]

    return attempt


@contextlib.asynccontextmanager
async def webhooks(world, disorder=None):
    """Yields the secret of an endpoint and the webhooks that it has received: those of all states or, with a disorder,
    those of one session."""
    with receiver() as (url, received):
        params = {"url": url, "enabled_events": EVENTS}
        endpoint = await call(connect(world).v1.webhook_endpoints, "create", params)
        if disorder:
            world.http("POST", "/_simulator/disorder", disorder=disorder)
            await create(world)
        else:
            session = await create(world)
            world.submit(session, "document_expired")
            world.submit(session, "verified")
            await call(sessions(world), "redact", session)
            world.http("POST", f"/_simulator/verification_sessions/{session}/finish_redaction")
            await call(sessions(world), "cancel", await create(world))
        world.deliver()
        yield endpoint.secret, received


@contextlib.asynccontextmanager
async def thin_webhooks(world):
    with receiver() as (url, received):
        destination = await call(
            connect(world).v2.core.event_destinations,
            "create",
            {
                "name": "thin",
                "type": "webhook_endpoint",
                "event_payload": "thin",
                "enabled_events": [f"v1.{event}" for event in EVENTS],
                "webhook_endpoint": {"url": url},
                "include": ["webhook_endpoint.signing_secret"],
            },
        )
        session = await verified(world)
        world.deliver()
        yield destination.webhook_endpoint.signing_secret, received, session


def refuses(verify, *arguments):
    try:
        verify(*arguments)
    except stripe.SignatureVerificationError:
        return
    raise AssertionError("the webhook is accepted")


async def create_document(world):
    checks = ["require_id_number", "require_live_capture", "require_matching_selfie"]
    session = await call(
        sessions(world),
        "create",
        {
            "type": "document",
            "client_reference_id": "user-1",
            "metadata": {"order": "6735", "note": "ä & = %"},
            "options": {"document": {"allowed_types": ["passport", "id_card"], **{check: True for check in checks}}},
            "provided_details": {"email": "jenny@example.com", "phone": "+15555550100"},
            "related_customer": "cus_1",
            "related_person": {"account": "acct_1", "person": "person_1"},
            "return_url": "https://example.com/return",
        },
    )
    assert session.id.startswith("vs_") and session.object == "identity.verification_session"
    assert session.status == "requires_input"
    assert session.client_reference_id == "user-1" and session.related_customer == "cus_1"
    assert session.related_person.to_dict() == {"account": "acct_1", "person": "person_1"}
    assert session.metadata.to_dict() == {"order": "6735", "note": "ä & = %"}
    assert session.options.document.allowed_types == ["passport", "id_card"]
    assert all(getattr(session.options.document, check) is True for check in checks)
    assert session.provided_details.to_dict() == {"email": "jenny@example.com", "phone": "+15555550100"}
    assert session.client_secret.startswith(session.id) and session.url.startswith(world.url)
    assert abs(session.created - time.time()) < 600


async def create_id_number(world):
    params = {"type": "id_number", "provided_details": {"email": "a@example.com"}}
    session = await call(sessions(world), "create", params)
    assert session.type == "id_number"
    world.submit(session.id, "id_number_mismatch")
    assert (await call(sessions(world), "retrieve", session.id)).last_error.code == "id_number_mismatch"


async def create_flow(world):
    session = await call(sessions(world), "create", {"verification_flow": "vf_123"})
    assert (session.type, session.verification_flow) == ("verification_flow", "vf_123")


async def retrieve(world):
    made = await create(world, type="document", metadata={"a": "1"})
    session = await call(sessions(world), "retrieve", made)
    assert session.id == made and session.metadata.to_dict() == {"a": "1"}
    assert session.last_response.code == 200 and session.last_response.request_id.startswith("req_")


async def update(world):
    made = await create(world, type="document", metadata={"a": "1", "b": "2"})

    async def updated(**params):
        return await call(sessions(world), "update", made, params)

    assert (await updated(metadata={"a": "", "c": "3"})).metadata.to_dict() == {"b": "2", "c": "3"}
    details = {"email": "new@example.com"}
    session = await updated(options={"document": {"require_matching_selfie": True}}, provided_details=details)
    assert session.options.document.require_matching_selfie is True
    assert session.provided_details.email == "new@example.com"
    assert (await updated(type="id_number")).type == "id_number"
    assert (await updated(metadata="")).metadata.to_dict() == {}


async def filter_sessions(world):
    account = {"related_customer_account": "acct_1"}
    mine = await create(world, type="document", client_reference_id="user-1", **account)
    customers = await create(world, type="document", related_customer="cus_1")
    canceled = await call(sessions(world), "cancel", await create(world))

    async def found(**params):
        return [session.id for session in (await call(sessions(world), "list", params)).data]

    assert await found(client_reference_id="user-1") == [mine]
    assert await found(**account) == [mine]
    assert await found(related_customer="cus_1") == [customers]
    assert await found(status="canceled") == [canceled.id]
    assert await found(limit=1) == [canceled.id]
    assert await found(created={"gt": canceled.created + 600}) == []
    recent = {"gte": canceled.created - 600, "lte": canceled.created + 600}
    assert await found(created=recent) == [canceled.id, customers, mine]


async def page(world):
    made = [await create(world) for _ in range(7)]
    assert await ids(await call(sessions(world), "list", {"limit": 3})) == made[::-1]


async def page_backwards(world):
    made = [await create(world) for _ in range(7)]
    found = await ids(await call(sessions(world), "list", {"limit": 2, "ending_before": made[0]}))
    assert found == made[1:], (found, made)


async def cancel(world):
    made = await create(world)
    session = await call(sessions(world), "cancel", made)
    assert session.status == "canceled" and session.url is None
    await failure(call(sessions(world), "cancel", made), stripe.InvalidRequestError, http_status=400)


async def redact(world):
    made = await verified(world, type="document", metadata={"a": "1"})
    assert (await call(sessions(world), "redact", made)).redaction.status == "processing"
    world.http("POST", f"/_simulator/verification_sessions/{made}/finish_redaction")
    session = await call(sessions(world), "retrieve", made, {"expand": ["verified_outputs"]})
    assert session.redaction.status == "redacted" and session.metadata.to_dict() == {}
    assert session.verified_outputs.first_name == "[redacted]"
    await failure(call(sessions(world), "update", made, {"metadata": {"a": "1"}}), stripe.InvalidRequestError)


async def see_failure(world):
    made = await create(world)
    world.submit(made, "document_expired")
    session = await call(sessions(world), "retrieve", made, {"expand": ["last_verification_report"]})
    assert (session.status, session.last_error.code) == ("requires_input", "document_expired")
    assert session.last_verification_report.document.error.code == "document_expired"


async def reports(world):
    made = await verified(world, type="document", client_reference_id="user-1")
    await verified(world)
    service = connect(world).v1.identity.verification_reports
    (found,) = (await call(service, "list", {"verification_session": made})).data
    assert await ids(await call(service, "list", {"client_reference_id": "user-1"})) == [found.id]
    assert len(await ids(await call(service, "list", {"type": "document", "limit": 1}))) == 2
    report = await call(service, "retrieve", found.id)
    assert report.verification_session == made
    assert (report.document.status, report.document.first_name) == ("verified", "Jenny")


async def expand(world):
    made = await verified(world)
    both = {"expand": ["verified_outputs", "last_verification_report"]}
    session = await call(sessions(world), "retrieve", made, both)
    assert session.verified_outputs.first_name == "Jenny"
    assert session.last_verification_report.verification_session == made
    plain = await call(sessions(world), "retrieve", made)
    assert plain.last_verification_report == session.last_verification_report.id
    (listed,) = (await call(sessions(world), "list", {"expand": ["data.verified_outputs"]})).data
    assert listed.verified_outputs.first_name == "Jenny"


async def expand_sensitive(world):
    made = await verified(world)
    params = {"expand": ["verified_outputs.dob", "last_verification_report.document.number"]}
    session = await call(sessions(world, key=world.restricted), "retrieve", made, params)
    assert session.verified_outputs.dob.to_dict() == {"year": 1990, "month": 5, "day": 1}
    assert session.last_verification_report.document.number
    await failure(call(sessions(world), "retrieve", made, params), stripe.PermissionError, http_status=403)


async def files(world):
    uploaded = await upload(world, purpose="identity_document", name="front.png")
    await upload(world)
    assert (uploaded.purpose, uploaded.size) == ("identity_document", 7)
    service = connect(world).v1.files
    assert (await call(service, "retrieve", uploaded.id)).filename == "front.png"
    assert await ids(await call(service, "list", {"purpose": "identity_document"})) == [uploaded.id]


async def cannot_download(world):
    contents = f"/v1/files/{(await upload(world)).id}/contents"
    await failure(call(connect(world), "raw_request", "get", contents), stripe.APIError, http_status=200)


async def file_links(world):
    uploaded = await upload(world)
    service = connect(world).v1.file_links
    link = await call(service, "create", {"file": uploaded.id, "metadata": {"a": "1"}})
    assert get(link.url) == (200, b"made up")
    assert (await call(service, "retrieve", link.id, {"expand": ["file"]})).file.id == uploaded.id
    assert await ids(await call(service, "list", {"file": uploaded.id})) == [link.id]
    assert (await call(service, "update", link.id, {"expires_at": "now"})).expired is True
    assert get(link.url)[0] == 404


async def ephemeral_key(world, session):
    options = {"stripe_version": stripe.api_version}
    service = connect(world).v1.ephemeral_keys
    return await call(service, "create", {"verification_session": session}, options)


async def make_ephemeral_key(world):
    made = await create(world)
    key = await ephemeral_key(world, made)
    assert key.secret.startswith("ek_test_") and key.expires - key.created == 3600
    assert (await call(connect(world).v1.ephemeral_keys, "delete", key.id)).id == key.id
    gone = call(sessions(world, key=key.secret), "retrieve", made)
    await failure(gone, stripe.AuthenticationError, code="api_key_expired")


async def read_with_ephemeral_key(world):
    made, other = await create(world), await create(world)
    key = await ephemeral_key(world, made)
    assert (await call(sessions(world, key=key.secret), "retrieve", made)).status == "requires_input"
    await failure(call(sessions(world, key=key.secret), "retrieve", other), stripe.PermissionError)


async def events(world):
    made = await verified(world)
    service = connect(world).v1.events
    found = await call(service, "list", {"limit": 2})
    types = [event.type async for event in found.auto_paging_iter()] if ASYNC else [
        event.type for event in found.auto_paging_iter()
    ]
    assert types == [EVENTS[3], EVENTS[1], EVENTS[0]]
    (listed,) = (await call(service, "list", {"types": [EVENTS[3], EVENTS[2]]})).data
    event = await call(service, "retrieve", listed.id)
    assert (event.data.object.id, event.data.object.status) == (made, "verified")


async def thin_event(world):
    async with thin_webhooks(world) as (_, received, session):
        thin = json.loads(received[0][0])["id"]
        event = await call(connect(world).v2.core.events, "retrieve", thin)
        assert event.type.startswith("v1.identity.verification_session.")
        assert event.related_object.id == session


async def webhook_endpoints(world):
    service = connect(world).v1.webhook_endpoints
    params = {"url": RECEIVER, "enabled_events": ["*"], "metadata": {"a": "1"}}
    endpoint = await call(service, "create", params)
    assert endpoint.secret.startswith("whsec_")
    updated = await call(service, "update", endpoint.id, {"enabled_events": [EVENTS[3]], "disabled": True})
    assert (updated.status, updated.enabled_events) == ("disabled", [EVENTS[3]])
    retrieved = await call(service, "retrieve", endpoint.id)
    assert retrieved.url == RECEIVER and "secret" not in retrieved
    assert await ids(await call(service, "list")) == [endpoint.id]
    assert (await call(service, "delete", endpoint.id)).deleted is True
    assert await ids(await call(service, "list")) == []


async def event_destinations(world):
    service = connect(world).v2.core.event_destinations
    params = {
        "name": "thin",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": [f"v1.{EVENTS[3]}"],
        "webhook_endpoint": {"url": RECEIVER},
    }
    made = [(await call(service, "create", params)).id for _ in range(3)]
    updated = await call(service, "update", made[0], {"name": "new", "metadata": {"a": "1"}})
    assert updated.name == "new"
    assert (await call(service, "disable", made[0])).status == "disabled"
    assert (await call(service, "enable", made[0])).status == "enabled"
    retrieved = await call(service, "retrieve", made[0], {"include": ["webhook_endpoint.url"]})
    assert retrieved.webhook_endpoint.url == RECEIVER
    assert sorted(await ids(await call(service, "list", {"limit": 2}))) == sorted(made)
    assert (await call(service, "delete", made[0])).id == made[0]
    await failure(call(service, "retrieve", made[0]), stripe.InvalidRequestError, http_status=404)


KEYED = {"idempotency_key": "attempt-1"}


async def replay(world):
    first = await call(sessions(world), "create", {"type": "document"}, KEYED)
    second = await call(sessions(world), "create", {"type": "document"}, KEYED)
    assert first.id == second.id and world.sessions() == [first.id]
    assert second.last_response.headers["idempotent-replayed"] == "true"


async def changed_parameters(world):
    first = await call(sessions(world), "create", {"type": "document"}, KEYED)
    other = call(sessions(world), "create", {"type": "id_number"}, KEYED)
    await failure(other, stripe.IdempotencyError, http_status=400)
    assert world.sessions() == [first.id]


async def key_in_use(world):
    world.fault(latency="5s", method="POST", times=1)

    async def create_keyed():
        return await call(sessions(world), "create", {"type": "document"}, KEYED)

    first = create_keyed() if ASYNC else asyncio.to_thread(asyncio.run, create_keyed())
    first = asyncio.create_task(first)
    while not world.sessions():
        await asyncio.sleep(0.01)
    await failure(create_keyed(), stripe.APIError, http_status=409, code="idempotency_key_in_use")
    assert world.sessions() == [(await first).id]


async def connected_account(world):
    options = {"stripe_account": "acct_1"}
    session = await call(sessions(world), "create", {"type": "document"}, options)
    assert (await call(sessions(world, **options), "retrieve", session.id)).id == session.id
    await failure(call(sessions(world), "retrieve", session.id), stripe.InvalidRequestError, http_status=404)


async def context(world):
    options = {"stripe_context": "acct_1"}
    session = await call(sessions(world), "create", {"type": "document"}, options)
    assert (await call(sessions(world, stripe_account="acct_1"), "retrieve", session.id)).id == session.id
    await failure(call(sessions(world), "retrieve", session.id), stripe.InvalidRequestError, http_status=404)


async def api_version(world):
    options = {"stripe_version": "2024-06-20"}
    session = await call(sessions(world), "create", {"type": "document"}, options)
    assert session.last_response.headers["stripe-version"] == "2024-06-20"
    session = await call(sessions(world), "retrieve", session.id)
    assert session.last_response.headers["stripe-version"] == stripe.api_version


async def raw_request(world):
    client, path = connect(world), "/v1/identity/verification_sessions"
    response = await call(client, "raw_request", "post", path, type="document", metadata={"a": "1"})
    session = client.deserialize(response, api_mode="V1")
    assert session.metadata.to_dict() == {"a": "1"}
    assert (await call(client, "raw_request", "get", f"{path}/{session.id}")).data["id"] == session.id


async def timeout(world):
    world.fault(latency="60s", method="GET", path="/v1/events")
    error = await failure(call(connect(world, timeout=0.3).v1.events, "list"), stripe.APIConnectionError)
    assert "timeout" in str(error).lower().replace(" ", "").replace("timedout", "timeout"), str(error)


async def invalid_request(world):
    invalid = stripe.InvalidRequestError
    await failure(call(sessions(world), "create", {"type": "face"}), invalid, http_status=400, param="type")
    unknown = call(sessions(world), "create", {"type": "document", "colour": "red"})
    await failure(unknown, invalid, code="parameter_unknown", param="colour")
    await failure(call(sessions(world), "retrieve", "vs_none"), invalid, http_status=404, code="resource_missing")


async def authentication(world):
    error = stripe.AuthenticationError
    await failure(call(sessions(world, key="sk_live_none"), "list"), error, http_status=401)
    published = world.key.replace("sk_", "pk_")
    await failure(call(sessions(world, key=published), "list"), error, code="secret_key_required")


async def permission(world):
    refused = call(sessions(world), "retrieve", await verified(world), {"expand": ["verified_outputs.dob"]})
    await failure(refused, stripe.PermissionError, http_status=403)


async def rate_limit(world):
    world.fault(effect="rate_limit")
    # Without `Stripe-Should-Retry` it repeats no request, even with retries.
    for retries in (0, 3):
        refused = call(sessions(world, max_network_retries=retries), "create", {"type": "document"})
        await failure(refused, stripe.RateLimitError, http_status=429, code="rate_limit")
    assert world.faults_applied() == [2]


def refused_once(kind, fault, **properties):
    """Makes a request that fails and is not repeated."""

    async def attempt(world):
        world.fault(**fault)
        await failure(call(sessions(world), "create", {"type": "document"}), kind, **properties)
        assert world.faults_applied() == [1]

    return attempt


async def has_request_id(world):
    error = await failure(call(sessions(world), "retrieve", "vs_none"), stripe.InvalidRequestError)
    assert error.request_id.startswith("req_")


async def verify_webhooks(world):
    client = connect(world)
    async with webhooks(world) as (secret, received):
        verified = [client.construct_event(body, signature, secret) for body, signature in received]
        assert {event.type for event in verified} == set(EVENTS)
        assert all(event.data.object.object == "identity.verification_session" for event in verified)
        retrieved = await call(client.v1.events, "retrieve", verified[0].id)
        assert retrieved.type == verified[0].type


async def wrong_secret(world):
    async with webhooks(world, "wrong_signature") as (secret, [(body, signature)]):
        refuses(connect(world).construct_event, body, signature, secret)
        refuses(connect(world).construct_event, body, signature, "whsec_other")


async def old_webhook(world):
    async with webhooks(world, "old_timestamp") as (secret, [(body, signature)]):
        refuses(connect(world).construct_event, body, signature, secret)
        # Only the age is wrong.
        connect(world).construct_event(body, signature, secret, tolerance=100_000)


async def changed_webhook(world):
    async with webhooks(world, "two_signatures") as (secret, [(body, signature)]):
        connect(world).construct_event(body, signature, secret)
        refuses(connect(world).construct_event, body.replace(b"document", b"id_number"), signature, secret)


async def verify_thin(world):
    client, types = connect(world), []
    async with thin_webhooks(world) as (secret, received, session):
        for body, signature in received:
            notification = client.parse_event_notification(body, signature, secret)
            assert notification.related_object.id == session
            types.append(notification.type)
    assert sorted(types) == sorted(f"v1.{EVENTS[index]}" for index in (0, 1, 3)), types


async def fetch_of_thin(world):
    async with thin_webhooks(world) as (secret, received, session):
        body, signature = received[0]
        notification = connect(world).parse_event_notification(body, signature, secret)
        event, related = call(notification, "fetch_event"), call(notification, "fetch_related_object")
        if ASYNC:
            for fetched in (event, related):
                await failure(fetched, stripe.InvalidRequestError, param="usage[0]")
        else:
            assert (await event).id == notification.id and (await related).id == session


async def forged_thin(world):
    async with thin_webhooks(world) as (secret, received, _):
        body, signature = received[0]
        refuses(connect(world).parse_event_notification, body, signature, "whsec_other")
        refuses(connect(world).parse_event_notification, body.replace(b"vs_", b"vs_0"), signature, secret)


AFTER_CUT = created_once_despite(1, effect="cut_body", times=1)
NO_DOWNLOAD = "it has no method for the contents, and its raw requests read JSON only"
NO_FETCH = "`fetch_event_async` and `fetch_related_object_async` send a parameter that the API does not have, `usage`"
ONLY_CLI = "it is a command of the CLI"

OPERATIONS = {
    "create a document session": create_document,
    "create an id number session": create_id_number,
    "create a session of a flow": create_flow,
    "retrieve a session": retrieve,
    "update a session": update,
    "filter the list of sessions": filter_sessions,
    "page through sessions": page,
    "page through sessions backwards": page_backwards,
    "cancel a session": cancel,
    "redact a session": redact,
    "see why a session failed": see_failure,
    "list and retrieve reports": reports,
    "expand outputs and report": expand,
    "expand sensitive fields": expand_sensitive,
    "upload, retrieve and list files": files,
    "download a file": Cannot(NO_DOWNLOAD, cannot_download),
    "download the images of a verification": Cannot(NO_DOWNLOAD),
    "make and follow file links": file_links,
    "create and delete an ephemeral key": make_ephemeral_key,
    "read with an ephemeral key": read_with_ephemeral_key,
    "list and retrieve events": events,
    "retrieve a thin event": thin_event,
    "manage webhook endpoints": webhook_endpoints,
    "manage event destinations": event_destinations,
    "replay a call": replay,
    "refuse another call under an idempotency key": changed_parameters,
    "refuse a call under an idempotency key in use": key_in_use,
    "act for a connected account": connected_account,
    "act in a context": context,
    "choose an API version": api_version,
    "make a raw request": raw_request,
    "give up after a timeout": timeout,
    "error: invalid request": invalid_request,
    "error: authentication": authentication,
    "error: permission": permission,
    "error: rate limit": rate_limit,
    "error: API": refused_once(
        stripe.APIError,
        {"effect": "respond", "status": 500, "type": "api_error", "message": "made up"},
        http_status=500,
    ),
    "error: connection": refused_once(stripe.APIConnectionError, {"effect": "reset"}),
    "error: has the request id": has_request_id,
    "retry after a 503": created_once_despite(2, effect="respond", status=503, times=2),
    "retry after a reset": created_once_despite(2, effect="reset", times=2),
    "retry after a lost response": created_once_despite(2, effect="lose_response", times=2),
    "retry after a cut response": AFTER_CUT if ASYNC else Cannot(
        "it repeats no request whose response has begun",
        lambda world: failure(AFTER_CUT(world), stripe.APIConnectionError),
    ),
    "retry after a lock timeout": created_once_despite(2, effect="lock_timeout", times=2),
    "retry after a rate limit": created_once_despite(
        1, effect="rate_limit", times=1, **{"headers[Stripe-Should-Retry]": "true"}
    ),
    "verify webhooks": verify_webhooks,
    "refuse a webhook with a wrong secret": wrong_secret,
    "refuse an old webhook": old_webhook,
    "refuse a changed webhook": changed_webhook,
    "verify thin events": verify_thin,
    "fetch a thin event and its object": Cannot(NO_FETCH, fetch_of_thin) if ASYNC else fetch_of_thin,
    "refuse forged thin events": forged_thin,
    "trigger events": Cannot(ONLY_CLI),
    "resend an event": Cannot(ONLY_CLI),
    "forward webhooks": Cannot(ONLY_CLI),
}

asyncio.run(run(stripe.VERSION, OPERATIONS))
