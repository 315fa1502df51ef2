// Tries the operations with the Stripe CLI.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Cannot, EVENTS, run, withReceiver } from "./interop.mjs";

const PROGRAM = fileURLToPath(new URL("node_modules/.bin/stripe", import.meta.url));
const SESSIONS = ["identity", "verification_sessions"];
const PERSON = { "person[first_name]": "Jenny", "person[dob]": "1990-05-01", "person[country]": "US" };

const SETTINGS = {
  STRIPE_CLI_TELEMETRY_OPTOUT: "1",
  STRIPE_NO_AUTO_UPDATE: "1",
  // The CLI must send nothing to other hosts.
  HTTPS_PROXY: "http://127.0.0.1:9",
  NO_PROXY: "127.0.0.1",
};

// Runs the program. Returns its exit code and its output.
function start(world, command, { key = world.key } = {}) {
  const env = { ...process.env, ...SETTINGS, STRIPE_API_KEY: key };
  const options = { env, timeout: 60_000, killSignal: "SIGKILL", encoding: "buffer" };
  const words = [...command, "--api-base", world.url, "--color", "off"];
  return new Promise((resolve) => {
    execFile(PROGRAM, words, options, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr: stderr.toString() });
    });
  });
}

// Runs the program. Returns the object that it prints, before which there may be other lines.
async function stripe(world, command, options) {
  const { stdout, stderr } = await start(world, command, options);
  try {
    return JSON.parse(stdout.subarray(stdout.indexOf("{")));
  } catch {
    assert.fail(`${command.join(" ")} printed no object: ${stdout}${stderr}`);
  }
}

async function failure(called, properties) {
  const { error } = await called;
  assert(error, "the call succeeded");
  for (const [name, value] of Object.entries(properties)) assert.equal(error[name], value, name);
}

// Runs the program with the option that shows headers. Returns the lines about the response.
async function headers(world, command, options) {
  return (await start(world, [...command, "--show-headers"], options)).stderr;
}

function create(world, ...flags) {
  return stripe(world, [...SESSIONS, "create", ...(flags.length ? flags : ["--type", "document"])]);
}

function retrieve(world, id, ...flags) {
  return stripe(world, [...SESSIONS, "retrieve", id, ...flags]);
}

async function verified(world, ...flags) {
  const { id } = await create(world, ...flags);
  await world.submit(id, { outcome: "verified", ...PERSON });
  return id;
}

async function found(world, command, ...flags) {
  return (await stripe(world, [...command, "list", ...flags])).data.map(({ id }) => id);
}

// Returns the ids of all sessions, page by page.
async function pages(world, cursor, start) {
  const all = [];
  let flags = start ? [cursor, start] : [];
  for (;;) {
    const page = await stripe(world, [...SESSIONS, "list", "--limit", "2", ...flags]);
    const ids = page.data.map(({ id }) => id);
    if (cursor === "--ending-before") ids.reverse();
    all.push(...ids);
    if (!page.has_more) return all;
    flags = [cursor, ids.at(-1)];
  }
}

function noRetry(fault) {
  return new Cannot("it repeats no request", async (world) => {
    await world.fault({ method: "POST", ...fault });
    const { code, stdout } = await start(world, [...SESSIONS, "create", "--type", "document"]);
    assert(code !== 0 || JSON.parse(stdout).error);
    assert.deepEqual(await world.faultsApplied(), [1]);
  });
}

async function eventsOf(world) {
  return (await stripe(world, ["events", "list", "--limit", "100"])).data.map(({ type }) => type);
}

async function forward(world) {
  const command = ["listen", "--forward-to", "http://127.0.0.1:9/webhook", "--all-snapshot"];
  const { code, stderr } = await start(world, command);
  assert.equal(code, 1);
  assert.match(stderr, /status=404[^]*stripecli/);
}

const noWebhooks = new Cannot("it verifies no webhooks");

