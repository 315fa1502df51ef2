// The rows of COMPARISON.md for stripe-node: `python3 server.py node probe.mjs`.

import { createRequire } from "node:module";
import { inspect } from "node:util";
import Stripe from "stripe";

const server = new URL(process.env.SERVER);
const address = { host: server.hostname, port: server.port, protocol: "http" };
const person = /FIRSTNAME|LASTNAME|IDNUMBER|STREET|1931|EMAIL/;
const secret = /_SECRET|start\/URL/;

const stripe = (name, options = {}) => new Stripe(`sk_test_${name}`, { ...address, ...options });
const sessions = (name, options) => stripe(name, options).identity.verificationSessions;
const create = (name, options) => sessions(name, options).create({ type: "document" });
const settle = (promise) => promise.then((value) => ({ value }), (error) => ({ error }));
const requests = async (name) => (await fetch(new URL(`/_requests/${name}`, server))).json();
const row = (name, ...facts) => console.log(`${name}:`, ...facts);
const seconds = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

async function attempts(name) {
  const made = await requests(name);
  return { attempts: made.length, keys: new Set(made.map(({ headers }) => headers["idempotency-key"] ?? "none")) };
}

console.log("stripe-node", Stripe.PACKAGE_VERSION);

const lost = await settle(create("lost"));
const made = await requests("lost");
const [key] = new Set(made.map(({ headers }) => headers["idempotency-key"]));
row("lost responses", made.length, "attempts; one key:", made.every(({ headers }) => headers["idempotency-key"] === key));
row("error has the key", inspect(lost.error, { depth: 9, showHidden: true }).includes(key), "fields:", Object.keys(lost.error).join(" "));
const none = await settle(create("lost", { maxNetworkRetries: 0 }));
row("lost response, retries off", none.error?.type, await attempts("lost"));
row("lost response once, retries off", Object.keys(await settle(create("lostonce", { maxNetworkRetries: 0 }))), await attempts("lostonce"));
const cut = await settle(create("cutonce"));
row("cut response once", cut.value?.id ?? cut.error.type, await attempts("cutonce"));
const unavailable = await settle(create("unavailable"));
row("503", unavailable.error.type, await attempts("unavailable"), "request id:", unavailable.error.requestId);

for (const name of ["emptypage", "emptyfirst", "samepage"]) {
  const ids = [];
  const all = (async () => {
    for await (const { id } of sessions(name).list({ limit: 2 })) if (ids.push(id) > 100) break;
  })();
  const { error } = await settle(all);
  row(`pages: ${name}`, error?.message ?? "ended", `${ids.length} objects,`, (await requests(name)).length, "requests (20 until has_more is false)");
}

const { value: session } = await settle(sessions("ok").retrieve("vs_1"));
for (const [how, text] of Object.entries({ inspect: inspect(session, { depth: 9 }), "console.log": inspect(session), String: String(session), JSON: JSON.stringify(session) })) {
  row(`output: ${how}`, "person:", person.test(text), "secrets:", secret.test(text));
}
row("output: client", "key:", inspect(stripe("ok")).includes("sk_test_ok"));
const events = [];
const watched = stripe("ok");
watched.on("request", (event) => events.push(event));
watched.on("response", (event) => events.push(event));
await watched.identity.verificationSessions.create({ type: "document", provided_details: { email: "EMAIL" } });
row("output: events", "person:", person.test(JSON.stringify(events)), Object.keys(events[0]).join(" "));

for (const name of ["enum", "field", "missing", "null", "shape"]) {
  const { value, error } = await settle(sessions(name).retrieve("vs_1"));
  row(`parse: ${name}`, value ? "yes" : error.message);
}

const payload = JSON.stringify({ id: "evt_1", object: "event", type: "identity.verification_session.verified", data: { object: session } });
const header = Stripe.webhooks.generateTestHeaderString({ payload, secret: "whsec_new" });
for (const secrets of ["whsec_new", ["whsec_old", "whsec_new"]]) {
  try {
    row("webhook", secrets, Stripe.webhooks.constructEvent(payload, header, secrets).id);
  } catch (error) {
    row("webhook", secrets, error.constructor.name, error.message.split("\n")[0]);
  }
}
const thin = JSON.stringify({ id: "evt_1", object: "v2.core.event", type: "v1.identity.verification_session.verified", created: "2026-01-01T00:00:00Z", livemode: false, related_object: null });
const thinHeader = Stripe.webhooks.generateTestHeaderString({ payload: thin, secret: "whsec_new" });
row("thin event", (await stripe("ok").parseEventNotification(thin, thinHeader, "whsec_new")).id);

row("timeout by default", stripe("ok").getApiField("timeout"), "ms; retries by default:", stripe("ok").getMaxNetworkRetries());
for (const [name, httpClient] of [["default", undefined], ["fetch", Stripe.createFetchHttpClient()]]) {
  const start = performance.now();
  const { error } = await settle(create("drip", { httpClient, timeout: 2000, maxNetworkRetries: 0 }));
  row(`a body of 10 s in drips, timeout 2 s, ${name} client`, error?.type ?? "success", "after", seconds(start));
}
const start = performance.now();
const silent = await settle(create("silent", { timeout: 1000 }));
row("silence, timeout 1 s", silent.error.type, "after", seconds(start), await attempts("silent"));

const redirected = await settle(create("redirect"));
const elsewhere = await requests("elsewhere");
row("redirect", redirected.error?.type ?? "success", "followed:", elsewhere.length > 0, "with the key:", elsewhere.some(({ headers }) => headers.authorization));
const viaFetch = await settle(create("redirect", { httpClient: Stripe.createFetchHttpClient() }));
const fetched = await requests("elsewhere");
row("redirect, fetch client", viaFetch.error?.type ?? "success", "followed:", fetched.length > 0, "with the key:", fetched.some(({ headers }) => headers.authorization));
const live = await settle(new Stripe("sk_live_ok", address).identity.verificationSessions.retrieve("vs_1"));
row("live key over plain http", live.error?.type ?? "sent");
const plain = await settle(new Stripe("sk_live_ok", { ...address, host: "host.invalid", maxNetworkRetries: 0 }).identity.verificationSessions.retrieve("vs_1"));
row("live key over plain http to another host", plain.error?.detail?.code ?? "sent");

const chatty = stripe("ok");
await requests("ok");
for (let call = 0; call < 2; call += 1) await chatty.identity.verificationSessions.retrieve("vs_1");
const [, second] = await requests("ok");
row("telemetry", second.headers["x-stripe-client-telemetry"], second.headers["x-stripe-client-user-agent"]);
const CommonJs = createRequire(import.meta.url)("stripe");
await settle(new CommonJs("sk_test_ok", address).identity.verificationSessions.retrieve("vs_1"));
row("telemetry, CommonJS", (await requests("ok")).at(-1).headers["x-stripe-client-user-agent"]);
process.exit();
