//! The texts of `--help` that are not those of a single option.

/// Joins the lines of each paragraph, which is then wrapped to the width of the terminal. Lines that begin with a space stay.
pub(super) fn flow(text: &str) -> String {
    let mut flowing = String::new();
    let mut is_open = false;
    for line in text.lines() {
        let is_text = !line.is_empty() && !line.starts_with(' ');
        flowing.push_str(match (is_open, is_text) {
            (true, true) => " ",
            _ if flowing.is_empty() => "",
            _ => "\n",
        });
        flowing.push_str(line);
        is_open = is_text;
    }
    flowing
}

pub(super) const ABOUT: &str = "\
A local Stripe Identity that keeps state, for development and tests. Your program talks to it as to Stripe, with any test key";

pub(super) const BEGINNING: &str = "\
A local Stripe Identity that keeps state, for development and tests. Your program talks to it as to Stripe, with any test key.

To begin, start it in one terminal, and type the others in a second one:

  stripe-identity-simulator
  curl -u sk_test_123: -d type=document \\
    http://127.0.0.1:12111/v1/identity/verification_sessions
  stripe-identity-simulator submit vs_…

with the id that curl has shown. The session is then verified. (If the program is not installed: `cargo install --path
crates/stripe-identity-simulator`, or put `cargo run -p stripe-identity-simulator --` in place of its name.)

To run tests, with a simulator of their own that ends with them:

  stripe-identity-simulator exec -- npm test

