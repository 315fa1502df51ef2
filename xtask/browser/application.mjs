// The application under development: the page that a user returns to, and one that opens the dialog.
import { createServer, request } from "node:http";
import { readFile } from "node:fs/promises";
import { once } from "node:events";

export async function start(handle, host = "127.0.0.1") {
  const server = createServer((request, response) => {
    Promise.resolve(handle(request, response)).catch((error) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, host);
  await once(server, "listening");
  const url = `http://${host}:${server.address().port}`;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, stop };
}

/** Serves `/done`, `/elsewhere`, `/dialog` and the wrapper of Stripe.js. */
export function application(simulator, wrapper) {
  const page = (title, body) =>
    `<!doctype html><html lang="en"><title>${title}</title><main><h1>${title}</h1>${body}</main>`;
  // The strictest policy under which the dialog works.
  const policy =
    `default-src 'none'; script-src 'self' ${simulator}; connect-src ${simulator}; frame-src ${simulator}`;
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://application");
    const html = (body, headers) => response.writeHead(200, { "content-type": "text/html", ...headers }).end(body);
    const script = (body) => response.writeHead(200, { "content-type": "text/javascript" }).end(body);
    // Another host, such as that of a login.
    if (pathname === "/elsewhere") {
      return response.writeHead(302, { location: `http://localhost:${request.socket.localPort}/done` }).end();
    }
    if (pathname === "/done") return html(page("Back at the application", ""));
    if (pathname === "/frame") {
      const source = searchParams.get("src").replaceAll('"', "");
      return html(page("Frame", `<iframe title="frame" src="${source}"></iframe>`));
    }
    if (pathname === "/dialog") {
      const scripts = `<script src="${simulator}/v3/"></script><script type="module" src="/dialog.mjs"></script>`;
      const body = page("Application", `<button id="verify">Verify</button>${scripts}`);
      return html(body, { "content-security-policy": policy });
    }
    if (pathname === "/dialog.mjs") {
      return script(`import { loadStripe } from "/stripe.mjs"; window.loadStripe = loadStripe; window.isReady = true;`);
    }
    if (pathname === "/stripe.mjs") return script(await readFile(wrapper));
    // Requests that the browser makes by itself, such as for an icon.
    response.writeHead(204).end();
  };
}

/** Serves the simulator under a path, as a reverse proxy does. */
export function proxy(prefix, target) {
  return (incoming, outgoing) => {
    if (!incoming.url.startsWith(prefix)) return outgoing.writeHead(404).end();
    const url = new URL(incoming.url.slice(prefix.length), target());
    const passed = request(url, { method: incoming.method, headers: incoming.headers }, (response) => {
      outgoing.writeHead(response.statusCode, response.headers);
      response.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  };
}
