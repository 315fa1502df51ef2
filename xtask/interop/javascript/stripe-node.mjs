// Tries the operations with stripe-node.

import assert from "node:assert/strict";
import Stripe from "stripe";
import { Cannot, EVENTS, run, withReceiver } from "./interop.mjs";

const PERSON = { "person[first_name]": "Jenny", "person[dob]": "1990-05-01", "person[country]": "US" };

function connect(world, options = {}, key = world.key) {
  const address = { host: world.host, port: world.port, protocol: "http" };
  return new Stripe(key, { ...address, maxNetworkRetries: 0, telemetry: false, timeout: 20_000, ...options });
}

function sessions(world, options, key) {
  return connect(world, options, key).identity.verificationSessions;
}

async function verified(world, params = { type: "document" }) {
  const session = await sessions(world).create(params);
  await world.submit(session.id, { outcome: "verified", ...PERSON });
  return session.id;
}

async function create(world, count, params = { type: "document" }) {
  const ids = [];
  for (let made = 0; made < count; made += 1) ids.push((await sessions(world).create(params)).id);
  return ids;
}

// Returns the error of a call, which must fail with this class and these properties.
async function failure(call, type, properties = {}) {
  const error = await call.then(() => assert.fail("the call succeeded"), (error) => error);
  assert(error instanceof type, error);
  for (const [name, value] of Object.entries(properties)) assert.equal(error[name], value, name);
  return error;
}

async function ids(list, limit = Infinity) {
  const found = [];
  for await (const item of list) {
    found.push(item.id);
    if (found.length === limit) break;
  }
  return found;
}

// Creates a session while the first requests fail. The session must exist exactly once.
async function createdOnceDespite(world, fault, requests) {
  await world.fault({ method: "POST", ...fault });
  const session = await sessions(world, { maxNetworkRetries: 3 }).create({ type: "document" });
  assert.deepEqual((await world.sessions()).map(({ id }) => id), [session.id]);
  assert.deepEqual(await world.faultsApplied(), [requests]);
}

// Calls `use` with the secret of an endpoint and the webhooks that it has received: those of all states or, with a
// disorder, those of one session.
async function withWebhooks(world, disorder, use) {
  await withReceiver(async (url, received) => {
    const endpoint = await connect(world).webhookEndpoints.create({ url, enabled_events: EVENTS });
    if (disorder) {
      await world.http("POST", "/_simulator/disorder", { disorder });
      await create(world, 1);
    } else {
      const [canceled, redacted] = await create(world, 2);
      await world.submit(redacted, { outcome: "document_expired" });
      await world.submit(redacted, { outcome: "verified" });
      await sessions(world).redact(redacted);
      await world.http("POST", `/_simulator/verification_sessions/${redacted}/finish_redaction`);
      await sessions(world).cancel(canceled);
    }
    await world.deliver();
    await use(endpoint.secret, received);
  });
}

async function withThinWebhooks(world, use) {
  await withReceiver(async (url, received) => {
    const destination = await connect(world).v2.core.eventDestinations.create({
      name: "thin",
      type: "webhook_endpoint",
      event_payload: "thin",
      enabled_events: EVENTS.map((type) => `v1.${type}`),
      webhook_endpoint: { url },
      include: ["webhook_endpoint.signing_secret"],
    });
    const session = await verified(world);
    await world.deliver();
    await use(destination.webhook_endpoint.signing_secret, received, session);
  });
}

function refusesSignature(world, { body, signature }, secret) {
  const { webhooks } = connect(world);
  assert.throws(() => webhooks.constructEvent(body, signature, secret), Stripe.errors.StripeSignatureVerificationError);
}

const onlyCli = new Cannot("it is a command of the CLI");

