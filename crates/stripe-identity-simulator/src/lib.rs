//! A local Stripe Identity that keeps state.
//!
//! - [`Simulator`] is a plain value: a request goes in, a response comes out.
//! - [`SimulatorTransport`] puts it under a client, for unit tests without a socket.
//! - [`Server`] (feature `server`) puts it behind a socket, for any client in any language.
//! - The [program](#the-program) of the same name (feature `program`, on by default) does so from the command line.
//!
//! A test that a user could copy:
//!
//! ```
//! use stripe_identity_core::types::{CreateVerificationSession, LastErrorCode, VerificationSessionStatus};
//! use stripe_identity_core::{BlockingClient, Config};
//! use stripe_identity_simulator::{Outcome, SimulatorTransport};
//!
//! let stripe = SimulatorTransport::new();
//! let sessions = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone()).verification_sessions();
//! let session = sessions.create(CreateVerificationSession::document()).send()?;
//!
//! stripe.submit(&session.id, Outcome::Failed(LastErrorCode::DocumentExpired))?;
//! stripe.submit(&session.id, Outcome::Verified)?;
//! assert_eq!(sessions.retrieve(&session.id).send()?.status, VerificationSessionStatus::Verified);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # From other languages
//!
//! Stripe's own libraries work once they know the address. stripe-node and stripe-python:
//!
//! ```js
//! const address = {host: "127.0.0.1", port: 12111, protocol: "http"};
//! const stripe = new Stripe("sk_test_123", address);
//! const restricted = new Stripe("rk_test_123", address);   // reads dates of birth, numbers and images
//! ```
//!
//! ```py
//! address = "http://127.0.0.1:12111"
//! stripe_client = stripe.StripeClient("sk_test_123", base_addresses={"api": address, "files": address})
//! ```
//!
//! The Stripe CLI takes `--api-base http://127.0.0.1:12111`, an option that its help does not show. `COMPATIBILITY.md` beside
//! this crate lists what each library can do with the simulator; `cargo xtask interop` tries it. Three hints for tests:
//!
//! - A test that takes a random name, `sk_test_NAME`, shares nothing with other tests.
//! - `POST /_simulator/clock/run_until_idle` responds when each webhook so far has been delivered or given up, so that no
//!   test has to poll. Webhooks can arrive in any order, as from Stripe.
//! - stripe-node repeats a request once if its connection ends, even with `maxNetworkRetries: 0`. Its caller sees the error
//!   if two responses in a row are lost: `times=2`.
//!
//! # The program
//!
//! ```text
//! stripe-identity-simulator                                          # serves until SIGTERM or Ctrl-C
//! stripe-identity-simulator exec -- npm test                         # serves while a command runs
//! stripe-identity-simulator trigger verified --webhook http://127.0.0.1:4242/webhook
//! stripe-identity-simulator submit vs_… document_expired             # stands in for the user of a session
//! stripe-identity-simulator advance 4d                               # or --next, or --until-idle
//! ```
//!
//! `--help` has all options. Each option of the server is a variable, too: `STRIPE_SIMULATOR_LISTEN` for `--listen`. An option
//! comes before its variable. Options that may be repeated take several values with commas between them.
//!
//! - **Start.** When the server is ready, standard output has one line: `listening on URL`, followed by ` with the control
//!   token TOKEN` if there is one, as where other machines can reach it. `--ready-file` names a file that is there while the server is ready, with `url`, `pid`,
//!   `control_token` and `webhook_secret` as JSON.
//! - **Log.** Each request, and each delivery of a webhook that fails, is a line on standard error, as text, as JSON
//!   (`--log json`) or not at all (`--log off`). If nobody reads them, lines are left out, and no request waits.
//! - **End.** After SIGTERM or Ctrl-C it takes no more connections, gives requests and deliveries under way 400 ms, and ends
//!   with the status 0. A second signal ends it at once.
//! - **Webhooks.** Endpoints of `--webhook` and `--thin-webhook` are in all worlds, and get redactions, too. Their secret is
//!   that of `--webhook-secret`, or one that is made and printed.
//! - **State.** `--state` names a [file](#state-that-survives), and `--durability full` waits for the disk. `--seed-file` has
//!   what there is from the start, as [lines](#state-as-lines) that `export` writes.
//! - **`exec`** listens on a free port, and sets `STRIPE_SECRET_KEY`, `STRIPE_RESTRICTED_KEY`, `STRIPE_PUBLISHABLE_KEY`,
//!   `STRIPE_API_BASE`, `STRIPE_API_PROTOCOL`, `STRIPE_API_HOST`, `STRIPE_API_PORT`, `STRIPE_WEBHOOK_SECRET`,
//!   `STRIPE_SIMULATOR_URL` and, if there is one, `STRIPE_SIMULATOR_CONTROL_TOKEN`. It passes signals on to the command, and the
//!   status of the command on to its caller.
//! - **The other commands** are requests to the simulator at `--url`, to the world of `--key`.
//!
//! # Worlds
//!
//! A key is a world. `sk_test_NAME` sees only its own sessions, files, events, webhook endpoints and clock, so that any
//! number of tests can share one server. The same world has the keys
//!
//! - `sk_test_NAME_anything`, since a name ends at the first `_`;
//! - `rk_test_NAME`, which is restricted. As at Stripe, a secret key cannot expand sensitive fields, such as dates of birth
//!   and numbers, or read the images of a verification. A restricted key can;
//! - `sk_org_test_NAME`, of an organization, and `pk_test_NAME`, which is publishable.
//!
//! Keys that look real, `sk_test_51…`, name an account. All keys of an account share one world, so that a rolled key keeps
//! it.
//!
//! A name is 1 to 100 ASCII characters without spaces. Live keys are refused. Inside a world, each connected account has its
//! own objects. `Stripe-Account` names the account, or the last segment of `Stripe-Context` does. The page of a session and
//! a file link take no key: their token names the world.
//!
//! The id of an object names its world too. If a key asks for an object of another world, the response is the 404 of an
//! object that does not exist, and a [`Note`] names both worlds; the program prints it.
//!
//! There are up to 10,000 worlds. One that gets no request for a day of real time is removed; from a
//! [state file](#state-that-survives), only if there are too many. A world takes no request that
//! changes something once it holds 2,000,000 objects and stored responses, files of 256 MiB, or stored responses that have
//! 1 GiB together with all parameters and all snapshots so far.
//!
//! # Speed
//!
//! An operation takes as long in a world that holds 300,000 sessions as in one that holds 1,000, within a factor of two, and
//! a verified session takes less than 10 kB: `PERFORMANCE.md` of the repository has the figures. Every list finds the records
//! of each filter, and of each combination of filters, by an index, and a span of time by a binary search. What takes longer
//! the more there is:
//!
//! - a page takes as long as the page is, and an object as long as its own reports, events, deliveries and links are many;
//! - `GET /_simulator/webhook_endpoints` shows all endpoints, of which a world has up to 1,000, and deleting an endpoint
//!   deletes its deliveries, up to 10,000;
//! - each request is compared with each fault, up to 1,000, and each attempt with each disorder rule.
//!
//! # URLs
//!
//! `session.url`, `file.url` and `link.url` lead to the simulator: to the host that the client asks for, or to the
//! [public URL](SimulatorBuilder::public_url). In events they have the public URL, or the address that the server listens
//! on. Without a server they begin with `https://simulator.test`. They never name a host of Stripe's, even if the
//! request does.
//!
//! A replay under an idempotency key is the first response to the byte, its URLs included.
//!
//! # Time
//!
//! Each world has a clock, which is [real](Clock::Real), or [stands](Clock::FrozenAt) until it is
//! [advanced](Simulator::advance). In process it stands by default, and a client's waits advance it. The program's is real
//! by default, and can be advanced too. A clock can be set to any time while its world holds nothing. Later it goes only
//! forward.
//!
//! Everything that happens by itself comes from one queue: users submit, checks and redactions end, deliveries are sent and
//! repeated, client secrets, URLs, ephemeral keys and file links expire, idempotency keys lapse, and events are deleted after
//! 30 days. The order:
//!
//! 1. what is due earlier happens before what is due later, and the clock shows its time meanwhile;
//! 2. of the same time, what was scheduled first happens first;
//! 3. what becomes due on the way happens on the way;
//! 4. a request sees the effects of everything that is due by its time.
//!
//! [`run_until_idle`](Simulator::run_until_idle) goes on until no try, checks, redaction or delivery is due;
//! [`advance_to_next`](Simulator::advance_to_next) goes to the next thing of any kind. [`Settings`] say when checks and
//! redactions end.
//!
//! Webhooks of a server are signed at the real time, whatever the world's clock, because receivers check the age of a
//! signature; [`virtual_signatures`](SimulatorBuilder::virtual_signatures) changes that.
//!
//! # Webhooks
//!
//! Endpoints are made as at Stripe. The secret is in the response to their creation, and in no other:
//!
//! | request | parameters |
//! |---|---|
//! | `POST /v1/webhook_endpoints` | `url`, `enabled_events`, `connect`, `api_version`, `description`, `metadata` |
//! | `GET`, `POST`, `DELETE /v1/webhook_endpoints/{id}` | to update: `url`, `enabled_events`, `disabled`, `description`, `metadata` |
//! | `GET /v1/webhook_endpoints` | `limit`, `starting_after`, `ending_before` |
//! | `POST /v1/events/{id}/retry` | `webhook_endpoint`, `account`, `for_stripecli`: delivers an event again, and returns it |
//! | `POST /v2/core/event_destinations` | JSON: `name`, `type` (`webhook_endpoint`), `event_payload` (`snapshot` or `thin`), `enabled_events`, `webhook_endpoint[url]`, `events_from`, `snapshot_api_version`, `description`, `metadata`, `include` |
//! | `GET`, `POST`, `DELETE /v2/core/event_destinations/{id}` | to update: `name`, `enabled_events`, `webhook_endpoint[url]`, `description`, `metadata`, `include` |
//! | `POST /v2/core/event_destinations/{id}/disable`, `…/enable` | |
//! | `GET /v2/core/event_destinations` | `limit`, `page`, `include` |
//!
//! `enabled_events` of `*` means every type but `identity.verification_session.redacted`, which goes only to endpoints that
//! name it. Thin events have the same types with `v1.` in front, and go to event destinations. `connect`, or `events_from` of
//! `@accounts`, asks for the events of connected accounts. An account has up to 16 endpoints.
//!
//! An event goes once to each endpoint that wants it. A response of 200 to 299 ends a delivery. Otherwise it is attempted
//! three times: at once, an hour after the first attempt and two hours after the second, by the world's clock. Stripe's
//! documentation of webhooks speaks of three tries in the course of a few hours, in test mode. `pending_webhooks` of an event
//! counts the deliveries that have not arrived, and `delivery_success=false` lists the events that have some.
//!
//! A server waits for up to ten seconds for a response (`webhook_timeout` of the [`Settings`]), follows no redirect, and has
//! eight attempts at an endpoint under way at a time: one that hangs delays no other. It delivers to this machine, and to
//! hosts that are [named](SimulatorBuilder::webhook_host); over `https` if a root of webpki or an
//! [added one](SimulatorBuilder::webhook_root) vouches for the receiver. Without a server,
//! [`deliver_to`](Simulator::deliver_to) calls a function with each request.
//!
//! Each delivery can be read with all of its attempts: see [`WebhookDelivery`] and `GET /_simulator/deliveries`. A redaction
//! takes what receivers have responded with away. The last
//! 10,000 of an endpoint are kept. If all of them are pending, what happens is no longer delivered to the endpoint, and
//! counted as dropped in `GET /_simulator/webhook_endpoints`.
//!
//! [`DisorderRule`]s make deliveries go wrong on purpose: doubled, reordered, late, dropped, cut, or signed wrongly. A rule
//! applies to attempts: with `times=1` only one goes wrong, and what it lost is delivered an hour later.
//!
//! # The control API
//!
//! What a person does at Stripe's hosted page, and what time does, is done by the methods of [`Simulator`], or over HTTP.
//! The `Authorization` names the world, with any key of it. What is done to a session needs no key: its id names the world.
//!
//! | request | parameters | what it does |
//! |---|---|---|
//! | `GET /_simulator` | | lists all of these requests, as text |
//! | `POST /_simulator/verification_sessions/{id}/submit` | `outcome`, `person`, `document`, `after` | the user submits, and the checks end |
//! | `POST /_simulator/verification_sessions/{id}/start_processing` | | the user submits |
//! | `POST /_simulator/verification_sessions/{id}/finish_processing` | `outcome`, `person`, `document` | the checks end |
//! | `POST /_simulator/verification_sessions/{id}/finish_redaction` | | a redaction ends |
//! | `GET /_simulator/outcomes` | | lists the outcomes |
//! | `GET /_simulator/plan` | | lists the plans for sessions to come |
//! | `POST /_simulator/plan` | `tries`, `sessions`: a number, or `all` | plans what the users of sessions to come do |
//! | `DELETE /_simulator/plan` | | drops the plans |
//! | `GET /_simulator/clock` | | shows the time, and when something is due next |
//! | `POST /_simulator/clock` | `clock`: `real`, `frozen` or `frozen:TIME` | lets the clock run or stand |
//! | `POST /_simulator/clock/advance` | `seconds` | moves the time forward |
//! | `POST /_simulator/clock/next` | | moves the time forward to the next thing that is due |
//! | `POST /_simulator/clock/run_until_idle` | | moves the time forward until no work is due |
//! | `GET /_simulator/settings` | | shows the settings |
//! | `POST /_simulator/settings` | `processing`, `redacting`, `sensitive_reads`, `webhook_timeout`, `rate_limit` | changes [`Settings`] |
//! | `POST /_simulator/faults` | [below](#faults) | adds a fault |
//! | `GET /_simulator/faults` | | shows the faults, and how often each has applied |
//! | `GET /_simulator/faults/{id}` | | shows one of them |
//! | `DELETE /_simulator/faults/{id}` | | removes it |
//! | `DELETE /_simulator/faults` | | removes all of them |
//! | `POST /_simulator/webhook_endpoints` | `url`, `secret`, `enabled_events`, `connect`, `thin`, `in_disorder` | adds an endpoint in one line, in place of the one with the same URL; only `url` is required |
//! | `GET /_simulator/webhook_endpoints` | | shows all endpoints, and how many deliveries are pending, delivered, failed and dropped |
//! | `POST /_simulator/webhook_endpoints/{id}/roll_secret` | `secret`, `expires_in` | gives an endpoint a new secret, beside which the old one signs for a day or the time given |
//! | `GET /_simulator/deliveries` | `webhook_endpoint`, `event`, `status`, and those of a list | shows deliveries with all of their attempts |
//! | `POST /_simulator/disorder` | `disorder`, `webhook_endpoint`, `event_type`, `probability`, `times` | adds a [`DisorderRule`]; an `event_type` may be a pattern such as `*.verified` |
//! | `GET /_simulator/disorder` | | shows the rules that are left |
//! | `DELETE /_simulator/disorder`, `…/{id}` | | deletes all rules, or one |
//! | `POST /_simulator/reset` | | lets worlds [begin anew](Simulator::reset) |
//! | `GET /_simulator/export` | | shows worlds as [lines](#state-as-lines) |
//! | `POST /_simulator/import` | such lines, as the body | puts worlds in place of those that the lines name, and responds with how many `worlds` and `records` there were |
//! | `GET /_simulator/requests` | `method`, `path`, `status`, `limit` | lists the [journal](#journal), the newest request first: 10 of them, or a `limit` up to 1,000; the `path` is that of an endpoint, such as `/v1/events/{event}` |
//! | `DELETE /_simulator/requests` | | empties the journal |
//! | `POST /_simulator/verify` | [below](#journal) | checks which requests there were |
//! | `GET /_simulator/health` | | responds to anyone, without a key or a token, if the server runs: `status`, `version`, `worlds` and `pid` |
//! | `GET /_simulator/metrics` | | shows [metrics](#metrics), of all worlds |
//!
//! What is done to a session responds with its `status`, the code of its `last_error`, and `submits_at`, if the user submits
//! later. The last eight concern the whole simulator: with a key they are about its world, and without one about all worlds.
//!
//! `processing` is `at_once`, `retrieves:3` or a time such as `30s`; `redacting` is `by_request` or a time such as `4d`;
//! `sensitive_reads` is `all`, `recent` or `none`. A `disorder` is
//! `doubled`, `reordered`, `late:10m`, `dropped`, `cut`, `old_timestamp`, `wrong_signature` or `two_signatures`. A
//! `rate_limit` is `none` or a number of requests in a second.
//!
//! A server that is asked to run until idle waits for the webhooks that are under way, and goes on to their next attempts. It
//! responds after a minute at the latest.
//!
//! Over a [`Server`], the control API obeys only requests whose `Host` is this machine, and that do not come from a page
//! of another site. If other machines can reach it, it wants a token: see [`ServerOptions`]. Requests of a page to Stripe's
//! API are held to the same hosts.
//!
//! # The page of a session
//!
//! A browser at `session.url` shows what the session asks for, and lets a person choose the outcome, another made-up person
//! by number, details of their own, and images (PNG or JPEG, in a request of up to 16 MiB). It works without script, and
//! loads nothing.
//!
//! - A URL takes one submission. A double click counts once and goes on; a reload, the back button and a second tab see
//!   where the session stands. A failed try has a fresh URL once the session is retrieved, as over the API.
//! - After it, a page waits for the end of the checks, and leads to the `return_url` of the session: at once to a page of
//!   `https`, or of `http` on this machine or on a host that webhooks may go to by name; by a page with a link to an app,
//!   such as `myapp://done`. Other URLs are refused when the session is created. Nothing is added to the URL. Without one,
//!   there is an end page.
//! - A URL that was used, has expired, or whose session is canceled or redacted says so with status 410, and any other with
//!   404.
//!
//! The script at `/v3/` stands in for Stripe.js where an application opens Identity in a dialog. The `loadStripe` of
//! `@stripe/stripe-js` takes it if it is there first:
//!
//! ```html
//! <script src="http://127.0.0.1:12111/v3/"></script>
//! <script type="module">
//!   const {error} = await Stripe("pk_test_123").verifyIdentity(clientSecret);
//! </script>
//! ```
//!
//! The promise resolves with `{verificationSession: {id}}` once the user has submitted, however their try ends; with the
//! error `session_cancelled` if they close the dialog; with `resource_missing` for a client secret that is wrong or used. A
//! key that is no `pk_test_…`, and any other feature of Stripe.js, throws. A Content-Security-Policy of the application has
//! to allow the simulator in `script-src`, `connect-src` and `frame-src`.
//!
//! The token in the URL is all that the page asks for: who knows it can submit, and nobody else can. So no check of an
//! `Origin` is needed, which would fail behind a proxy. No page may show it in a frame, except that of the origin which has
//! opened the dialog with the client secret; that one learns that the user has submitted or closed it, and nothing else.
//!
//! # The overview
//!
//! A browser at `/` sees the worlds that were used last with their sessions, what is due next, and the latest requests and
//! deliveries. Each world and each session has a page: that of a session shows what happened to it, in order. These pages only
//! show, and looking changes nothing and is not in the journal. They show ids, types, states and times, and the paths of
//! webhook endpoints, and nothing that a client, a person or a receiver has written besides. The page of a session whose URL
//! can still be used links to it. Visits of that URL are not among its requests: the journal does not know which token they had.
//!
//! As the control API, they are for this machine. If the server wants a token, a browser asks for it: it is the password, with
//! any user name. The password opens these pages alone.
//!
//! # Outcomes
//!
//! An outcome is `verified` (the default of a call) or the code of a failure, such as `document_expired`. It is chosen
//!
//! - now, by [`submit`](Simulator::submit) or the call above;
//! - when a session is created, by its `metadata[simulate]`: no access to the simulator is needed;
//! - for sessions to come, by a [`plan`](Simulator::plan) or the call above.
//!
//! `metadata[simulate]` and `tries` are tries with commas between them. Each is an outcome, with details of the user
//! after it:
//!
//! ```text
//! verified
//! selfie_face_mismatch,verified
//! document_expired;after=30s,verified;dob=2012-05-01;country=DE;document.type=passport
//! ```
//!
//! | in such a text | in a call | what it sets |
//! |---|---|---|
//! | `after=` | `after` | how long the user takes to submit, such as `30s`, `5m`, `24h` or `4d` |
//! | `seed=` | `person[seed]` | the person and the document that the other details change, by a number |
//! | `country=` | `person[country]` | the country, as in `DE`, with an id number of it if Stripe checks those |
//! | `dob=` | `person[dob]` | the date of birth, as in `2012-05-01` |
//! | `sex=` | `person[sex]` | `female`, `male` or `unknown` |
//! | `first_name=`, `last_name=`, `place_of_birth=`, `email=`, `phone=`, `id_number=`, `line1=`, `line2=`, `city=`, `postal_code=`, `state=` | `person[…]` | a text |
//! | `document.type=` | `document[type]` | `driving_license`, `id_card` or `passport` |
//! | `document.issuing_country=` | `document[issuing_country]` | the country that issued it |
//! | `document.issued_date=`, `document.expiration_date=` | `document[…]` | a date |
//! | `document.number=`, `document.first_name=`, `document.last_name=` | `document[…]` | a text |
//! | | `document[front]`, `document[back]`, `document[selfie]` | an image: that of an uploaded file, by its id |
//!
//! An empty value takes a detail away: `dob=` for a person whose date of birth is missing. Nothing else follows from the
//! details: a minor whose outcome is `verified` is verified, with the date of birth that the program under test must look
//! at.
//!
//! The first try begins when the session is created. Each further one begins when the session is retrieved after a failed
//! one, since the user has a fresh URL then. A try is skipped if the session is canceled, no longer has the check that fails,
//! or is submitted by a call before.
//!
//! A session can only have the outcomes of its checks, and another one is refused with those that it can have:
//! `GET /_simulator/outcomes` (in Rust, [`Outcome::all`]) lists for each its `code`, the `check` that fails, the `reason`
//! for users, what it `needs` (one of these parameters when the session is created), and whether it `leaves_report`.
//!
//! # Faults
//!
//! A [`Fault`] makes requests to Stripe's API go wrong: which ones, how often, and how. In Rust it is
//! [added](Simulator::add_fault) to the simulator, and over HTTP to the world of the key:
//!
//! | parameter | meaning |
//! |---|---|
//! | `effect` | what happens: see below; without one, `latency` does |
//! | `latency` | how late the response leaves, such as `2s` |
//! | `method`, `path`, `key` | which requests; a `path` such as `/v1/identity/verification_sessions/{session}` or `/v1/files/**`; of the `key`, its beginning |
//! | `times` | to how many requests it applies; to all, by default |
//! | `probability` | by chance, from 0 to 1; the seed decides |
//!
//! | effect | what happens | the request takes effect |
//! |---|---|---|
//! | `respond` | a response with the `status`, and with the error's `type`, `code` and `message`, or a `body`; with `headers[NAME]` | no |
//! | `respond` with `stored=true` | the same, kept under the idempotency key, and replayed | no |
//! | `rate_limit` | status 429, code `rate_limit`, `Stripe-Rate-Limited-Reason: global-rate` | no |
//! | `lock_timeout` | status 429, code `lock_timeout`, `Stripe-Should-Retry: true` | no |
//! | `reset` | the connection is reset | no |
//! | `lose_response` | the connection ends without a response | yes |
//! | `cut_body` | the connection ends in the middle of the body | yes |
//! | `slow_body` | the body takes as long as `duration` | yes |
//!
//! A delayed request takes effect at once. Until its response leaves, another request with its idempotency key gets the
//! status 409 and the code `idempotency_key_in_use`. In process, a delay passes on the simulator's clock; over a [`Server`]
//! it is real. A [`RateLimit`] counts by the clock of the world.
//!
//! # Journal
//!
//! The simulator keeps the last 1,000 requests to each world, and those that found none: see [`Simulator::requests`].
//! Another number is set when it is [built](SimulatorBuilder::journal), and
//! [`on_request`](SimulatorBuilder::on_request) sees each one. A [`RequestEntry`] is one line, or one object of JSON:
//!
//! ```text
//! 2026-10-26T07:33:20.125Z #7 POST /v1/identity/verification_sessions 200 0.081 ms world=a key=secret parameters=type,metadata[…] idempotency=new request=req_1…
//! ```
//!
//! It shows no key, no secret and no personal data. It has the names of parameters and no values. Names that no endpoint
//! takes are only counted (`+2`), since a client may write anything there, and so are shown as `metadata[…]` the keys of
//! metadata. Of a path, the template is shown, and an id if the world can have made it. The journal is no state: a world
//! begins with an empty one.
//!
//! A test verifies what was asked of Stripe with a [`RequestPattern`]: *one create with this key, and no other*.
//!
//! ```
//! use stripe_identity_core::types::CreateVerificationSession;
//! use stripe_identity_core::{BlockingClient, Config};
//! use stripe_identity_simulator::{RequestPattern, SimulatorTransport};
//!
//! let stripe = SimulatorTransport::new();
//! let sessions = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone()).verification_sessions();
//! sessions.create(CreateVerificationSession::document()).idempotency_key("order-6735").send()?;
//!
//! stripe.verify(RequestPattern::create_session().idempotency_key("order-6735").and_no_other())?;
//! stripe.verify(RequestPattern::cancel_session().never())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Over HTTP, `POST /_simulator/verify` takes
//!
//! | parameter | meaning |
//! |---|---|
//! | `path`, `method` | the endpoint, such as `/v1/identity/verification_sessions/{session}/cancel`; `POST` by default |
//! | `idempotency_key`, `account`, `id` | what the requests must have |
//! | `parameters[]`, `without_parameters[]` | names that were sent, or were not |
//! | `outcome` | which ones count: `took_effect` (the default), `replayed` or `any` |
//! | `status` | counts those with this status instead |
//! | `times`, `at_least` | how many there must be; `times=1` by default |
//! | `no_other` | with `true`, that no other request to the endpoint took effect |
//!
//! It responds with the requests, or with the status 422 and the code `verification_failed`: the message names the nearest
//! request and the difference, and `error.nearest` is that request. The code is `verification_unknown` if requests were lost
//! that could decide.
//!
//! # Metrics
//!
//! With the feature `metrics`, which the program has, `GET /_simulator/metrics` responds in the text format of Prometheus.
//! The names begin with `stripe_identity_simulator_`:
//!
//! | metric | labels | meaning |
//! |---|---|---|
//! | `requests_total` | `method`, `path`, `status` | requests, by path template; `none` is the status of one whose connection was reset |
//! | `request_duration_seconds` | `kind`: `api`, `control`, `link` | a histogram: how long it took to make a response, without delays by faults |
//! | `refused_requests_total` | `type`, `code` | errors, those of faults included |
//! | `faults_total` | `effect` | faults that applied |
//! | `webhook_attempts_total` | `result`: `2xx` to `5xx`, or a failure | attempts to deliver a webhook |
//! | `deliveries` | `status` | deliveries of the endpoints that there are |
//! | `queue_length` | `kind`: `work`, `expiry` | what is due some time |
//! | `worlds`, `objects` | of objects, `kind` | what there is |
//! | `journal_requests` | | requests in the journals |
//!
//! Requests for health, for metrics and about the journal are not counted unless the server refuses them. No label holds
//! anything that a client has written.
//!
//! # State that survives
//!
//! With the feature `state`, which the program has, [`SimulatorBuilder::open`] keeps all state in a file: objects, what is
//! due, deliveries, stored responses, clocks, settings, plans, faults and rules of disorder. The next simulator with the file
//! goes on from there, with the same ids, secrets and chances to come. Only one simulator at a time has the file.
//!
//! - **What is answered is written.** A change is in the file before its response or its webhook leaves. A process that is
//!   killed has lost nothing that it has answered. If the power fails, the last changes may be missing; with
//!   [`Durability::Full`] each change waits for the disk.
//! - **Deliveries are made at least once.** An attempt that was under way ends as `closed` and is made again at once.
//!   Receivers recognize an event by its id.
//! - **Time goes on.** What came due meanwhile happens at the first request or as soon as a server runs, if the clock of the
//!   world runs. After a kill, the ids of requests go on elsewhere, so that none comes again.
//! - **A file that cannot be written loses nothing.** The response has the status 500 and the type `api_error`, and says why.
//!   What has happened is written before anything else is done or shown in that world, or the next request gets the same
//!   error. When there is room again, all goes on: a retry under the same idempotency key is a replay.
//! - **A file that is something else is left as it is**: no database, the database of another program, a damaged one, or one
//!   of a newer release. A file of an older release is brought to the present form, in one transaction.
//!
//! The file holds secrets and what was said of people. It is made for its owner alone. To copy it, stop the simulator, or
//! export.
//!
//! # State as lines
//!
//! [`Simulator::export`] writes worlds as lines of JSON, and [`Simulator::import`] reads them, as do
//! [`SimulatorBuilder::initial_lines`] at the start. A line has a `kind`, a `value` and, except for the kinds that a world has
//! once, a `place`: the number of those of its kind that were there before. All lines of a world follow the line that names it.
//! A person can write them:
//!
//! ```json
//! {"format":"stripe-identity-simulator","version":1}
//! {"kind":"world","value":{"name":"123"}}
//! {"kind":"verification_session","value":{"session":{"id":"vs_open"}}}
//! {"kind":"verification_session","value":{"session":{"id":"vs_done","status":"verified","last_verification_report":"vr_1"}}}
//! {"kind":"verification_report","value":{"report":{"id":"vr_1","type":"document","verification_session":"vs_done"}}}
//! {"kind":"file","value":{"id":"file_1","purpose":"identity_document","filename":"a.txt"}}
//! {"kind":"file_contents","value":"aGVsbG8="}
//! {"kind":"event","value":{"id":"evt_1","type":"identity.verification_session.verified","object":{"id":"vs_done"}}}
//! {"kind":"webhook_endpoint","value":{"id":"we_1","url":"http://localhost/","secrets":{"current":"whsec_1"}}}
//! {"kind":"plans","value":[{"tries":[{"outcome":"document_expired"}],"sessions":1}]}
//! ```
//!
//! What may be left out: a `place` is the next one, that of `file_contents` is that of the file before; a `created` is the
//! world's time; a session is of a document and requires input, and gets its secret and its URL when it is retrieved; what
//! the line of the world leaves out (`clock`, `settings`, `generators`, `numbers`), and its plans, faults and disorder, are as
//! in a new world. The ids of one kind differ, and their times do not go back from line to line. An id that is to be found
//! without a key has the world's tag in it, as those of an export have.
//!
//! An import is all or nothing: a line that is not what it should be is named by its number, and nothing is changed. Nothing
//! happens in the worlds while they are imported. What is due by then happens next, as after a restart.
//!
//! # What it knows
//!
//! - **Sessions**: the six operations with all of their parameters, filters, cursors and expansions; what each state allows;
//!   client secrets that live 24 hours and URLs that live 48, fresh ones when an open session is retrieved.
//! - **Reports** of every try, **files** for the images that they name (small drawings by default), uploads, downloads,
//!   **file links** and what is behind them.
//! - **Events**: a snapshot for each step of a session, listed by type, pattern and time.
//! - **Webhooks**: endpoints and event destinations, signed deliveries of snapshots or of thin events, which can be fetched,
//!   retries, resends, and secrets that are rolled.
//! - **Ephemeral keys**, as the mobile SDKs need them: each retrieves its own session, for an hour.
//! - Test keys as `Bearer` or `Basic`; idempotency keys, replayed for 24 hours to the same request with the same kind of
//!   key.
//!
//! # What no source confirms
//!
//! Stripe documents what a state forbids, not how it says so. These are guesses; don't build on them:
//!
//! - the message of the error for an illegal state (its status 400 and type `invalid_request_error` are to be expected,
//!   a code is not), of an enum value that does not exist, of a malformed boolean or integer, of a limit outside 1 to 100,
//!   of metadata beyond its limits, of both cursors at once, of both headers for an account;
//! - that an unknown cursor gives status 400 and `resource_missing`;
//! - that a canceled session cannot be redacted, and that asking twice for a redaction is refused;
//! - that `type` is ignored when a flow is named, and what a flow checks (here: a document, an email address and a phone
//!   number; a selfie and an id number if the options of the document require them);
//! - that provided details, like checks and options, can only be updated while a session requires input;
//! - that any submission in the dialog resolves without an error, the types of the errors of `verifyIdentity`, and all of
//!   their codes but `session_cancelled`; which `return_url` is refused;
//! - that the options of an id number session are empty, and that changing the type resets them;
//! - that an idempotency key stays unused after any refusal, not only after one that comes from validation;
//! - which failures leave a report (here: those of a check; not `abandoned`, `consent_declined`, `country_not_supported`,
//!   `device_not_supported` and `under_supported_age`), what a failed check shows, and that a try without a report goes
//!   through `processing`, too;
//! - that without a document, a session has no outcome that says that the document shows too little;
//! - the status 403 for a sensitive field, an image, a link to one, or a change by which that link does not expire earlier,
//!   without a restricted key; that the 48 hours of a restricted key count from the last report or from the image;
//! - that idempotency keys whose responses show a redacted session, or an event of it, are forgotten with it;
//! - the form of client secrets and URLs in test mode, and that metadata is erased at the end of a redaction and not at
//!   its beginning, in events too;
//! - that a redaction erases the issuing country, unlike that of the address, and leaves the same date for all of a
//!   report's;
//! - that a failed session shows neither secret nor URL until it is retrieved, that an expired secret or URL is null in
//!   lists, and that updating an open session renews them as retrieving it does;
//! - that redacting a session that requires input also gives a `canceled` event, that the contents of its images are gone
//!   with the redaction, and what deleting an ephemeral key twice does;
//! - that a redaction takes the whole of its four days;
//! - the message of `idempotency_key_in_use` and its type; that a request which a fault delays has taken effect when its key
//!   is found in use; that a rate limit comes before the idempotency key;
//! - that a publishable key reads nothing (status 401, code `secret_key_required`); that an ephemeral key only retrieves its
//!   session, with everything a secret key sees (403 for anything else), and the status 401 and the code `api_key_expired`
//!   once it is gone;
//! - that the snapshots of a session have neither client secret nor URL in any event (known: no URL once a try has failed,
//!   neither once it is verified);
//! - when in the course of the few hours a delivery is repeated, that the three tries count the first one, and for how
//!   long a receiver may take;
//! - that the retry of an event without `webhook_endpoint` goes to every endpoint that gets the event, that one that is
//!   named gets it whatever it has enabled, that a disabled one is refused, and that a resend that fails leaves the schedule
//!   as it was;
//! - that what happens while an endpoint is disabled, and what was not delivered to one that is deleted, is not in
//!   `pending_webhooks`;
//! - the message for a type of event that does not exist, and that `*` leaves out the redactions among thin events, too;
//! - that each of the two APIs lists the endpoints that it has made, and, of event destinations, the form of ids, the
//!   default of `events_from`, and errors in the form of the first API's;
//! - that while a secret is rolled the new one signs first, and that five sign at the most;
//! - the form of real keys: that two kinds of key of an account begin with the same 16 characters after the kind, and that
//!   the key of an organization begins with `sk_org_test_` and needs no `Stripe-Context`.
//!
//! # Unlike Stripe
//!
//! - It takes parameters in the query of a `POST` along with the body, 1,000 in all, with names of up to 500 bytes.
//! - It limits the rate of requests only on demand, and then of all endpoints together.
//! - Every restricted key reads everything by default.
//! - Ephemeral keys are for verification sessions only.
//! - It takes any `Stripe-Version`, and responds in the form of one. The `api_version` of an endpoint is written into its
//!   events, and changes nothing else in them.
//! - It does not check what is in an email address, a phone number or a flow's id.
//! - It obeys the key `simulate` in the metadata of a new session.
//! - The user returns to the application when the checks have ended, unless they choose not to wait.
//! - The server takes bodies of up to 16 MiB, and of an import up to 128 MiB, 256 MiB at a time, and heads of up to 128 KiB
//!   with 100 headers. Of responses beyond 1 MiB, it sends 256 MiB at a time.
//! - Uploads come back as `application/octet-stream`, whatever they were sent as.
//! - Webhook endpoints may be of `http`, and on this machine. Of the types of event that have nothing to do with Identity,
//!   only the form is checked.
//! - Thin events have an id that follows from their snapshot's, and nothing in their `changes`. They cannot be listed, and an
//!   event destination cannot be pinged.