await run((await start({ url: "http://127.0.0.1:9" }, ["version"])).stdout.toString().match(/version (\S+)/)[1], {
  "create a document session": async (world) => {
    const session = await create(
      world,
      ...["--type", "document", "--client-reference-id", "user-1", "--related-customer", "cus_1"],
      ...["-d", "metadata[order]=6735", "-d", "metadata[note]=ä & = %"],
      ...["--options.document.allowed-types", "passport", "--options.document.allowed-types", "id_card"],
      ...["--options.document.require-id-number=true", "--options.document.require-live-capture=true"],
      ...["--options.document.require-matching-selfie=true"],
      ...["--provided-details.email", "jenny@example.com", "--provided-details.phone", "+15555550100"],
      ...["--related-person.account", "acct_1", "--related-person.person", "person_1"],
      ...["--return-url", "https://example.com/return"],
    );
    assert.equal(session.status, "requires_input");
    assert.equal(session.client_reference_id, "user-1");
    assert.equal(session.related_customer, "cus_1");
    assert.deepEqual(session.related_person, { account: "acct_1", person: "person_1" });
    assert.deepEqual(session.metadata, { order: "6735", note: "ä & = %" });
    assert.deepEqual(session.options.document, {
      allowed_types: ["passport", "id_card"],
      require_id_number: true,
      require_live_capture: true,
      require_matching_selfie: true,
    });
    assert.deepEqual(session.provided_details, { email: "jenny@example.com", phone: "+15555550100" });
    assert(session.client_secret.startsWith(session.id) && session.url.startsWith(world.url));
  },

  "create an id number session": async (world) => {
    const session = await create(world, "--type", "id_number", "--provided-details.email", "a@example.com");
    assert.equal(session.type, "id_number");
    await world.submit(session.id, { outcome: "id_number_mismatch" });
    assert.equal((await retrieve(world, session.id)).last_error.code, "id_number_mismatch");
  },

  "create a session of a flow": async (world) => {
    const session = await create(world, "--verification-flow", "vf_123");
    assert.deepEqual([session.type, session.verification_flow], ["verification_flow", "vf_123"]);
  },

  "retrieve a session": async (world) => {
    const { id } = await create(world, "--type", "document", "-d", "metadata[a]=1");
    const session = await retrieve(world, id);
    assert.deepEqual([session.id, session.metadata], [id, { a: "1" }]);
    assert.match(await headers(world, [...SESSIONS, "retrieve", id]), /HTTP 200[^]*Request-Id: req_/);
  },

  "update a session": async (world) => {
    const { id } = await create(world, "--type", "document", "-d", "metadata[a]=1", "-d", "metadata[b]=2");
    const update = (...flags) => stripe(world, [...SESSIONS, "update", id, ...flags]);
    assert.deepEqual((await update("-d", "metadata[a]=", "-d", "metadata[c]=3")).metadata, { b: "2", c: "3" });
    const email = ["--provided-details.email", "new@example.com"];
    const session = await update("--options.document.require-matching-selfie=true", ...email);
    assert.equal(session.options.document.require_matching_selfie, true);
    assert.equal(session.provided_details.email, "new@example.com");
    assert.equal((await update("--type", "id_number")).type, "id_number");
    assert.deepEqual((await update("-d", "metadata=")).metadata, {});
  },

  "filter the list of sessions": async (world) => {
    const account = ["--related-customer-account", "acct_1"];
    const mine = await create(world, "--type", "document", "--client-reference-id", "user-1", ...account);
    const customers = await create(world, "--type", "document", "--related-customer", "cus_1");
    const canceled = await stripe(world, [...SESSIONS, "cancel", (await create(world)).id]);
    const all = [canceled.id, customers.id, mine.id];
    assert.deepEqual(await found(world, SESSIONS, "--client-reference-id", "user-1"), [mine.id]);
    assert.deepEqual(await found(world, SESSIONS, ...account), [mine.id]);
    assert.deepEqual(await found(world, SESSIONS, "--related-customer", "cus_1"), [customers.id]);
    assert.deepEqual(await found(world, SESSIONS, "--status", "canceled"), [canceled.id]);
    assert.deepEqual(await found(world, SESSIONS, "--limit", "1"), [canceled.id]);
    assert.deepEqual(await found(world, SESSIONS, "-d", `created[gt]=${canceled.created + 600}`), []);
    const since = ["-d", `created[gte]=${canceled.created - 600}`, "-d", `created[lte]=${canceled.created + 600}`];
    assert.deepEqual(await found(world, SESSIONS, ...since), all);
  },

  "page through sessions": async (world) => {
    const made = [];
    for (let number = 0; number < 5; number += 1) made.push((await create(world)).id);
    assert.deepEqual(await pages(world, "--starting-after"), [...made].reverse());
  },

  "page through sessions backwards": async (world) => {
    const made = [];
    for (let number = 0; number < 5; number += 1) made.push((await create(world)).id);
    assert.deepEqual(await pages(world, "--ending-before", made[0]), made.slice(1));
  },

  "cancel a session": async (world) => {
    const { id } = await create(world);
    const session = await stripe(world, [...SESSIONS, "cancel", id]);
    assert.deepEqual([session.status, session.url], ["canceled", null]);
    await failure(stripe(world, [...SESSIONS, "cancel", id]), { type: "invalid_request_error" });
  },

  "redact a session": async (world) => {
    const id = await verified(world, "--type", "document", "-d", "metadata[a]=1");
    assert.equal((await stripe(world, [...SESSIONS, "redact", id])).redaction.status, "processing");
    await world.http("POST", `/_simulator/verification_sessions/${id}/finish_redaction`);
    const redacted = await retrieve(world, id, "--expand", "verified_outputs");
    assert.deepEqual([redacted.redaction.status, redacted.metadata], ["redacted", {}]);
    assert.equal(redacted.verified_outputs.first_name, "[redacted]");
    const changed = stripe(world, [...SESSIONS, "update", id, "-d", "metadata[a]=1"]);
    await failure(changed, { type: "invalid_request_error" });
  },

  "see why a session failed": async (world) => {
    const { id } = await create(world);
    await world.submit(id, { outcome: "document_expired" });
    const session = await retrieve(world, id, "--expand", "last_verification_report");
    assert.deepEqual([session.status, session.last_error.code], ["requires_input", "document_expired"]);
    assert.equal(session.last_verification_report.document.error.code, "document_expired");
  },

  "list and retrieve reports": async (world) => {
    const id = await verified(world, "--type", "document", "--client-reference-id", "user-1");
    await verified(world);
    const reports = ["identity", "verification_reports"];
    const [mine, ...others] = await found(world, reports, "--verification-session", id);
    assert.deepEqual(others, []);
    assert.deepEqual(await found(world, reports, "--client-reference-id", "user-1"), [mine]);
    assert.equal((await found(world, reports, "--type", "document")).length, 2);
    const report = await stripe(world, [...reports, "retrieve", mine]);
    assert.equal(report.verification_session, id);
    assert.deepEqual([report.document.status, report.document.first_name], ["verified", "Jenny"]);
  },

  "expand outputs and report": async (world) => {
    const id = await verified(world);
    const both = ["--expand", "verified_outputs", "--expand", "last_verification_report"];
    const session = await retrieve(world, id, ...both);
    assert.equal(session.verified_outputs.first_name, "Jenny");
    assert.equal(session.last_verification_report.verification_session, id);
    assert.equal((await retrieve(world, id)).last_verification_report, session.last_verification_report.id);
    const list = await stripe(world, [...SESSIONS, "list", "--expand", "data.verified_outputs"]);
    assert.equal(list.data[0].verified_outputs.first_name, "Jenny");
  },

  "expand sensitive fields": async (world) => {
    const command = [...SESSIONS, "retrieve", await verified(world), "--expand", "verified_outputs.dob"];
    const session = await stripe(world, command, { key: world.restricted });
    assert.deepEqual(session.verified_outputs.dob, { year: 1990, month: 5, day: 1 });
    await failure(stripe(world, command), { type: "invalid_request_error" });
    assert.match(await headers(world, command), /HTTP 403/);
  },

  "upload, retrieve and list files": new Cannot("it sends no files, but lists and retrieves them", async (world) => {
    const file = await world.upload("made up");
    assert.equal((await stripe(world, ["files", "retrieve", file.id])).size, 7);
    assert.deepEqual(await found(world, ["files"], "--purpose", "dispute_evidence"), [file.id]);
    const uploaded = stripe(world, ["files", "create", "-d", "purpose=dispute_evidence", "-d", "file=@package.json"]);
    await failure(uploaded, { type: "invalid_request_error" });
  }),

  "download a file": async (world) => {
    const file = await world.upload("made up");
    const { stdout } = await start(world, ["get", `/v1/files/${file.id}/contents`]);
    assert.equal(stdout.toString().trimEnd(), "made up");
  },

  "download the images of a verification": async (world) => {
    const id = await verified(world);
    const reports = await stripe(world, ["identity", "verification_reports", "list", "--verification-session", id]);
    const command = ["get", `/v1/files/${reports.data[0].document.files[0]}/contents`];
    const { stdout } = await start(world, command, { key: world.restricted });
    assert.equal(stdout.subarray(1, 4).toString(), "PNG");
    await failure(stripe(world, command), { type: "invalid_request_error" });
  },

  "make and follow file links": async (world) => {
    const file = await world.upload("made up");
    const link = await stripe(world, ["file_links", "create", "--file", file.id]);
    assert.equal(await (await fetch(link.url)).text(), "made up");
    assert.equal((await stripe(world, ["file_links", "retrieve", link.id, "--expand", "file"])).file.id, file.id);
    assert.deepEqual(await found(world, ["file_links"], "--file", file.id), [link.id]);
    assert.equal((await stripe(world, ["file_links", "update", link.id, "-d", "expires_at=now"])).expired, true);
    assert.equal((await fetch(link.url)).status, 404);
  },

  "create and delete an ephemeral key": async (world) => {
    const { id } = await create(world);
    const version = ["--stripe-version", "2026-10-28.endive"];
    const key = await stripe(world, ["ephemeral_keys", "create", "--verification-session", id, ...version]);
    assert.match(key.secret, /^ek_test_/);
    assert.equal((await stripe(world, ["ephemeral_keys", "delete", key.id, "--confirm"])).id, key.id);
  },

  "read with an ephemeral key": new Cannot("it takes secret and restricted keys only", async (world) => {
    const { stderr } = await start(world, [...SESSIONS, "list"], { key: "ek_test_0123456789" });
    assert.match(stderr, /only supports using a secret or restricted key/);
  }),

  "list and retrieve events": async (world) => {
    const id = await verified(world);
    assert.deepEqual(await eventsOf(world), [EVENTS[3], EVENTS[1], EVENTS[0]]);
    const [listed] = await found(world, ["events"], "--types", EVENTS[3], "--types", EVENTS[2]);
    const event = await stripe(world, ["events", "retrieve", listed]);
    assert.deepEqual([event.data.object.id, event.data.object.status], [id, "verified"]);
  },

  "retrieve a thin event": async (world) => {
    await withReceiver(async (url, received) => {
      await world.http("POST", "/_simulator/webhook_endpoints", { url, thin: true });
      const { id } = await create(world);
      await world.deliver();
      const event = await stripe(world, ["v2", "core", "events", "retrieve", JSON.parse(received[0].body).id]);
      assert.deepEqual([event.type, event.related_object.id], [`v1.${EVENTS[0]}`, id]);
    });
  },

  "manage webhook endpoints": async (world) => {
    const url = "http://127.0.0.1:9/webhook";
    const hooks = ["webhook_endpoints"];
    const endpoint = await stripe(world, [...hooks, "create", "--url", url, "--enabled-events", "*"]);
    assert.match(endpoint.secret, /^whsec_/);
    const changes = ["--enabled-events", EVENTS[3], "--disabled=true"];
    const updated = await stripe(world, [...hooks, "update", endpoint.id, ...changes]);
    assert.deepEqual([updated.status, updated.enabled_events], ["disabled", [EVENTS[3]]]);
    const retrieved = await stripe(world, [...hooks, "retrieve", endpoint.id]);
    assert.deepEqual([retrieved.url, retrieved.secret], [url, undefined]);
    assert.deepEqual(await found(world, hooks), [endpoint.id]);
    assert.equal((await stripe(world, [...hooks, "delete", endpoint.id, "--confirm"])).deleted, true);
    assert.deepEqual(await found(world, hooks), []);
  },

  "manage event destinations": async (world) => {
    const url = "http://127.0.0.1:9/webhook";
    const destinations = ["v2", "core", "event_destinations"];
    const kind = ["--type", "webhook_endpoint", "--event-payload", "thin", "--enabled-events", `v1.${EVENTS[3]}`];
    const to = ["--name", "old", "--webhook-endpoint.url", url];
    const { id } = await stripe(world, [...destinations, "create", ...to, ...kind]);
    assert.equal((await stripe(world, [...destinations, "update", id, "--name", "new"])).name, "new");
    assert.equal((await stripe(world, [...destinations, "disable", id])).status, "disabled");
    assert.equal((await stripe(world, [...destinations, "enable", id])).status, "enabled");
    const retrieved = await stripe(world, [...destinations, "retrieve", id, "--include", "webhook_endpoint.url"]);
    assert.equal(retrieved.webhook_endpoint.url, url);
    assert.deepEqual(await found(world, destinations), [id]);
    assert.equal((await stripe(world, [...destinations, "delete", id, "--confirm"])).id, id);
    assert.deepEqual(await found(world, destinations), []);
  },

  "replay a call": async (world) => {
    const command = ["--type", "document", "--idempotency", "attempt-1"];
    const [first, second] = [await create(world, ...command), await create(world, ...command)];
    assert.equal(first.id, second.id);
    assert.equal((await world.sessions()).length, 1);
  },

  "refuse another call under an idempotency key": async (world) => {
    await create(world, "--type", "document", "--idempotency", "attempt-1");
    await failure(create(world, "--type", "id_number", "--idempotency", "attempt-1"), { type: "idempotency_error" });
    assert.equal((await world.sessions()).length, 1);
  },

  "refuse a call under an idempotency key in use": async (world) => {
    await world.fault({ latency: "5s", method: "POST", times: 1 });
    const command = ["--type", "document", "--idempotency", "attempt-1"];
    const first = create(world, ...command);
    while ((await world.sessions()).length === 0);
    await failure(create(world, ...command), { code: "idempotency_key_in_use" });
    assert.equal((await first).id, (await world.sessions())[0].id);
  },

  "act for a connected account": async (world) => {
    const { id } = await create(world, "--type", "document", "--stripe-account", "acct_1");
    assert.equal((await retrieve(world, id, "--stripe-account", "acct_1")).id, id);
    await failure(retrieve(world, id), { code: "resource_missing" });
  },

  "act in a context": async (world) => {
    const { id } = await create(world, "--type", "document", "--stripe-context", "acct_1");
    assert.equal((await retrieve(world, id, "--stripe-account", "acct_1")).id, id);
    await failure(retrieve(world, id), { code: "resource_missing" });
  },

  "choose an API version": async (world) => {
    const { id } = await create(world);
    const shown = await headers(world, [...SESSIONS, "retrieve", id, "--stripe-version", "2024-06-20"]);
    assert.match(shown, /< Stripe-Version: 2024-06-20/);
  },

  "make a raw request": async (world) => {
    const path = "/v1/identity/verification_sessions";
    const session = await stripe(world, ["post", path, "-d", "type=document", "-d", "metadata[a]=1"]);
    assert.deepEqual(session.metadata, { a: "1" });
    assert.equal((await stripe(world, ["get", `${path}/${session.id}`])).id, session.id);
  },

  "give up after a timeout": new Cannot("it has no option for the time"),

  "error: invalid request": async (world) => {
    const type = "invalid_request_error";
    await failure(create(world, "-d", "type=face"), { type, param: "type" });
    const unknown = create(world, "--type", "document", "-d", "colour=red");
    await failure(unknown, { code: "parameter_unknown", param: "colour" });
    await failure(retrieve(world, "vs_none"), { type, code: "resource_missing" });
  },

  "error: authentication": async (world) => {
    const key = `sk_test_${"x".repeat(101)}`;
    const { code, stderr } = await start(world, [...SESSIONS, "list"], { key });
    assert.equal(code, 1);
    assert.match(stderr, /status=401[^]*Invalid API Key/);
  },

  "error: permission": async (world) => {
    const command = [...SESSIONS, "retrieve", await verified(world), "--expand", "verified_outputs.dob"];
    await failure(stripe(world, command), { type: "invalid_request_error" });
    assert.match(await headers(world, command), /HTTP 403/);
  },

  "error: rate limit": async (world) => {
    await world.fault({ effect: "rate_limit" });
    await failure(create(world), { code: "rate_limit" });
    assert.deepEqual(await world.faultsApplied(), [1]);
  },

  "error: API": async (world) => {
    await world.fault({ effect: "respond", status: 500, type: "api_error", message: "made up" });
    await failure(create(world), { type: "api_error", message: "made up" });
    assert.deepEqual(await world.faultsApplied(), [1]);
  },

  "error: connection": async (world) => {
    await world.fault({ effect: "reset" });
    const { code, stdout } = await start(world, [...SESSIONS, "create", "--type", "document"]);
    assert.deepEqual([code, stdout.toString()], [1, ""]);
  },

  "error: has the request id": async (world) => {
    assert.match(await headers(world, [...SESSIONS, "retrieve", "vs_none"]), /HTTP 404[^]*Request-Id: req_/);
  },

  "retry after a 503": noRetry({ effect: "respond", status: 503 }),
  "retry after a reset": noRetry({ effect: "reset" }),
  "retry after a lost response": noRetry({ effect: "lose_response" }),
  "retry after a cut response": noRetry({ effect: "cut_body" }),
  "retry after a lock timeout": noRetry({ effect: "lock_timeout" }),
  "retry after a rate limit": noRetry({ effect: "rate_limit", "headers[Stripe-Should-Retry]": "true" }),

  "verify webhooks": noWebhooks,
  "refuse a webhook with a wrong secret": noWebhooks,
  "refuse an old webhook": noWebhooks,
  "refuse a changed webhook": noWebhooks,
  "verify thin events": noWebhooks,
  "fetch a thin event and its object": noWebhooks,
  "refuse forged thin events": noWebhooks,

  "trigger events": async (world) => {
    for (const name of ["created", "canceled", "redacted"]) {
      const { code, stderr } = await start(world, ["trigger", `identity.verification_session.${name}`]);
      assert.equal(code, 0, stderr);
    }
    const [session] = (await world.sessions()).filter(({ redaction }) => redaction);
    await world.http("POST", `/_simulator/verification_sessions/${session.id}/finish_redaction`);
    assert.deepEqual([...new Set(await eventsOf(world))].sort(), [EVENTS[0], EVENTS[4], EVENTS[5]].sort());
  },

  "resend an event": async (world) => {
    await withReceiver(async (url, received) => {
      const endpoint = await world.http("POST", "/_simulator/webhook_endpoints", { url });
      await create(world);
      await world.deliver();
      const event = JSON.parse(received[0].body).id;
      const resent = await stripe(world, ["events", "resend", event, "--webhook-endpoint", endpoint.id]);
      assert.equal(resent.id, event);
      await world.deliver();
      assert.deepEqual(received.map(({ body }) => JSON.parse(body).id), [event, event]);
    });
  },

  "forward webhooks": new Cannot("Stripe alone has the connection over which `stripe listen` gets them", forward),
});
