// Walks the pages of the simulator in a browser. `cargo xtask browser` starts it.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { application, proxy, start } from "./application.mjs";
import { World, startProgram } from "./simulator.mjs";

const { SIMULATOR, CHROMIUM, FOLDER } = process.env;
const require = createRequire(join(FOLDER, "package.json"));
const { chromium } = require("playwright-core");
const AXE = require("axe-core").source;
const WRAPPER = join(FOLDER, "node_modules/@stripe/stripe-js/dist/index.mjs");
/** The longest time of a check, and of one wait within it, in milliseconds. */
const LONGEST_CHECK = 120_000;
const LONGEST_WAIT = 30_000;

const ALL_CHECKS = {
  "options[document][require_matching_selfie]": "true",
  "options[document][require_id_number]": "true",
  "options[document][allowed_types][0]": "passport",
  "options[document][allowed_types][1]": "id_card",
};
const MARKUP = `"'></title></style></textarea><script>window.planted=1</script><img src=x onerror="window.planted=1">`;

const simulator = await startProgram(SIMULATOR);
const app = await start(application(simulator.url, WRAPPER));
const stranger = await start(application(simulator.url, WRAPPER), "localhost");
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  // Chromium has no sandbox for root.
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
const stops = [() => browser.close(), stranger.stop, app.stop, simulator.stop];

/** Opens a page whose errors fail the check, except for those that are expected. */
async function open(options = {}, expected = /(?!)/) {
  const context = await browser.newContext({ viewport: { width: 720, height: 900 }, ...options });
  context.setDefaultTimeout(LONGEST_WAIT);
  const watch = (page) => {
    page.errors = [];
    const note = (text) => expected.test(text) || page.errors.push(text);
    page.on("pageerror", (error) => note(String(error)));
    page.on("console", (message) => message.type() === "error" && note(message.text()));
    page.on("dialog", (dialog) => note(`a dialog: ${dialog.message()}`));
  };
  context.on("page", watch);
  return context.newPage();
}

/** The page of a state that is no success has the status 404, 410 or 422, which the browser reports as an error. */
const STATUS = /Failed to load resource: the server responded with a status of (404|410|422)/;

async function close(page) {
  const errors = page.context().pages().flatMap((page) => page.errors);
  await page.context().close();
  assert.deepEqual(errors, []);
}