mod control_error;
mod delivery;
mod detail;
mod disorder;
mod disruption;
mod document;
mod duration;
mod face;
mod fault;
mod form;
mod import_error;
mod journal;
mod keeper;
mod key;
mod lines;
#[cfg(feature = "metrics")]
mod metrics;
mod multipart;
mod note;
mod outcome;
mod parameters;
mod patience;
mod person;
mod plan;
mod receiver;
mod refusal;
mod response;
mod return_url;
mod router;
mod serial;
#[cfg(feature = "server")]
mod server;
mod settings;
mod simulator;
#[cfg(feature = "state")]
mod state_file;
mod submission;
mod time;
#[cfg(feature = "server")]
mod tls;
mod transport;
mod unwritten;
mod webhook_endpoint;
mod world;

pub use control_error::ControlError;
pub use delivery::{AttemptResult, AttemptTrigger, DeliveryAttempt, DeliveryFailure, DeliveryStatus, WebhookDelivery};
pub use disorder::{Disorder, DisorderRule};
pub use disruption::{Damage, Disruption};
pub use document::Document;
pub use fault::{Fault, FaultResponse, FaultRule};
pub use import_error::ImportError;
pub use journal::{
    AppliedFault, IdempotencyUse, RequestEntry, RequestError, RequestKey, RequestKind, RequestPattern, VerifyError,
};
pub use lines::Imported;
pub use note::Note;
pub use outcome::{Check, Outcome, UnknownOutcome};
pub use person::Person;
pub use plan::Plan;
#[cfg(feature = "server")]
pub use server::{Server, ServerOptions};
pub use settings::{Clock, InvalidSetting, Processing, RateLimit, Redacting, SensitiveReads, Settings};
pub use simulator::webhooks::Webhook;
pub use simulator::{InvalidPublicUrl, Simulator, SimulatorBuilder, WorldError};
#[cfg(feature = "state")]
pub use state_file::{Durability, StateError, StateFile};
pub use submission::{InvalidSubmission, Submission};
#[cfg(feature = "server")]
pub use tls::InvalidCertificate;
pub use transport::SimulatorTransport;
pub use webhook_endpoint::{WebhookEndpoint, WebhookEndpointError};
