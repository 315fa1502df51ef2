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
clock, so that each test can take a random one. Dates of birth, numbers and images are only read by the restricted key
of the same world, rk_test_NAME.

Users: nobody opens the page of a session. `submit` stands in for the user, now. In a test, say it when the session is
created, or over HTTP:

  metadata: {simulate: \"verified;dob=2012-05-01\"}
  metadata: {simulate: \"document_expired,verified\"}     (a second try succeeds)
  curl http://127.0.0.1:12111/_simulator/verification_sessions/ID/submit \\
    -d outcome=verified

Webhooks: --webhook http://127.0.0.1:4242/webhook delivers the events of all worlds there, signed with --webhook-secret. A
test makes an endpoint for its own world, as at Stripe, or in one line:

  await stripe.webhookEndpoints.create({url, enabled_events: [\"*\"]})   (.secret)
  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/webhook_endpoints \\
    -d url=http://127.0.0.1:4242/webhook -d secret=whsec_made_up

See each attempt at a delivery, with its response:

  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/deliveries

Time: `advance 4d`, or over HTTP:

  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/clock/run_until_idle \\
    -X POST

Faults: lose the response to the next request that creates something (others: respond with status=503, rate_limit,
lock_timeout, reset, cut_body, slow_body, and latency=5s):

  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/faults \\
    -d effect=lose_response -d method=POST -d times=1

Output: standard output has one line, `listening on URL`, once it is ready. The log goes to standard error.

Variables: each option of the server is one, STRIPE_SIMULATOR_LISTEN for --listen; an option comes first. Those that may
be repeated take several values with commas between them. The other commands read STRIPE_SIMULATOR_URL,
STRIPE_SIMULATOR_CONTROL_TOKEN and STRIPE_SECRET_KEY.

Observing it: GET /_simulator/requests is the log of a world, POST /_simulator/verify checks what a test expects of it,
and /_simulator/health and /_simulator/metrics (of Prometheus) are for machines.

Exit status: 0 after SIGTERM or Ctrl-C, 1 if something fails, 2 if the call is wrong; of `exec`, that of its command.

examples/recipes has whole tests for Node, Python and Rust. The documentation of the crate lists all requests of the
control API with their parameters.";

pub(super) const EXEC: &str = "\
The command finds these variables:

  STRIPE_SECRET_KEY           sk_test_123
  STRIPE_RESTRICTED_KEY       rk_test_123, which reads dates of birth, numbers and images
  STRIPE_PUBLISHABLE_KEY      pk_test_123
  STRIPE_API_BASE             the URL of the simulator
  STRIPE_API_PROTOCOL, STRIPE_API_HOST, STRIPE_API_PORT
                              its parts: http, the host and the port
  STRIPE_WEBHOOK_SECRET       that of --webhook-secret, or one that is made; for endpoints that the command makes, too
  STRIPE_SIMULATOR_URL        the URL of the simulator, for `submit`, `advance` and the others
  STRIPE_SIMULATOR_CONTROL_TOKEN
                              what the control API wants, if it does

Keys that are set already are replaced: a test must not reach Stripe by mistake. SIGTERM and SIGINT go to the command. The
exit status is that of the command, 128 and the number of the signal if one ended it, 127 if there is no such command, and
126 if it cannot be run.

  stripe-identity-simulator exec -- npm test
  stripe-identity-simulator exec --webhook http://127.0.0.1:4242/webhook \\
    -- pytest";

pub(super) const TRIGGER: &str = "\
It prints the id of the session. The event is in GET /v1/events and goes to the webhook endpoints of the world:

  stripe-identity-simulator trigger verified
  stripe-identity-simulator trigger requires-input --code selfie_face_mismatch
  stripe-identity-simulator trigger redacted \\
    --webhook http://127.0.0.1:4242/webhook --webhook-secret whsec_made_up";

pub(super) const SUBMIT: &str = "\
  stripe-identity-simulator submit vs_… verified \\
    'person[dob]=2012-05-01' 'document[type]=passport'
  stripe-identity-simulator submit vs_… document_expired

GET /_simulator/outcomes lists the outcomes, and the documentation of the crate the details.";