/** Fails if axe finds a violation in a page, in light or in dark, or if the page is wider than the window. */
async function inspect(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const frame of page.frames().filter((frame) => frame.url().startsWith("http"))) {
      await frame.evaluate(AXE);
      const { violations } = await frame.evaluate(() => window.axe.run(document, { iframes: false }));
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
      assert.deepEqual(found, [], `${name} in ${colorScheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  const size = page.viewportSize();
  for (const width of [360, size.width]) {
    await page.setViewportSize({ ...size, width });
    const actual = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(actual <= width, `${name} is ${actual} px wide in a window of ${width}`);
  }
}

function shoot(page, name, options) {
  return page.screenshot({ path: join(FOLDER, `${name}.png`), ...options });
}

const heading = (page) => page.locator("h1").textContent();
const choose = (page, outcome) => page.locator(`input[name=outcome][value=${outcome}]`).check();
const submit = (page) => page.getByRole("button", { name: "Submit" }).click();
const done = () => `${app.url}/done`;

const checks = {
  async "verified leads back to the application"() {
    const world = new World(simulator.url);
    const session = await world.create({ ...ALL_CHECKS, return_url: done() });
    const page = await open();
    await page.goto(session.url);
    await inspect(page, "form");
    await page.setViewportSize({ width: 720, height: 640 });
    await shoot(page, "page");
    await page.setViewportSize({ width: 360, height: 780 });
    await page.emulateMedia({ colorScheme: "dark" });
    await shoot(page, "form-dark", { fullPage: true });
    await submit(page);
    await page.waitForURL(done());
    assert.equal((await world.retrieve(session)).status, "verified");
    await close(page);
  },

  async "application that redirects to another host is reached"() {
    const world = new World(simulator.url);
    const session = await world.create({ return_url: `${app.url}/elsewhere` });
    const page = await open();
    await page.goto(session.url);
    await submit(page);
    await page.waitForURL(done().replace("127.0.0.1", "localhost"));
    await close(page);
  },

  async "chosen failure is the last error of the session"() {
    const world = new World(simulator.url);
    const params = { ...ALL_CHECKS, verification_flow: "vf_1", return_url: done() };
    const page = await open();
    const outcomes = (await world.call("GET", "/_simulator/outcomes")).data.map((outcome) => outcome.code);
    for (const outcome of outcomes.filter((outcome) => outcome !== "verified")) {
      const session = await world.create(params);
      await page.goto(session.url);
      await choose(page, outcome);
      await submit(page);
      await page.waitForURL(done());
      assert.equal((await world.retrieve(session)).last_error.code, outcome);
    }
    assert.ok(outcomes.length >= 20);
    await close(page);
  },

  async "retry after a failure has a new link"() {
    const world = new World(simulator.url);
    const session = await world.create();
    const page = await open({}, STATUS);
    await page.goto(session.url);
    await choose(page, "document_expired");
    await submit(page);
    await page.getByRole("heading", { name: "Not verified" }).waitFor();
    await inspect(page, "failed");
    await shoot(page, "failed");
    const fresh = await world.retrieve(session);
    await page.goto(session.url);
    assert.equal(await heading(page), "This link has been used");
    await inspect(page, "used");
    await page.goto(fresh.url);
    await page.getByRole("heading", { name: "The last try failed" }).waitFor();
    await inspect(page, "retry");
    await shoot(page, "retry");
    await submit(page);
    await page.getByRole("heading", { name: "Verified" }).waitFor();
    await inspect(page, "end");
    await shoot(page, "end");
    assert.equal((await world.retrieve(session)).status, "verified");
    await close(page);
  },

  async "link of an expired, canceled, redacted or unknown session has a page that explains it"() {
    const world = new World(simulator.url);
    const page = await open({}, STATUS);
    const shows = async (url, title) => {
      await page.goto(url);
      assert.equal(await heading(page), title);
      assert.equal(await page.getByRole("button").count(), 0);
      await inspect(page, title);
    };
    const [canceled, redacted, expired] = [await world.create(), await world.create(), await world.create()];
    await world.call("POST", `/v1/identity/verification_sessions/${canceled.id}/cancel`);
    await shows(canceled.url, "This session was canceled");
    await world.call("POST", `/v1/identity/verification_sessions/${redacted.id}/redact`);
    await shows(redacted.url, "This session is redacted");
    await page.goto(expired.url);
    await world.control("clock/advance", { seconds: 48 * 60 * 60 });
    await submit(page);
    assert.equal(await heading(page), "This link has expired");
    await shows(expired.url, "This link has expired");
    await shoot(page, "expired");
    await shows(`${simulator.url}/start/test_none`, "This link leads nowhere");
    assert.equal((await world.reports()).length, 0);
    await close(page);
  },

  async "back and reload never submit again"() {
    const world = new World(simulator.url);
    const session = await world.create({ return_url: done() });
    const page = await open({}, STATUS);
    await page.goto(session.url);
    await submit(page);
    await page.waitForURL(done());
    await page.goBack();
    if (await page.getByRole("button", { name: "Submit" }).count()) {
      // The browser shows its copy of the page.
      await choose(page, "document_expired");
      await submit(page);
    }
    await page.getByRole("heading", { name: "This session is verified" }).waitFor();
    await page.reload();
    assert.equal(await heading(page), "This session is verified");
    await page.getByRole("link", { name: "Return to the application" }).click();
    await page.waitForURL(done());
    assert.equal((await world.reports()).length, 1);
    await close(page);
  },

  async "second tab shows the state of the session"() {
    const world = new World(simulator.url);
    const session = await world.create({ return_url: done() });
    const first = await open({}, STATUS);
    const second = await first.context().newPage();
    await first.goto(session.url);
    await second.goto(session.url);
    await submit(first);
    await first.waitForURL(done());
    await choose(second, "document_expired");
    await submit(second);
    await second.getByRole("heading", { name: "This session is verified" }).waitFor();
    assert.equal((await world.reports()).length, 1);
    await close(first);
  },

  async "double submission counts once and leads back to the application"() {
    const world = new World(simulator.url);
    const page = await open();
    const session = await world.create({ return_url: done() });
    await page.goto(session.url);
    await page.getByRole("button", { name: "Submit" }).dblclick({ noWaitAfter: true }).catch(() => {});
    await page.waitForURL(done());
    const other = await world.create({ return_url: done() });
    await page.goto(other.url);
    await page.evaluate(() => {
      const form = document.querySelector("form");
      for (let times = 0; times < 8; times += 1) form.submit();
    });
    await page.waitForURL(done());
    assert.equal((await world.reports()).length, 2);
    await close(page);
  },

  async "page of a processing session continues when the checks end"() {
    const world = new World(simulator.url);
    await world.control("settings", { processing: "retrieves:2" });
    const session = await world.create({ return_url: done() });
    const page = await open({}, STATUS);
    await page.goto(session.url);
    await submit(page);
    await page.getByRole("heading", { name: "Processing" }).waitFor();
    await inspect(page, "processing");
    await shoot(page, "processing");
    await page.reload();
    assert.equal(await heading(page), "Processing");
    for (let times = 0; times < 3; times += 1) await world.retrieve(session);
    await page.waitForURL(done());
    await world.control("settings", { processing: "1s" });
    const other = await world.create();
    await page.goto(other.url);
    await submit(page);
    await page.getByRole("heading", { name: "Verified" }).waitFor();
    await close(page);
  },

  async "page works without script"() {
    const world = new World(simulator.url);
    const session = await world.create({ ...ALL_CHECKS, return_url: done() });
    const page = await open({ javaScriptEnabled: false }, STATUS);
    await page.goto(session.url);
    await page.getByLabel("Made-up person number").fill("7");
    await choose(page, "verified");
    const before = await page.locator("dd").first().textContent();
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForURL(/#person$/);
    const name = await page.locator("dd").first().textContent();
    assert.notEqual(name, before);
    await page.getByText("Type a person").click();
    await page.getByLabel("Date of birth").fill("2012-05-01");
    await page.getByText("Number, dates and images").click();
    const image = Buffer.concat([Buffer.from([0x89]), Buffer.from("PNG\r\n\x1a\nmine")]);
    const file = { name: "a.png", mimeType: "image/png", buffer: image };
    await page.getByLabel("Front of the document").setInputFiles(file);
    await submit(page);
    await page.waitForURL(done());
    const { verified_outputs: outputs } = await world.call(
      "GET",
      `/v1/identity/verification_sessions/${session.id}?expand[]=verified_outputs&expand[]=verified_outputs.dob`,
      {},
      "rk",
    );
    assert.equal(`${outputs.first_name} ${outputs.last_name}`, name);
    assert.equal(outputs.dob.year, 2012);
    const [front] = (await world.reports())[0].document.files;
    const download = await fetch(`${simulator.url}/v1/files/${front}/contents`, {
      headers: { authorization: `Bearer rk_test_${world.name}` },
    });
    assert.deepEqual(Buffer.from(await download.arrayBuffer()), image);
    await close(page);
  },

  async "page works by keyboard, and shows the focus"() {
    const world = new World(simulator.url);
    const session = await world.create({ return_url: done() });
    const page = await open();
    await page.goto(session.url);
    await page.keyboard.press("Tab");
    const focused = () => page.evaluate(() => document.activeElement.value || document.activeElement.textContent);
    assert.equal(await focused(), "verified");
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(), "document_expired");
    let steps = 0;
    while ((await focused()) !== "Submit" && steps < 30) {
      const style = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.equal(style, "solid", `the focus at ${await focused()} must be shown`);
      await page.keyboard.press("Tab");
      steps += 1;
    }
    assert.equal(await focused(), "Submit");
    await page.keyboard.press("Enter");
    await page.waitForURL(done());
    assert.equal((await world.retrieve(session)).last_error.code, "document_expired");
    const other = await world.create({ return_url: done() });
    await page.goto(other.url);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(done());
    assert.equal((await world.retrieve(other)).status, "verified");
    const typed = await world.create({ return_url: done() });
    await page.goto(typed.url);
    await page.getByLabel("Made-up person number").fill("7");
    await page.keyboard.press("Enter");
    await page.waitForURL(done());
    assert.equal((await world.retrieve(typed)).status, "verified");
    await close(page);
  },

  async "wrong field is named, has the focus, and nothing is submitted"() {
    const world = new World(simulator.url);
    const session = await world.create(ALL_CHECKS);
    const page = await open({}, STATUS);
    await page.goto(session.url);
    await page.getByText("Type a person").click();
    await page.getByLabel("Date of birth").fill("yesterday");
    await page.getByLabel("City").fill("Sampleville");
    await page.getByLabel("Type", { exact: true }).selectOption("driving_license");
    await submit(page);
    const summary = page.getByRole("alert");
    await summary.waitFor();
    assert.equal(await summary.evaluate((summary) => summary === document.activeElement), true);
    await inspect(page, "wrong");
    await shoot(page, "wrong", { fullPage: true });
    await summary.getByRole("link", { name: /Date of birth/ }).click();
    assert.equal(await page.evaluate(() => document.activeElement.name), "person[dob]");
    assert.equal(await page.getByLabel("City").inputValue(), "Sampleville");
    await page.getByLabel("Date of birth").fill("2012-05-01");
    await submit(page);
    await page.getByRole("link", { name: /Type: the session does not allow/ }).click();
    await page.getByLabel("Type", { exact: true }).selectOption("passport");
    await submit(page);
    await page.getByRole("heading", { name: "Verified" }).waitFor();
    assert.equal((await world.reports()).length, 1);
    await close(page);
  },

  async "markup in every field stays text"() {
    const world = new World(simulator.url);
    const session = await world.create({
      verification_flow: MARKUP,
      client_reference_id: MARKUP,
      "metadata[<b>]": MARKUP,
      "provided_details[email]": MARKUP,
      "provided_details[phone]": MARKUP,
      return_url: "myapp://x/?a='onclick=alert(1)&b={{7*7}}",
    });
    const page = await open({}, STATUS);
    const isInert = async () => {
      assert.equal(await page.evaluate(() => window.planted), undefined);
      assert.equal(await page.locator("img, script, main b").count(), 0);
    };
    await page.goto(session.url);
    await isInert();
    assert.ok((await page.locator("main").innerText()).includes(MARKUP));
    for (const summary of await page.locator("summary").all()) await summary.click();
    for (const field of await page.locator("form[method=post] input:not([type])").all()) await field.fill(MARKUP);
    await submit(page);
    await page.getByRole("alert").waitFor();
    await isInert();
    assert.equal(await page.getByLabel("City").inputValue(), MARKUP);
    for (const name of ["Date of birth", "Country", "Issuing country", "Issued on", "Expires on"]) {
      await page.getByLabel(name, { exact: true }).fill("");
    }
    await choose(page, "document_expired");
    await submit(page);
    await page.getByRole("heading", { name: "Not verified" }).waitFor();
    await isInert();
    await page.goto((await world.retrieve(session)).url);
    await isInert();
    assert.ok((await page.locator("dl").innerText()).includes(MARKUP));
    await inspect(page, "markup");
    await close(page);
  },

  async "return URL of an app is opened, and the page stays if there is no app"() {
    const world = new World(simulator.url);
    const session = await world.create({ return_url: "stripeidentitytest://done?x=1" });
    const page = await open({}, /stripeidentitytest/);
    await page.goto(session.url);
    await submit(page);
    await page.getByRole("heading", { name: "Verified" }).waitFor();
    const link = page.getByRole("link", { name: "Return to the application" });
    assert.equal(await link.getAttribute("href"), "stripeidentitytest://done?x=1");
    await close(page);
  },

  async "page works under the path of a proxy"() {
    let target;
    const front = await start(proxy("/stripe", () => target));
    const program = await startProgram(SIMULATOR, ["--public-url", `${front.url}/stripe`]);
    target = program.url;
    try {
      const world = new World(program.url);
      const session = await world.create({ return_url: done() });
      assert.ok(session.url.startsWith(`${front.url}/stripe/start/`));
      const page = await open({}, STATUS);
      await page.goto(session.url);
      await submit(page);
      await page.waitForURL(done());
      await page.goto(session.url);
      assert.equal(await heading(page), "This session is verified");
      await close(page);
    } finally {
      await program.stop();
      front.stop();
    }
  },
};

/** Opens the page of the application, and opens the dialog. The result is in `window.result`. */
async function verify(page, key, secret, load = false) {
  await page.goto(`${app.url}/dialog`);
  await page.waitForFunction(() => window.isReady);
  await page.focus("#verify");
  await page.evaluate(
    async ([key, secret, load]) => {
      const stripe = load ? await window.loadStripe(key) : window.Stripe(key);
      window.result = stripe.verifyIdentity(secret).then(
        (result) => result,
        (error) => ({ thrown: `${error.name}: ${error.message}` }),
      );
    },
    [key, secret, load],
  );
  return page.frameLocator("iframe");
}

const result = (page) => page.evaluate(() => window.result);
const isFocusBack = (page) => page.evaluate(() => document.activeElement.id === "verify");

Object.assign(checks, {
  async "dialog resolves with the session when it is submitted, over loadStripe"() {
    const world = new World(simulator.url);
    const session = await world.create({ return_url: done() });
    const page = await open({ viewport: { width: 900, height: 900 } });
    const frame = await verify(page, world.publishable, session.client_secret, true);
    await frame.getByRole("heading", { name: "How does this verification end?" }).waitFor();
    await inspect(page, "dialog");
    await page.setViewportSize({ width: 900, height: 640 });
    await shoot(page, "dialog");
    await frame.getByRole("button", { name: "Submit" }).click();
    assert.deepEqual(await result(page), { verificationSession: { id: session.id } });
    assert.equal(await page.locator("iframe").count(), 0);
    assert.ok(await isFocusBack(page));
    assert.equal(page.url(), `${app.url}/dialog`);
    assert.equal((await world.retrieve(session)).status, "verified");
    await close(page);
  },

  async "dialog that is closed resolves with session_cancelled, and can be opened again"() {
    const world = new World(simulator.url);
    const session = await world.create();
    const page = await open({}, STATUS);
    const ways = [
      (frame) => page.getByRole("button", { name: "Close" }).click().then(() => frame),
      () => page.getByRole("button", { name: "Close" }).press("Escape"),
      (frame) => frame.locator("input[value=verified]").press("Escape"),
    ];
    for (const way of ways) {
      const frame = await verify(page, world.publishable, session.client_secret);
      await frame.getByRole("button", { name: "Submit" }).waitFor();
      // A message that does not come from the page in the dialog is ignored.
      await page.evaluate(() => window.postMessage({ stripeIdentitySimulator: "submitted" }, "*"));
      await way(frame);
      const { error } = await result(page);
      assert.deepEqual([error.type, error.code], ["validation_error", "session_cancelled"]);
      assert.ok(await isFocusBack(page));
    }
    assert.equal((await world.retrieve(session)).status, "requires_input");
    await close(page);
  },

  async "dialog of a failed try resolves, and that of a used session does not open"() {
    const world = new World(simulator.url);
    const session = await world.create();
    const page = await open({}, /status of 400/);
    const frame = await verify(page, world.publishable, session.client_secret);
    await frame.locator("input[value=consent_declined]").check();
    await frame.getByRole("button", { name: "Submit" }).click();
    assert.deepEqual(await result(page), { verificationSession: { id: session.id } });
    assert.equal((await world.retrieve(session)).last_error.code, "consent_declined");
    const other = new World(simulator.url);
    for (const [key, secret] of [
      [world.publishable, session.client_secret],
      [world.publishable, `${session.id}_secret_test_x`],
      [world.publishable, "nonsense"],
      [other.publishable, (await world.retrieve(session)).client_secret],
    ]) {
      await verify(page, key, secret);
      const { error } = await result(page);
      assert.deepEqual([error.type, error.code], ["invalid_request_error", "resource_missing"]);
      assert.equal(await page.locator("iframe").count(), 0);
    }
    await close(page);
  },

  async "live key, missing secret and other features of Stripe.js are refused"() {
    const world = new World(simulator.url);
    const page = await open();
    await verify(page, world.publishable, undefined);
    assert.match((await result(page)).thrown, /^IntegrationError: .*client secret/);
    const thrown = (action, key) =>
      page.evaluate(
        ([action, key]) => {
          try {
            const stripe = window.Stripe(key);
            return action === "then" ? typeof stripe.then : stripe[action]();
          } catch (error) {
            return `${error.name}: ${error.message}`;
          }
        },
        [action, key],
      );
    assert.match(await thrown("verifyIdentity", "pk_live_planted"), /^IntegrationError: .*a live key/);
    assert.match(await thrown("verifyIdentity", "sk_test_planted"), /^IntegrationError: .*something else/);
    assert.doesNotMatch(await thrown("verifyIdentity", "sk_test_planted"), /planted/);
    assert.match(await thrown("elements", "pk_test_x"), /^IntegrationError: .*stripe\.elements is not there/);
    assert.equal(await thrown("then", "pk_test_x"), "undefined");
    await close(page);
  },

  async "only the origin that opened the dialog can show the page in a frame"() {
    const world = new World(simulator.url);
    const session = await world.create();
    const page = await open({}, /frame-ancestors|X-Frame-Options|Framing/);
    const frame = await verify(page, world.publishable, session.client_secret);
    await frame.getByRole("button", { name: "Submit" }).waitFor();
    const framed = session.url.replace("/start/", "/v3/start/");
    for (const [origin, url, isShown] of [
      [app.url, framed, true],
      [stranger.url, framed, false],
      [app.url, session.url, false],
    ]) {
      const loaded = page.waitForEvent("framenavigated", (frame) => frame !== page.mainFrame());
      await page.goto(`${origin}/frame?src=${encodeURIComponent(url)}`);
      await loaded;
      const buttons = page.frameLocator("iframe").getByRole("button", { name: "Submit" });
      if (isShown) await buttons.waitFor();
      else assert.equal(await buttons.count(), 0, `${origin} shows ${url}`);
    }
    await close(page);
  },
});

Object.assign(checks, {
  async "overview works without script, and links to each session and back"() {
    const program = await startProgram(SIMULATOR, ["--clock", "frozen"]);
    const receiver = await start((request, response) => response.writeHead(500).end(MARKUP));
    try {
      const page = await open({ javaScriptEnabled: false, viewport: { width: 1000, height: 760 } });
      // axe needs scripts.
      const inspector = await open({ viewport: { width: 1000, height: 760 } });
      const look = async (path, name) => {
        await page.goto(program.url + path);
        await inspector.goto(program.url + path);
        await inspect(inspector, name);
        assert.equal(await page.locator("script, form, button, main img, main b").count(), 0);
        await shoot(page, name);
      };
      await look("/", "overview-empty");
      await page.getByText("-u sk_test_123: -d type=document").waitFor();

      const world = new World(program.url);
      const url = `${receiver.url}/webhook?planted=${encodeURIComponent(MARKUP)}`;
      await world.control("webhook_endpoints", { url });
      await world.create();
      const fields = { client_reference_id: MARKUP, "metadata[<b>]": MARKUP, "provided_details[email]": MARKUP };
      const session = await world.create({ ...fields, verification_flow: MARKUP });
      await world.control(`verification_sessions/${session.id}/submit`, {
        outcome: "document_expired",
        "person[first_name]": MARKUP,
        "document[number]": MARKUP,
      });
      const verified = await world.create();
      await world.control(`verification_sessions/${verified.id}/submit`, { outcome: "verified" });
      await world.control("faults", { effect: "respond", status: 503, times: 1 });
      await assert.rejects(world.retrieve(session));
      await world.retrieve(session);
      const other = new World(program.url);
      await other.create();
      const arrived = async () =>
        (await world.call("GET", "/_simulator/deliveries?limit=100")).data.every(({ attempts }) => attempts[0]?.status);
      while (!(await arrived())) await new Promise((resolve) => setTimeout(resolve, 50));

      await look("/", "overview");
      for (const caption of ["Sessions", "Requests", "Deliveries"]) {
        assert.ok((await page.getByRole("table", { name: caption }).count()) > 0, caption);
      }
      const shown = await page.locator("body").innerText();
      assert.ok(!/planted|onerror|sk_test/.test(shown), shown);
      await page.getByRole("link", { name: session.id }).first().click();
      assert.equal(await heading(page), `Session ${session.id}`);
      await look(new URL(page.url()).pathname, "overview-session");
      assert.equal(await page.getByRole("table", { name: "Events" }).getByRole("row").count(), 4);
      await page.getByText("500", { exact: true }).first().waitFor();
      assert.ok(!/planted|onerror/.test(await page.locator("body").innerText()));
      await page.emulateMedia({ colorScheme: "dark" });
      await page.setViewportSize({ width: 360, height: 780 });
      await shoot(page, "overview-session-narrow", { fullPage: true });
      await page.goto(program.url);
      await shoot(page, "overview-narrow", { fullPage: true });
      await page.setViewportSize({ width: 1000, height: 760 });
      await page.getByRole("link", { name: other.name, exact: true }).click();
      assert.equal(await heading(page), `World ${other.name}`);
      await look(new URL(page.url()).pathname, "overview-world");

      // By keyboard: to the session, to its page for the user, and back.
      await page.getByRole("link", { name: "vs_" }).focus();
      await page.keyboard.press("Enter");
      await page.getByRole("link", { name: "Open its page" }).focus();
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "How does this verification end?" }).waitFor();
      await page.goBack();
      await page.getByRole("link", { name: "Overview" }).click();
      assert.equal(await heading(page), "Overview");
      await close(page);
      await close(inspector);
    } finally {
      await program.stop();
      receiver.stop();
    }
  },

  async "overview of a simulator with a control token takes it as the password"() {
    const program = await startProgram(SIMULATOR, ["--control-token", "made-up"]);
    try {
      const stranger = await open({}, /status of 401/);
      await stranger.goto(program.url).catch(() => {});
      assert.equal(await stranger.getByRole("heading", { name: "Overview" }).count(), 0);
      await close(stranger);
      const page = await open({ httpCredentials: { username: "", password: "made-up" } }, /status of 401/);
      await page.goto(program.url);
      assert.equal(await heading(page), "Overview");
      assert.ok(!page.url().includes("made-up"));
      await close(page);
    } finally {
      await program.stop();
    }
  },
});

function bounded(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the check took more than ${LONGEST_CHECK / 1000} s`)), LONGEST_CHECK);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const [only] = process.argv.slice(2);
let failed = 0;
try {
  for (const [name, check] of Object.entries(checks).filter(([name]) => !only || name.includes(only))) {
    try {
      await bounded(check());
      console.log(`ok      ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${error.stack}`);
    }
  }
} finally {
  for (const stop of stops) await stop();
}
process.exitCode = failed === 0 ? 0 : 1;
