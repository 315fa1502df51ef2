//! The parts of `--help` that do not describe a single option.

/// Joins the lines of each paragraph, which clap then wraps to the width of the terminal. Keeps lines that begin with a
/// space.
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
A local, stateful Stripe Identity for development and tests. Programs talk to it as to Stripe, with any test key";

pub(super) const BEGINNING: &str = "\
A local, stateful Stripe Identity for development and tests. Programs talk to it as to Stripe, with any test key.

To begin, start the simulator in one terminal, and run the other commands in a second one:

  stripe-identity-simulator
  curl -u sk_test_123: -d type=document \\
    http://127.0.0.1:12111/v1/identity/verification_sessions
  stripe-identity-simulator submit vs_…

with the id from the response to curl. The session is then verified. In a browser, http://127.0.0.1:12111/ shows it, with
the requests and the webhooks so far. (If the program is not installed: `cargo install --locked --path
crates/stripe-identity-simulator`, or `cargo run -p stripe-identity-simulator --` in place of its name.)

To run tests with a simulator that starts and ends with them:

  stripe-identity-simulator exec -- npm test

Clients need the address:

  Node    new Stripe(\"sk_test_123\", {protocol: \"http\", host: \"127.0.0.1\", port: 12111})
  Python  at = \"http://127.0.0.1:12111\"
          stripe.StripeClient(\"sk_test_123\", base_addresses={\"api\": at, \"files\": at})
  curl    curl -u sk_test_123: http://127.0.0.1:12111/v1/…

Under `exec`, variables hold the address and the keys (see `exec --help`):

  Node    const {env} = process;
          new Stripe(env.STRIPE_SECRET_KEY, {protocol: env.STRIPE_API_PROTOCOL,
            host: env.STRIPE_API_HOST, port: env.STRIPE_API_PORT})
  Python  at = os.environ[\"STRIPE_API_BASE\"]";

pub(super) const SHORT: &str = "--help shows how to begin, and how a client gets the address.";

pub(super) const LONG: &str = "\
Keys: any test key is accepted. NAME in sk_test_NAME names a world, which has its own sessions, events, webhook
endpoints and clock, so that each test can take a random name. A name ends at the first `_`: sk_test_NAME_more is
another key of the same world. Only the restricted key of the world, rk_test_NAME, reads dates of birth, numbers and
images.

Control API: the requests below /_simulator, which Stripe does not have. They do what users and time do at Stripe. A
list of all of them, with their parameters:

  curl http://127.0.0.1:12111/_simulator

Users: no user opens the page of a session in a test. `submit` submits in place of the user, at once. A test chooses the
outcome when it creates the session, or over HTTP:

  metadata: {simulate: \"verified;dob=2012-05-01\"}
  metadata: {simulate: \"document_expired,verified\"}
  curl http://127.0.0.1:12111/_simulator/verification_sessions/ID/submit \\
    -d outcome=verified

With two tries, the session first fails. The second try begins when the session is then retrieved.

Webhooks: --webhook http://127.0.0.1:4242/webhook delivers the events of all worlds to this URL, signed with
--webhook-secret. A test creates an endpoint for its own world as at Stripe, or in one line:

  await stripe.webhookEndpoints.create({url, enabled_events: [\"*\"]})   (.secret)
  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/webhook_endpoints \\
    -d url=http://127.0.0.1:4242/webhook -d secret=whsec_made_up

The log has a line for each failed delivery. To see each attempt at a delivery, with its response:

  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/deliveries

Time: `advance 4d` moves the clock of a world forward. Over HTTP, to the point where each webhook has been delivered or
given up:

  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/clock/run_until_idle \\
    -X POST

Faults: to lose the response to the next POST (other effects: respond with status=503, rate_limit, lock_timeout, reset,
cut_body and slow_body; also latency=5s):

  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/faults \\
    -d effect=lose_response -d method=POST -d times=1

Journal: the simulator keeps the last 1,000 requests of each world in memory, and not in the state file. The first
command shows the requests of the world of the key, or of all worlds if there is no key. The second one checks that
there was one create with an idempotency key, and no other:

  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/requests
  curl -u sk_test_123: http://127.0.0.1:12111/_simulator/verify \\
    -d path=/v1/identity/verification_sessions -d idempotency_key=order-1 \\
    -d no_other=true

Monitoring: /_simulator/health needs neither key nor token. /_simulator/metrics, for Prometheus, needs no key, but the
control token if there is one.

Output: when the simulator is ready, it prints one line to standard output, `listening on URL`. If other machines can
reach it, ` with the control token TOKEN` follows, and requests to the control API need the token in the header
Simulator-Token. A program that waits for the simulator reads the third word of the line, or the file of --ready-file.
The log goes to standard error. It shows an unknown path as `unknown`; the response to the request names it.

Variables: each option of the server has a variable, such as STRIPE_SIMULATOR_LISTEN for --listen. An option takes
precedence over its variable. Options that may be repeated take several values, separated by commas. The other commands
read STRIPE_SIMULATOR_URL, STRIPE_SIMULATOR_CONTROL_TOKEN and STRIPE_SECRET_KEY.

Exit status: 0 after SIGTERM or Ctrl-C; 1 if something fails; 2 if the command line is wrong, or a file that an option
names. `exec` exits with the status of its command.

examples/recipes of the repository has complete tests for Node, Python and Rust.";

pub(super) const EXEC: &str = "\
The command gets these variables:

  STRIPE_SECRET_KEY           sk_test_123
  STRIPE_RESTRICTED_KEY       rk_test_123, which reads dates of birth, numbers and images
  STRIPE_PUBLISHABLE_KEY      pk_test_123
  STRIPE_API_BASE             the URL of the simulator
  STRIPE_API_PROTOCOL, STRIPE_API_HOST, STRIPE_API_PORT
                              its parts: http, the host (of IPv6 without brackets) and the port
  STRIPE_WEBHOOK_SECRET       the secret of --webhook-secret, or a generated one
  STRIPE_SIMULATOR_URL        the URL of the simulator, for `submit`, `advance` and the others
  STRIPE_SIMULATOR_CONTROL_TOKEN
                              the control token, if there is one

STRIPE_WEBHOOK_SECRET signs the webhooks to the URLs of --webhook, --thin-webhook and `trigger --webhook`, and to
endpoints that the command adds with `secret=` this secret under /_simulator/webhook_endpoints. An endpoint that is
created as at Stripe, by webhookEndpoints.create, has its own secret, which is in the response.

Keys that are already set are replaced, so that no test reaches Stripe by mistake. SIGTERM and SIGINT are passed on to
the command. The exit status is that of the command, 128 plus the number of the signal that killed it, 127 if the
command does not exist, and 126 if it cannot be run.

Examples:

  stripe-identity-simulator exec -- npm test
  stripe-identity-simulator exec --webhook http://127.0.0.1:4242/webhook \\
    -- pytest";

pub(super) const TRIGGER: &str = "\
Prints the id of the session. GET /v1/events lists the event, which is delivered to the webhook endpoints of the world.
With --webhook, the command waits up to 5 seconds until the events of the session have been delivered to that URL, and
exits with the status 1 if one was not.

Examples:

  stripe-identity-simulator trigger verified
  stripe-identity-simulator trigger requires-input --code selfie_face_mismatch
  stripe-identity-simulator trigger redacted \\
    --webhook http://127.0.0.1:4242/webhook --webhook-secret whsec_made_up";

pub(super) const SUBMIT: &str = "\
Prints the status of the session afterwards. No --key is needed, since the id of a session names its world.

Examples:

  stripe-identity-simulator submit vs_… verified dob=2012-05-01 document.type=passport
  stripe-identity-simulator submit vs_… document_expired
  stripe-identity-simulator submit vs_… verified after=30s

Details of the user: seed, country, dob, sex (female, male or unknown), first_name, last_name, place_of_birth, email,
phone, id_number, line1, line2, city, postal_code and state. Of the document: document.type (driving_license, id_card or
passport), document.issuing_country, document.issued_date, document.expiration_date, document.number,
document.first_name and document.last_name. The form of a request, 'person[dob]=2012-05-01', works, too.

GET /_simulator/outcomes lists the outcomes.";

pub(super) const ADVANCE: &str = "\
Prints the time of the world afterwards, and on standard error the time of the next action.

Examples:

  stripe-identity-simulator advance 4d
  stripe-identity-simulator advance --next --key sk_test_checkout";