Point your program at it:

  Node    new Stripe(\"sk_test_123\", {protocol: \"http\", host: \"127.0.0.1\", port: 12111})
  Python  at = \"http://127.0.0.1:12111\"
          stripe.StripeClient(\"sk_test_123\", base_addresses={\"api\": at, \"files\": at})
  curl    curl -u sk_test_123: http://127.0.0.1:12111/v1/…

Under `exec`, the address and the keys are in variables (see `exec --help`):

  Node    const {env} = process;
          new Stripe(env.STRIPE_SECRET_KEY, {protocol: env.STRIPE_API_PROTOCOL,
            host: env.STRIPE_API_HOST, port: env.STRIPE_API_PORT})
  Python  at = os.environ[\"STRIPE_API_BASE\"]";

pub(super) const SHORT: &str = "--help shows how to begin, and how a client is pointed at it.";

pub(super) const LONG: &str = "\
Keys: it takes any test key. NAME in sk_test_NAME is a world of its own, with its sessions, events, webhook endpoints and
clock, so that each test can take a random one. A name ends at the first `_`: sk_test_NAME_more is another key of the same
world. Dates of birth, numbers and images are only read by the restricted key of the same world, rk_test_NAME.

Control API: the requests under /_simulator, which are not Stripe's. They stand in for users and for time. A list of all of
them, with their parameters:

  curl http://127.0.0.1:12111/_simulator

Users: nobody opens the page of a session. `submit` stands in for the user, now. In a test, say it when the session is
created, or over HTTP:

  metadata: {simulate: \"verified;dob=2012-05-01\"}
  metadata: {simulate: \"document_expired,verified\"}
  curl http://127.0.0.1:12111/_simulator/verification_sessions/ID/submit \\
    -d outcome=verified

With two tries, the session first fails. The second try begins when the session is retrieved after that.

Webhooks: --webhook http://127.0.0.1:4242/webhook delivers the events of all worlds there, signed with --webhook-secret. A
test makes an endpoint for its own world, as at Stripe, or in one line:

  await stripe.webhookEndpoints.create({url, enabled_events: [\"*\"]})   (.secret)
  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/webhook_endpoints \\
    -d url=http://127.0.0.1:4242/webhook -d secret=whsec_made_up

The log has a line for each delivery that fails. See each attempt at a delivery, with its response:

  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/deliveries

Time: `advance 4d`, or over HTTP, until each webhook has been delivered or given up:

  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/clock/run_until_idle \\
    -X POST

Faults: lose the response to the next request that creates something (others: respond with status=503, rate_limit,
lock_timeout, reset, cut_body, slow_body, and latency=5s):

  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/faults \\
    -d effect=lose_response -d method=POST -d times=1

Journal: the simulator keeps the last 1,000 requests of each world in memory, and not in the state file. With a key, the
first request shows those of its world, and without one those of all worlds. The second checks that there was one create
with an idempotency key, and no other:

  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/requests
  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/verify \\
    -d path=/v1/identity/verification_sessions -d idempotency_key=order-1 \\
    -d no_other=true

For machines: /_simulator/health needs neither key nor token. /_simulator/metrics, for Prometheus, needs no key, but the
control token if there is one.

Output: standard output has one line once the simulator is ready, `listening on URL`. If other machines can reach it,
` with the control token TOKEN` follows, and the control API takes that in the header Simulator-Token. A program that waits
for the simulator reads the third word, or the file of --ready-file. The log goes to standard error. It shows a path that the
simulator does not know as `unknown`; the response to the request names it.

Variables: each option of the server is one, STRIPE_SIMULATOR_LISTEN for --listen; an option comes first. Those that may
be repeated take several values with commas between them. The other commands read STRIPE_SIMULATOR_URL,
STRIPE_SIMULATOR_CONTROL_TOKEN and STRIPE_SECRET_KEY.

Exit status: 0 after SIGTERM or Ctrl-C, 1 if something fails, 2 if the call is wrong, or a file that an option names; of
`exec`, that of its command.

examples/recipes has whole tests for Node, Python and Rust.";

pub(super) const EXEC: &str = "\
The command finds these variables:

  STRIPE_SECRET_KEY           sk_test_123
  STRIPE_RESTRICTED_KEY       rk_test_123, which reads dates of birth, numbers and images
  STRIPE_PUBLISHABLE_KEY      pk_test_123
  STRIPE_API_BASE             the URL of the simulator
  STRIPE_API_PROTOCOL, STRIPE_API_HOST, STRIPE_API_PORT
                              its parts: http, the host (of IPv6 without brackets) and the port
  STRIPE_WEBHOOK_SECRET       the secret of --webhook-secret, or one that is made
  STRIPE_SIMULATOR_URL        the URL of the simulator, for `submit`, `advance` and the others
  STRIPE_SIMULATOR_CONTROL_TOKEN
                              the control token, if there is one

STRIPE_WEBHOOK_SECRET signs the webhooks to the URLs of --webhook and --thin-webhook, those of `trigger --webhook`, and those
to endpoints that the command makes under /_simulator/webhook_endpoints with `secret=` that secret. An endpoint that is made
as at Stripe, by webhookEndpoints.create, has a secret of its own, which is in the response.

Keys that are set already are replaced: a test must not reach Stripe by mistake. SIGTERM and SIGINT go to the command. The
exit status is that of the command, 128 and the number of the signal if one ended it, 127 if there is no such command, and
126 if it cannot be run.

Examples:

  stripe-identity-simulator exec -- npm test
  stripe-identity-simulator exec --webhook http://127.0.0.1:4242/webhook \\
    -- pytest";

pub(super) const TRIGGER: &str = "\
It prints the id of the session. The event is in GET /v1/events and goes to the webhook endpoints of the world. With
--webhook, it waits up to 5 seconds until the events of the session have been delivered there, and ends with 1 if one was
not.

Examples:

  stripe-identity-simulator trigger verified
  stripe-identity-simulator trigger requires-input --code selfie_face_mismatch
  stripe-identity-simulator trigger redacted \\
    --webhook http://127.0.0.1:4242/webhook --webhook-secret whsec_made_up";

pub(super) const SUBMIT: &str = "\
It prints the status of the session afterwards. It needs no --key, since the id of a session names its world.

Examples:

  stripe-identity-simulator submit vs_… verified dob=2012-05-01 document.type=passport
  stripe-identity-simulator submit vs_… document_expired
  stripe-identity-simulator submit vs_… verified after=30s

Details of the user: seed, country, dob, sex (female, male or unknown), first_name, last_name, place_of_birth, email, phone,
id_number, line1, line2, city, postal_code and state. Of the document: document.type (driving_license, id_card or passport),
document.issuing_country, document.issued_date, document.expiration_date, document.number, document.first_name and
document.last_name. They may also be written as in a request, 'person[dob]=2012-05-01'.

GET /_simulator/outcomes lists the outcomes.";

pub(super) const ADVANCE: &str = "\
It prints the time of the world afterwards, and on standard error when something is due next.

Examples:

  stripe-identity-simulator advance 4d
  stripe-identity-simulator advance --next --key sk_test_checkout";
