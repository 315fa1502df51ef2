"use strict";
(() => {
  const { opener: origin, news } = document.documentElement.dataset;
  if (window.parent === window) return;
  const say = (news) => window.parent.postMessage({ stripeIdentitySimulator: news }, origin);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) say("closed");
  });
  say(news);
})();