await run(Stripe.PACKAGE_VERSION, {
  "create a document session": async (world) => {
    const session = await sessions(world).create({
      type: "document",
      client_reference_id: "user-1",
      metadata: { order: "6735", note: "ä & = %" },
      options: {
        document: {
          allowed_types: ["passport", "id_card"],
          require_id_number: true,
          require_live_capture: true,
          require_matching_selfie: true,
        },
      },
      provided_details: { email: "jenny@example.com", phone: "+15555550100" },
      related_customer: "cus_1",
      related_person: { account: "acct_1", person: "person_1" },
      return_url: "https://example.com/return",
    });
    assert.match(session.id, /^vs_/);
    assert.equal(session.object, "identity.verification_session");
    assert.equal(session.status, "requires_input");
    assert.equal(session.client_reference_id, "user-1");
    assert.equal(session.related_customer, "cus_1");
    assert.deepEqual({ ...session.related_person }, { account: "acct_1", person: "person_1" });
    assert.deepEqual(session.metadata, { order: "6735", note: "ä & = %" });
    assert.deepEqual(session.options.document.allowed_types, ["passport", "id_card"]);
    assert.equal(session.options.document.require_id_number, true);
    assert.equal(session.options.document.require_live_capture, true);
    assert.equal(session.options.document.require_matching_selfie, true);
    assert.deepEqual({ ...session.provided_details }, { email: "jenny@example.com", phone: "+15555550100" });
    assert(session.client_secret.startsWith(session.id));
    assert(session.url.startsWith(world.url));
    assert(Math.abs(session.created - Date.now() / 1000) < 600);
  },

  "create an id number session": async (world) => {
    const session = await sessions(world).create({ type: "id_number", provided_details: { email: "a@example.com" } });
    assert.equal(session.type, "id_number");
    await world.submit(session.id, { outcome: "id_number_mismatch" });
    assert.equal((await sessions(world).retrieve(session.id)).last_error.code, "id_number_mismatch");
  },

  "create a session of a flow": async (world) => {
    const session = await sessions(world).create({ verification_flow: "vf_123" });
    assert.equal(session.type, "verification_flow");
    assert.equal(session.verification_flow, "vf_123");
  },

  "retrieve a session": async (world) => {
    const [id] = await create(world, 1, { type: "document", metadata: { a: "1" } });
    const session = await sessions(world).retrieve(id);
    assert.equal(session.id, id);
    assert.deepEqual(session.metadata, { a: "1" });
    assert.equal(session.lastResponse.statusCode, 200);
    assert.match(session.lastResponse.requestId, /^req_/);
  },

  "update a session": async (world) => {
    const [id] = await create(world, 1, { type: "document", metadata: { a: "1", b: "2" } });
    const update = (params) => sessions(world).update(id, params);
    assert.deepEqual((await update({ metadata: { a: "", c: "3" } })).metadata, { b: "2", c: "3" });
    const session = await update({
      options: { document: { require_matching_selfie: true } },
      provided_details: { email: "new@example.com" },
    });
    assert.equal(session.options.document.require_matching_selfie, true);
    assert.equal(session.provided_details.email, "new@example.com");
    assert.equal((await update({ type: "id_number" })).type, "id_number");
    assert.deepEqual((await update({ metadata: "" })).metadata, {});
  },

  "filter the list of sessions": async (world) => {
    const mineOnly = { client_reference_id: "user-1", related_customer_account: "acct_1" };
    const [mine] = await create(world, 1, { type: "document", ...mineOnly });
    const [customers] = await create(world, 1, { type: "document", related_customer: "cus_1" });
    const canceled = await sessions(world).cancel((await create(world, 1))[0]);
    const found = async (params) => (await sessions(world).list(params)).data.map(({ id }) => id);
    assert.deepEqual(await found({ client_reference_id: "user-1" }), [mine]);
    assert.deepEqual(await found({ related_customer_account: "acct_1" }), [mine]);
    assert.deepEqual(await found({ related_customer: "cus_1" }), [customers]);
    assert.deepEqual(await found({ status: "canceled" }), [canceled.id]);
    assert.deepEqual(await found({ limit: 1 }), [canceled.id]);
    assert.deepEqual(await found({ created: { gt: canceled.created + 600 } }), []);
    const recent = { gte: canceled.created - 600, lte: canceled.created + 600 };
    assert.deepEqual(await found({ created: recent }), [canceled.id, customers, mine]);
  },

  "page through sessions": async (world) => {
    const made = await create(world, 7);
    assert.deepEqual(await ids(sessions(world).list({ limit: 3 })), [...made].reverse());
    assert.equal((await sessions(world).list({ limit: 3 }).autoPagingToArray({ limit: 100 })).length, 7);
  },

  "page through sessions backwards": async (world) => {
    const made = await create(world, 7);
    assert.deepEqual(await ids(sessions(world).list({ limit: 2, ending_before: made[0] })), made.slice(1));
  },

  "cancel a session": async (world) => {
    const [id] = await create(world, 1);
    const session = await sessions(world).cancel(id);
    assert.equal(session.status, "canceled");
    assert.equal(session.url, null);
    await failure(sessions(world).cancel(id), Stripe.errors.StripeInvalidRequestError, { statusCode: 400 });
  },

  "redact a session": async (world) => {
    const id = await verified(world, { type: "document", metadata: { a: "1" } });
    assert.equal((await sessions(world).redact(id)).redaction.status, "processing");
    await world.http("POST", `/_simulator/verification_sessions/${id}/finish_redaction`);
    const redacted = await sessions(world).retrieve(id, { expand: ["verified_outputs"] });
    assert.equal(redacted.redaction.status, "redacted");
    assert.deepEqual(redacted.metadata, {});
    assert.equal(redacted.verified_outputs.first_name, "[redacted]");
    await failure(sessions(world).update(id, { metadata: { a: "1" } }), Stripe.errors.StripeInvalidRequestError);
  },

  "see why a session failed": async (world) => {
    const [id] = await create(world, 1);
    await world.submit(id, { outcome: "document_expired" });
    const session = await sessions(world).retrieve(id, { expand: ["last_verification_report"] });
    assert.equal(session.status, "requires_input");
    assert.equal(session.last_error.code, "document_expired");
    assert.equal(session.last_verification_report.document.error.code, "document_expired");
  },

  "list and retrieve reports": async (world) => {
    const id = await verified(world, { type: "document", client_reference_id: "user-1" });
    await verified(world);
    const { verificationReports } = connect(world).identity;
    const reports = await verificationReports.list({ verification_session: id });
    assert.equal(reports.data.length, 1);
    assert.deepEqual(await ids(verificationReports.list({ client_reference_id: "user-1" })), [reports.data[0].id]);
    assert.equal((await ids(verificationReports.list({ type: "document", limit: 1 }))).length, 2);
    const report = await verificationReports.retrieve(reports.data[0].id);
    assert.equal(report.verification_session, id);
    assert.equal(report.document.status, "verified");
    assert.equal(report.document.first_name, "Jenny");
  },

  "expand outputs and report": async (world) => {
    const id = await verified(world);
    const session = await sessions(world).retrieve(id, { expand: ["verified_outputs", "last_verification_report"] });
    assert.equal(session.verified_outputs.first_name, "Jenny");
    assert.equal(session.last_verification_report.verification_session, id);
    const plain = await sessions(world).retrieve(id);
    assert.equal(plain.last_verification_report, session.last_verification_report.id);
    const list = await sessions(world).list({ expand: ["data.verified_outputs"] });
    assert.equal(list.data[0].verified_outputs.first_name, "Jenny");
  },

  "expand sensitive fields": async (world) => {
    const id = await verified(world);
    const expand = ["verified_outputs.dob", "last_verification_report.document.number"];
    const session = await sessions(world, {}, world.restricted).retrieve(id, { expand });
    assert.deepEqual({ ...session.verified_outputs.dob }, { year: 1990, month: 5, day: 1 });
    assert.match(session.last_verification_report.document.number, /./);
    await failure(sessions(world).retrieve(id, { expand }), Stripe.errors.StripePermissionError, { statusCode: 403 });
  },

  "upload, retrieve and list files": async (world) => {
    const { files } = connect(world);
    const file = { data: Buffer.from("made up"), name: "front.png", type: "image/png" };
    const uploaded = await files.create({ purpose: "identity_document", file });
    await files.create({ purpose: "dispute_evidence", file });
    assert.equal(uploaded.purpose, "identity_document");
    assert.equal(uploaded.size, 7);
    const retrieved = await files.retrieve(uploaded.id);
    assert.equal(retrieved.filename, "front.png");
    assert.deepEqual(await ids(files.list({ purpose: "identity_document" })), [uploaded.id]);
  },

  "download a file": async (world) => {
    const file = { data: Buffer.from([0, 255, 10, 13]), name: "a.bin", type: "application/octet-stream" };
    const uploaded = await connect(world).files.create({ purpose: "dispute_evidence", file });
    assert.deepEqual(await download(connect(world), uploaded.id), Buffer.from([0, 255, 10, 13]));
  },

  "download the images of a verification": async (world) => {
    const id = await verified(world);
    const report = (await connect(world).identity.verificationReports.list({ verification_session: id })).data[0];
    const image = await download(connect(world, {}, world.restricted), report.document.files[0]);
    assert.equal(image.subarray(1, 4).toString(), "PNG");
    await failure(download(connect(world), report.document.files[0]), Stripe.errors.StripePermissionError);
  },

  "make and follow file links": async (world) => {
    const stripe = connect(world);
    const file = { data: Buffer.from("made up"), name: "a.txt", type: "text/plain" };
    const uploaded = await stripe.files.create({ purpose: "dispute_evidence", file });
    const link = await stripe.fileLinks.create({ file: uploaded.id, metadata: { a: "1" } });
    assert.equal(await (await fetch(link.url)).text(), "made up");
    assert.equal((await stripe.fileLinks.retrieve(link.id, { expand: ["file"] })).file.id, uploaded.id);
    assert.deepEqual(await ids(stripe.fileLinks.list({ file: uploaded.id })), [link.id]);
    assert.equal((await stripe.fileLinks.update(link.id, { expires_at: "now" })).expired, true);
    assert.equal((await fetch(link.url)).status, 404);
  },

  "create and delete an ephemeral key": async (world) => {
    const [id] = await create(world, 1);
    const { ephemeralKeys } = connect(world);
    const key = await ephemeralKeys.create({ verification_session: id }, { apiVersion: Stripe.API_VERSION });
    assert.match(key.secret, /^ek_test_/);
    assert.equal(key.expires - key.created, 3600);
    assert.equal((await ephemeralKeys.del(key.id)).id, key.id);
    await failure(sessions(world, {}, key.secret).retrieve(id), Stripe.errors.StripeAuthenticationError, {
      code: "api_key_expired",
    });
  },

  "read with an ephemeral key": async (world) => {
    const [id, other] = await create(world, 2);
    const params = { verification_session: id };
    const key = await connect(world).ephemeralKeys.create(params, { apiVersion: Stripe.API_VERSION });
    const session = await sessions(world, {}, key.secret).retrieve(id);
    assert.equal(session.status, "requires_input");
    await failure(sessions(world, {}, key.secret).retrieve(other), Stripe.errors.StripePermissionError);
  },

  "list and retrieve events": async (world) => {
    const id = await verified(world);
    const { events } = connect(world);
    const types = [];
    for await (const event of events.list({ limit: 2 })) types.push(event.type);
    assert.deepEqual(types, [EVENTS[3], EVENTS[1], EVENTS[0]]);
    const list = await events.list({ types: [EVENTS[3], EVENTS[2]] });
    assert.equal(list.data.length, 1);
    const event = await events.retrieve(list.data[0].id);
    assert.equal(event.data.object.id, id);
    assert.equal(event.data.object.status, "verified");
  },

  "retrieve a thin event": async (world) => {
    await withThinWebhooks(world, async (_, received, session) => {
      const { id } = JSON.parse(received[0].body);
      const event = await connect(world).v2.core.events.retrieve(id);
      assert.match(event.type, /^v1\.identity\.verification_session\./);
      assert.equal(event.related_object.id, session);
    });
  },

  "manage webhook endpoints": async (world) => {
    const { webhookEndpoints } = connect(world);
    const url = "http://127.0.0.1:9/webhook";
    const endpoint = await webhookEndpoints.create({ url, enabled_events: ["*"], metadata: { a: "1" } });
    assert.match(endpoint.secret, /^whsec_/);
    const updated = await webhookEndpoints.update(endpoint.id, { enabled_events: [EVENTS[3]], disabled: true });
    assert.deepEqual([updated.status, updated.enabled_events], ["disabled", [EVENTS[3]]]);
    const retrieved = await webhookEndpoints.retrieve(endpoint.id);
    assert.deepEqual([retrieved.url, retrieved.secret], [url, undefined]);
    assert.deepEqual(await ids(webhookEndpoints.list()), [endpoint.id]);
    assert.equal((await webhookEndpoints.del(endpoint.id)).deleted, true);
    assert.deepEqual(await ids(webhookEndpoints.list()), []);
  },

  "manage event destinations": async (world) => {
    const { eventDestinations } = connect(world).v2.core;
    const made = [];
    for (let number = 0; number < 3; number += 1) {
      const destination = await eventDestinations.create({
        name: `destination ${number}`,
        type: "webhook_endpoint",
        event_payload: "thin",
        enabled_events: [`v1.${EVENTS[3]}`],
        webhook_endpoint: { url: "http://127.0.0.1:9/webhook" },
      });
      made.push(destination.id);
    }
    const [id] = made;
    assert.equal((await eventDestinations.update(id, { name: "new", metadata: { a: "1" } })).name, "new");
    assert.equal((await eventDestinations.disable(id)).status, "disabled");
    assert.equal((await eventDestinations.enable(id)).status, "enabled");
    const include = ["webhook_endpoint.url"];
    const retrieved = await eventDestinations.retrieve(id, { include });
    assert.equal(retrieved.webhook_endpoint.url, "http://127.0.0.1:9/webhook");
    assert.deepEqual((await ids(eventDestinations.list({ limit: 2 }))).sort(), made.sort());
    assert.equal((await eventDestinations.del(id)).id, id);
    await failure(eventDestinations.retrieve(id), Stripe.errors.StripeInvalidRequestError, { statusCode: 404 });
  },

  "replay a call": async (world) => {
    const options = { idempotencyKey: "attempt-1" };
    const first = await sessions(world).create({ type: "document" }, options);
    const second = await sessions(world).create({ type: "document" }, options);
    assert.equal(second.id, first.id);
    assert.equal(second.lastResponse.headers["idempotent-replayed"], "true");
    assert.equal((await world.sessions()).length, 1);
  },

  "refuse another call under an idempotency key": async (world) => {
    const options = { idempotencyKey: "attempt-1" };
    await sessions(world).create({ type: "document" }, options);
    const other = sessions(world).create({ type: "id_number" }, options);
    await failure(other, Stripe.errors.StripeIdempotencyError, { statusCode: 400, rawType: "idempotency_error" });
    assert.equal((await world.sessions()).length, 1);
  },

  "refuse a call under an idempotency key in use": async (world) => {
    await world.fault({ latency: "5s", method: "POST", times: 1 });
    const options = { idempotencyKey: "attempt-1" };
    const first = sessions(world).create({ type: "document" }, options);
    while ((await world.sessions()).length === 0);
    const second = sessions(world).create({ type: "document" }, options);
    await failure(second, Stripe.errors.StripeAPIError, { statusCode: 409, code: "idempotency_key_in_use" });
    assert.equal((await first).id, (await world.sessions())[0].id);
  },

  "act for a connected account": async (world) => {
    const stripeAccount = "acct_1";
    const session = await sessions(world).create({ type: "document" }, { stripeAccount });
    assert.equal((await sessions(world, { stripeAccount }).retrieve(session.id)).id, session.id);
    await failure(sessions(world).retrieve(session.id), Stripe.errors.StripeInvalidRequestError, { statusCode: 404 });
  },

  "act in a context": async (world) => {
    const session = await sessions(world).create({ type: "document" }, { stripeContext: "acct_1" });
    assert.equal((await sessions(world, { stripeAccount: "acct_1" }).retrieve(session.id)).id, session.id);
    await failure(sessions(world).retrieve(session.id), Stripe.errors.StripeInvalidRequestError, { statusCode: 404 });
  },

  "choose an API version": async (world) => {
    const session = await sessions(world).create({ type: "document" }, { apiVersion: "2024-06-20" });
    assert.equal(session.lastResponse.apiVersion, "2024-06-20");
    assert.equal((await sessions(world).retrieve(session.id)).lastResponse.apiVersion, Stripe.API_VERSION);
  },

  "make a raw request": async (world) => {
    const stripe = connect(world);
    const params = { type: "document", metadata: { a: "1" } };
    const session = await stripe.rawRequest("POST", "/v1/identity/verification_sessions", params);
    assert.deepEqual(session.metadata, { a: "1" });
    const path = `/v1/identity/verification_sessions/${session.id}`;
    assert.equal((await stripe.rawRequest("GET", path)).id, session.id);
  },

  "give up after a timeout": async (world) => {
    await world.fault({ latency: "60s", method: "GET", path: "/v1/events" });
    const error = await failure(connect(world, { timeout: 300 }).events.list(), Stripe.errors.StripeConnectionError);
    assert.match(error.message, /timeout/);
  },

  "error: invalid request": async (world) => {
    const invalid = Stripe.errors.StripeInvalidRequestError;
    await failure(sessions(world).create({ type: "face" }), invalid, { statusCode: 400, param: "type" });
    const unknown = sessions(world).create({ type: "document", colour: "red" });
    await failure(unknown, invalid, { code: "parameter_unknown", param: "colour" });
    await failure(sessions(world).retrieve("vs_none"), invalid, { statusCode: 404, code: "resource_missing" });
  },

  "error: authentication": async (world) => {
    const error = Stripe.errors.StripeAuthenticationError;
    await failure(sessions(world, {}, "sk_live_none").list(), error, { statusCode: 401 });
    const published = world.key.replace("sk_", "pk_");
    await failure(sessions(world, {}, published).list(), error, { code: "secret_key_required" });
  },

  "error: permission": async (world) => {
    const id = await verified(world);
    const refused = sessions(world).retrieve(id, { expand: ["verified_outputs.dob"] });
    await failure(refused, Stripe.errors.StripePermissionError, { statusCode: 403 });
  },

  "error: rate limit": async (world) => {
    await world.fault({ effect: "rate_limit" });
    // Without `Stripe-Should-Retry` it repeats no request, even with retries.
    for (const maxNetworkRetries of [0, 3]) {
      const refused = sessions(world, { maxNetworkRetries }).create({ type: "document" });
      await failure(refused, Stripe.errors.StripeRateLimitError, { statusCode: 429, code: "rate_limit" });
    }
    assert.deepEqual(await world.faultsApplied(), [2]);
  },

  "error: API": async (world) => {
    await world.fault({ effect: "respond", status: 500, type: "api_error", message: "made up" });
    const refused = sessions(world).create({ type: "document" });
    await failure(refused, Stripe.errors.StripeAPIError, { statusCode: 500, message: "made up" });
    assert.deepEqual(await world.faultsApplied(), [1]);
  },

  "error: connection": async (world) => {
    // It repeats a request once if its connection ends, even without retries.
    await world.fault({ effect: "reset" });
    await failure(sessions(world).create({ type: "document" }), Stripe.errors.StripeConnectionError);
    assert.deepEqual(await world.faultsApplied(), [2]);
  },

  "error: has the request id": async (world) => {
    const error = await failure(sessions(world).retrieve("vs_none"), Stripe.errors.StripeInvalidRequestError);
    assert.match(error.requestId, /^req_/);
  },

  "retry after a 503": (world) => createdOnceDespite(world, { effect: "respond", status: 503, times: 2 }, 2),

  "retry after a reset": (world) => createdOnceDespite(world, { effect: "reset", times: 2 }, 2),

  "retry after a lost response": (world) => createdOnceDespite(world, { effect: "lose_response", times: 2 }, 2),

  "retry after a cut response": new Cannot("it repeats no request whose response has begun", (world) =>
    failure(createdOnceDespite(world, { effect: "cut_body", times: 1 }, 1), Stripe.errors.StripeConnectionError),
  ),

  "retry after a lock timeout": (world) => createdOnceDespite(world, { effect: "lock_timeout", times: 2 }, 2),

  "retry after a rate limit": (world) =>
    createdOnceDespite(world, { effect: "rate_limit", times: 1, "headers[Stripe-Should-Retry]": "true" }, 1),

  "verify webhooks": (world) =>
    withWebhooks(world, null, async (secret, received) => {
      const { webhooks } = connect(world);
      const events = received.map(({ body, signature }) => webhooks.constructEvent(body, signature, secret));
      assert.deepEqual([...new Set(events.map(({ type }) => type))].sort(), [...EVENTS].sort());
      for (const event of events) assert.equal(event.data.object.object, "identity.verification_session");
      const retrieved = await connect(world).events.retrieve(events[0].id);
      assert.equal(retrieved.type, events[0].type);
    }),

  "refuse a webhook with a wrong secret": (world) =>
    withWebhooks(world, "wrong_signature", (secret, [webhook]) => {
      refusesSignature(world, webhook, secret);
      refusesSignature(world, webhook, "whsec_other");
    }),

  "refuse an old webhook": (world) =>
    withWebhooks(world, "old_timestamp", (secret, [webhook]) => {
      refusesSignature(world, webhook, secret);
      // Only the age is wrong.
      connect(world).webhooks.constructEvent(webhook.body, webhook.signature, secret, 100_000);
    }),

  "refuse a changed webhook": (world) =>
    withWebhooks(world, "two_signatures", (secret, [{ body, signature }]) => {
      connect(world).webhooks.constructEvent(body, signature, secret);
      refusesSignature(world, { body: body.toString().replace("document", "id_number"), signature }, secret);
    }),

  "verify thin events": (world) =>
    withThinWebhooks(world, async (secret, received, session) => {
      const stripe = connect(world);
      const types = [];
      for (const { body, signature } of received) {
        const notification = stripe.parseEventNotification(body, signature, secret);
        assert.equal(notification.related_object.id, session);
        types.push(notification.type);
      }
      assert.deepEqual(types.sort(), [EVENTS[0], EVENTS[1], EVENTS[3]].map((type) => `v1.${type}`).sort());
    }),

  "fetch a thin event and its object": (world) =>
    withThinWebhooks(world, async (secret, [{ body, signature }], session) => {
      const notification = connect(world).parseEventNotification(body, signature, secret);
      assert.equal((await notification.fetchEvent()).id, notification.id);
      assert.equal((await notification.fetchRelatedObject()).id, session);
    }),

  "refuse forged thin events": (world) =>
    withThinWebhooks(world, (secret, [{ body, signature }]) => {
      const error = Stripe.errors.StripeSignatureVerificationError;
      const stripe = connect(world);
      assert.throws(() => stripe.parseEventNotification(body, signature, "whsec_other"), error);
      const changed = body.toString().replace("vs_", "vs_0");
      assert.throws(() => stripe.parseEventNotification(changed, signature, secret), error);
    }),

  "trigger events": onlyCli,
  "resend an event": onlyCli,
  "forward webhooks": onlyCli,
});

async function download(stripe, file) {
  const chunks = [];
  const stream = await stripe.rawRequest("GET", `/v1/files/${file}/contents`, undefined, { streaming: true });
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
