// Starts the program, and gives each check a world of its own.
import { spawn } from "node:child_process";
import assert from "node:assert/strict";
import { once } from "node:events";

/** Starts the program. Resolves to its URL and a function that stops it. */
export async function startProgram(program, options = []) {
  const command = ["--listen", "127.0.0.1:0", "--log", "off", ...options];
  const child = spawn(program, command, { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    let printed = "";
    child.stdout.on("data", (data) => {
      printed += data;
      const found = printed.match(/http:\/\/[^\s]+/);
      if (found) resolve(found[0]);
    });
    child.once("error", reject);
    setTimeout(() => reject(new Error("the simulator is not ready after 60 s")), 60_000).unref();
    child.once("exit", (code) => reject(new Error(`the simulator ended with ${code}`)));
  });
  const stop = async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  return { url, stop };
}

let worlds = 0;

export class World {
  constructor(base) {
    this.base = base;
    this.name = `browser${(worlds += 1)}`;
    this.publishable = `pk_test_${this.name}`;
  }

  async call(method, path, params = {}, kind = "sk") {
    const headers = { authorization: `Bearer ${kind}_test_${this.name}` };
    const body = method === "GET" ? undefined : new URLSearchParams(params);
    const response = await fetch(this.base + path, { method, headers, body });
    const object = await response.json();
    assert.ok(response.ok, JSON.stringify(object));
    return object;
  }

  create(params = {}) {
    return this.call("POST", "/v1/identity/verification_sessions", { type: "document", ...params });
  }

  retrieve(session) {
    return this.call("GET", `/v1/identity/verification_sessions/${session.id}`);
  }

  async reports() {
    return (await this.call("GET", "/v1/identity/verification_reports?limit=100", {}, "rk")).data;
  }

  control(path, params) {
    return this.call("POST", `/_simulator/${path}`, params);
  }
}
