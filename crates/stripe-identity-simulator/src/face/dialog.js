// Takes the place of Stripe.js where an application opens Identity in a dialog. Nothing is verified.
"use strict";
(() => {
  const script = document.currentScript;
  if (!script || !script.src) {
    throw new Error("The identity simulator is no module: load it with <script src=\".../v3/\">.");
  }
  const base = script.src;
  const STYLE = `
    dialog { width: min(48rem, 100vw); height: min(56rem, 100vh); max-width: none; max-height: none; margin: auto;
      padding: 0; border: 0; border-radius: .75rem; overflow: hidden; background: Canvas; color-scheme: light dark; }
    @media (max-width: 50rem) { dialog { height: 100vh; border-radius: 0; } }
    dialog::backdrop { background: rgb(0 0 0 / .55); }
    iframe { display: block; width: 100%; height: calc(100% - 3rem); border: 0; }
    div { display: flex; height: 3rem; align-items: center; justify-content: space-between; padding: 0 .5rem 0 1rem;
      font: 600 .9375rem/1 system-ui, sans-serif; color: CanvasText; }
    button { font: inherit; min-width: 2.5rem; height: 2.5rem; border: 0; border-radius: .5rem; background: none;
      color: inherit; cursor: pointer; }
    button:focus-visible { outline: 3px solid light-dark(#0b6e69, #5fc9bf); }`;

  const misuse = (message) => Object.assign(new Error(message), { name: "IntegrationError" });
  let isOpen = false;

  async function pageOf(key, clientSecret) {
    const body = new URLSearchParams({ key, client_secret: clientSecret });
    let response, answer;
    try {
      const options = { method: "POST", body, credentials: "omit", referrerPolicy: "no-referrer" };
      response = await fetch(new URL("verification_session", base), options);
      answer = await response.json();
    } catch {
      return { error: { type: "api_connection_error", message: "The identity simulator does not respond." } };
    }
    return response.ok ? answer : { error: answer.error };
  }

  function show(page) {
    return new Promise((resolve) => {
      const host = document.createElement("stripe-identity-simulator");
      const root = host.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      const element = (name, properties) => Object.assign(document.createElement(name), properties);
      const dialog = element("dialog");
      dialog.setAttribute("aria-label", "Simulated identity verification");
      const bar = element("div");
      const close = element("button", { type: "button", textContent: "✕" });
      close.setAttribute("aria-label", "Close");
      const frame = element("iframe", { src: page.href, autofocus: true, title: "Simulated identity verification" });
      bar.append(element("span", { textContent: "Simulated identity verification" }), close);
      dialog.append(bar, frame);
      root.append(dialog);
      document.body.append(host);

      let isSubmitted = false;
      const hear = (event) => {
        if (event.source !== frame.contentWindow || event.origin !== page.origin) return;
        const news = event.data && event.data.stripeIdentitySimulator;
        isSubmitted ||= news === "submitted";
        if (news === "submitted" || news === "closed") dialog.close();
      };
      window.addEventListener("message", hear);
      close.addEventListener("click", () => dialog.close());
      dialog.addEventListener("close", () => {
        window.removeEventListener("message", hear);
        host.remove();
        resolve(isSubmitted);
      });
      dialog.showModal();
    });
  }

  async function verifyIdentity(key, clientSecret) {
    if (typeof clientSecret !== "string" || !clientSecret) {
      throw misuse("stripe.verifyIdentity needs the client secret of a VerificationSession, such as vs_…_secret_….");
    }
    if (isOpen) {
      throw misuse("stripe.verifyIdentity is open already: wait until its promise settles.");
    }
    isOpen = true;
    try {
      const found = await pageOf(key, clientSecret);
      if (found.error) return { error: found.error };
      if (await show(new URL(found.page, base))) return { verificationSession: { id: found.id } };
      const message = "The verification was closed before it was submitted.";
      return { error: { type: "validation_error", code: "session_cancelled", message } };
    } finally {
      isOpen = false;
    }
  }

  // The other methods of Stripe.js.
  const FOREIGN =
    /^(collect|confirm|create|handle|init|process|redirect|retrieve|update|verify)[A-Z]|^(elements|paymentRequest)$/;

  function Stripe(key) {
    if (typeof key !== "string" || !key.startsWith("pk_test_")) {
      const isLive = typeof key === "string" && /^[a-z]+_live_/.test(key);
      const what = isLive ? "a live key" : "something else";
      throw misuse(`The identity simulator takes a publishable test key, such as pk_test_NAME, and got ${what}.`);
    }
    const known = {
      verifyIdentity: (clientSecret) => verifyIdentity(key, clientSecret),
      registerAppInfo: () => {},
      _registerWrapper: () => {},
    };
    return new Proxy(known, {
      get(target, name) {
        if (typeof name === "string" && !Object.hasOwn(target, name) && FOREIGN.test(name)) {
          return () => {
            throw misuse(`The identity simulator has stripe.verifyIdentity only: stripe.${name} is not there.`);
          };
        }
        return target[name];
      },
    });
  }
  Stripe.version = 3;
  window.Stripe = Stripe;
})();
