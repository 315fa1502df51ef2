// npm install
// npm test
//
// `npm test` is `stripe-identity-simulator exec -- node --test`. The simulator runs while the tests run, and its
// address is in environment variables.

import assert from "node:assert/strict";
import {randomUUID} from "node:crypto";
import {once} from "node:events";
import {createServer} from "node:http";
import {test} from "node:test";
import Stripe from "stripe";

const {STRIPE_API_BASE, STRIPE_API_PROTOCOL, STRIPE_API_HOST, STRIPE_API_PORT} = process.env;
const address = {protocol: STRIPE_API_PROTOCOL, host: STRIPE_API_HOST, port: STRIPE_API_PORT};

/** Returns clients of a new world, so that no test sees the objects of another. */
function clients() {
  const world = randomUUID();
  return {
    stripe: new Stripe(`sk_test_${world}`, address),
    // As at Stripe, only a restricted key can read dates of birth and numbers.
    restricted: new Stripe(`rk_test_${world}`, address),
  };
}

/** Submits in place of the user of a session. */
async function submit(session, details) {
  const url = `${STRIPE_API_BASE}/_simulator/verification_sessions/${session.id}/submit`;
  const response = await fetch(url, {method: "POST", body: new URLSearchParams(details)});
  assert.equal(response.status, 200, await response.text());
}

/** Starts a server for webhooks. Returns its URL, and a function that waits for an event and checks its signature. */
async function receiver(t) {
  const received = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    received.push({body, signature: request.headers["stripe-signature"]});
    response.end();
    server.emit("webhook");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const event = async (stripe, type, secret) => {
    for (;;) {
      while (received.length > 0) {
        const {body, signature} = received.shift();
        const event = stripe.webhooks.constructEvent(body, signature, secret);
        if (event.type === type) {
          return event;
        }
      }
      await once(server, "webhook", {signal: AbortSignal.timeout(60_000)});
    }
  };
  return {url: `http://127.0.0.1:${server.address().port}/webhook`, event};
}

test("verified person is announced by a webhook", async (t) => {
  const {stripe, restricted} = clients();
  const {url, event} = await receiver(t);
  const {secret} = await stripe.webhookEndpoints.create({url, enabled_events: ["*"]});

  const session = await stripe.identity.verificationSessions.create({type: "document"});
  assert.equal(session.status, "requires_input");
  await submit(session, {outcome: "verified", "person[dob]": "1990-05-01"});

  const verified = await event(stripe, "identity.verification_session.verified", secret);
  assert.equal(verified.data.object.id, session.id);
  const {verified_outputs} = await restricted.identity.verificationSessions.retrieve(session.id, {
    expand: ["verified_outputs.dob"],
  });
  assert.equal(verified_outputs.dob.year, 1990);
});

test("expired document is followed by a second try", async () => {
  const {stripe} = clients();
  // The simulator submits by itself, with an outcome for each try.
  const session = await stripe.identity.verificationSessions.create({
    type: "document",
    metadata: {simulate: "document_expired,verified"},
  });
  const failed = await stripe.identity.verificationSessions.retrieve(session.id);
  assert.equal(failed.last_error.code, "document_expired");
  const verified = await stripe.identity.verificationSessions.retrieve(session.id);
  assert.equal(verified.status, "verified");
});
