// The common parts of the JavaScript scripts of `cargo xtask interop`.

import assert from "node:assert/strict";
import { createServer } from "node:http";

const simulator = new URL(process.env.SIMULATOR);

export const EVENTS = ["created", "processing", "requires_input", "verified", "canceled", "redacted"].map(
  (name) => `identity.verification_session.${name}`,
);

// A world of the simulator, with requests that do not go through the tool.
export class World {
  constructor(name) {
    this.url = simulator.origin;
    this.host = simulator.hostname;
    this.port = Number(simulator.port);
    this.key = `sk_test_${name}`;
    this.restricted = `rk_test_${name}`;
  }

  async http(method, path, params) {
    const headers = { Authorization: `Bearer ${this.key}` };
    const body = params && new URLSearchParams(params);
    const response = await fetch(this.url + path, { method, headers, body });
    const object = await response.json();
    assert(response.ok, `${method} ${path}: ${JSON.stringify(object)}`);
    return object;
  }

  async upload(contents) {
    const body = new FormData();
    body.set("purpose", "dispute_evidence");
    body.set("file", new Blob([contents]), "a.txt");
    const headers = { Authorization: `Bearer ${this.key}` };
    return (await fetch(`${this.url}/v1/files`, { method: "POST", headers, body })).json();
  }

  submit(session, params) {
    return this.http("POST", `/_simulator/verification_sessions/${session}/submit`, params);
  }

  fault(params) {
    return this.http("POST", "/_simulator/faults", params);
  }

  async faultsApplied() {
    const faults = await this.http("GET", "/_simulator/faults");
    return faults.data.map((fault) => fault.applied);
  }

  async sessions() {
    return (await this.http("GET", "/v1/identity/verification_sessions?limit=100")).data;
  }

  // Returns once each webhook so far has been delivered.
  deliver() {
    return this.http("POST", "/_simulator/clock/run_until_idle");
  }
}

// Calls `use` with the URL of a server and the list of the webhooks that it has received.
export async function withReceiver(use) {
  const received = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ body: Buffer.concat(chunks), signature: request.headers["stripe-signature"] });
    response.end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${server.address().port}/webhook`, received);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

// Stands for an operation that the tool does not support. `proof` shows that, if it is given.
export class Cannot {
  constructor(reason, proof = async () => {}) {
    this.reason = reason;
    this.proof = proof;
  }
}

// Tries each operation in a world of its own, and reports the result.
export async function run(version, operations) {
  console.log(JSON.stringify({ version }));
  let number = 0;
  for (const [operation, tried] of Object.entries(operations)) {
    number += 1;
    const lacks = tried instanceof Cannot;
    let [result, reason] = lacks ? ["cannot", tried.reason] : ["yes", null];
    try {
      await (lacks ? tried.proof : tried)(new World(`operation${number}`));
    } catch (error) {
      [result, reason] = ["no", error?.stack ?? String(error)];
    }
    console.log(JSON.stringify({ operation, result, reason }));
  }
  // Open connections of the tool would delay the end.
  process.exit();
}
