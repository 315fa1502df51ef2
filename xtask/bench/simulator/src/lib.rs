//! Operations of the simulator, in a world that holds a number of sessions.
#![expect(clippy::unnecessary_wraps, reason = "all functions that prepare a row have one type")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use stripe_identity_simulator::{Outcome, Simulator};

/// Why a measurement failed.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

const SESSIONS: &str = "/v1/identity/verification_sessions";
const REPORTS: &str = "/v1/identity/verification_reports";
/// A restricted key may read everything.
const KEY: &str = "rk_test_held";
/// The key of a world with webhook endpoints.
const HOOKS: &str = "sk_test_hooks";
/// The connected account with half of the sessions.
const MANY: &str = "acct_many";
/// The connected account with three sessions.
const FEW: &str = "acct_few";
const ACCOUNTS_WITH_HOOKS: usize = 50;
/// The number of runs of an operation in one measurement.
const TIMES: u32 = 20;

/// A world with many sessions, and the ids of some objects in it.
#[derive(Debug)]
pub struct Held {
    simulator: Simulator,
    /// The sessions of no account. Two of three are verified.
    sessions: Vec<String>,
    reports: Vec<String>,
    events: Vec<String>,
    file: String,
    link: String,
    /// The number of idempotency keys that have been used.
    keys: u64,
    random: u64,
}

/// An operation to measure.
#[derive(Debug)]
pub struct Row {
    /// The operation, in words.
    pub name: &'static str,
    /// Prepares a run, outside the measured time. Returns the run's argument, such as an id.
    prepare: fn(&mut Held) -> Result<String, Failure>,
    run: fn(&Held, &str) -> Result<(), Failure>,
}

impl Row {
    /// Returns the time of one run, in nanoseconds.
    pub fn time(&self, held: &mut Held) -> Result<f64, Failure> {
        let arguments = (0..TIMES).map(|_| (self.prepare)(held)).collect::<Result<Vec<_>, _>>()?;
        let start = Instant::now();
        for argument in &arguments {
            (self.run)(held, argument)?;
        }
        Ok(start.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES))
    }
}

fn send(simulator: &Simulator, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
    let response = simulator.handle(request);
    if response.status().is_success() { Ok(response) } else { Err(format!("{response:?}").into()) }
}

/// Returns a request as a client sends it to this machine.
fn request(
    key: &str,
    method: &str,
    path: &str,
    account: Option<&str>,
    body: String,
) -> Result<Request<Bytes>, Failure> {
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:12111");
    request = request.header("authorization", format!("Bearer {key}")).header("stripe-version", "2026-10-28.endive");
    if let Some(account) = account {
        request = request.header("stripe-account", account);
    }
    Ok(request.body(body.into())?)
}

fn field(response: &Response<Bytes>, name: &str) -> Result<String, Failure> {
    let body: serde_json::Value = serde_json::from_slice(response.body())?;
    Ok(body.pointer(name).and_then(serde_json::Value::as_str).ok_or("the response has no such field")?.to_owned())
}

/// Creates a session as a client does, with an idempotency key of the usual length, and returns its id.
pub fn create(
    simulator: &Simulator,
    key: &str,
    number: u64,
    account: Option<&str>,
    more: &str,
) -> Result<String, Failure> {
    let mut create = request(key, "POST", SESSIONS, account, format!("type=document{more}"))?;
    let idempotency_key = format!("stripe-identity-{number:020}").parse()?;
    create.headers_mut().insert("idempotency-key", idempotency_key);
    let response = send(simulator, create)?;
    // The first text that looks like an id: parsing the whole body would be measured, too.
    let body = std::str::from_utf8(response.body())?;
    let start = body.find("\"vs_").ok_or("the response has no id")? + 1;
    let length = body[start..].find('"').ok_or("the id of the response has no end")?;
    Ok(body[start..start + length].to_owned())
}

impl Held {
    /// Makes a world with `count` sessions. Two of three are verified.
    pub fn fill(count: u64) -> Result<Self, Failure> {
        let simulator = Simulator::new();
        let mut held = Self {
            simulator,
            sessions: Vec::new(),
            reports: Vec::new(),
            events: Vec::new(),
            file: String::new(),
            link: String::new(),
            keys: 0,
            random: 1,
        };
        held.add_rare_things()?;
        for number in 0..count {
            // A busy test makes about ten sessions a second.
            if number % 10 == 0 {
                held.simulator.advance(Duration::from_secs(1));
            }
            let account = if number % 2 == 0 { None } else { Some(MANY) };
            let customer = if number % 3 == 0 { "&related_customer=cus_open" } else { "" };
            let id = held.create_in(account, &format!("&client_reference_id=user-{number}{customer}"))?;
            if number % 3 != 0 {
                held.simulator.submit(id.as_str(), Outcome::Verified)?;
            }
            if account.is_none() {
                held.sessions.push(id);
            }
        }
        held.add_deliveries(count)?;
        // Reports and events of all ages.
        for (path, ids) in [(REPORTS, 0), ("/v1/events", 1)] {
            for step in 0..50 {
                let at = 1_793_000_001 + step * count / 600;
                let page = held.get(&format!("{path}?limit=1&created={at}"))?;
                let id = field(&page, "/data/0/id")?;
                if ids == 0 { held.reports.push(id) } else { held.events.push(id) }
            }
        }
        Ok(held)
    }

    fn add_rare_things(&mut self) -> Result<(), Failure> {
        for _ in 0..3 {
            let id = self.create_in(Some(FEW), "")?;
            self.simulator.submit(id.as_str(), Outcome::Verified)?;
        }
        let canceled = self.create_in(None, "&client_reference_id=rare&related_customer=cus_rare")?;
        self.post(&format!("{SESSIONS}/{canceled}/cancel"), "")?;
        let redacted = self.create_in(None, "")?;
        self.simulator.submit(redacted.as_str(), Outcome::Verified)?;
        self.post(&format!("{SESSIONS}/{redacted}/redact"), "")?;
        self.simulator.finish_redaction(redacted.as_str())?;
        let form = "--x\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\ndispute_evidence\r\n\
            --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\npixels\r\n--x--\r\n";
        let mut upload = request(KEY, "POST", "/v1/files", None, form.to_owned())?;
        upload.headers_mut().insert("content-type", "multipart/form-data; boundary=x".parse()?);
        self.file = field(&send(&self.simulator, upload)?, "/id")?;
        for _ in 0..12 {
            let link = self.post("/v1/file_links", &format!("file={}", self.file))?;
            let url = field(&link, "/url")?;
            url[url.find("/links/").ok_or("the URL has no path")?..].clone_into(&mut self.link);
        }
        Ok(())
    }

    /// Makes sessions of many accounts, each with an endpoint, and delivers their events.
    fn add_deliveries(&mut self, count: u64) -> Result<(), Failure> {
        for number in 0..ACCOUNTS_WITH_HOOKS {
            let body = "url=http://localhost/webhook&enabled_events[]=*".to_owned();
            let account = account_with_hook(number);
            send(&self.simulator, request(HOOKS, "POST", "/v1/webhook_endpoints", Some(&account), body)?)?;
        }
        for number in 0..count / 10 {
            let account = account_with_hook(usize::try_from(number)? % ACCOUNTS_WITH_HOOKS);
            self.keys += 1;
            create(&self.simulator, HOOKS, self.keys, Some(&account), "")?;
            for webhook in self.simulator.world(HOOKS)?.take_webhooks() {
                webhook.report(StatusCode::OK);
            }
        }
        Ok(())
    }

    fn create_in(&mut self, account: Option<&str>, more: &str) -> Result<String, Failure> {
        self.keys += 1;
        create(&self.simulator, KEY, self.keys, account, more)
    }

    fn get(&self, path: &str) -> Result<Response<Bytes>, Failure> {
        send(&self.simulator, request(KEY, "GET", path, None, String::new())?)
    }

    fn post(&self, path: &str, body: &str) -> Result<Response<Bytes>, Failure> {
        send(&self.simulator, request(KEY, "POST", path, None, body.to_owned())?)
    }

    fn pick(&mut self) -> usize {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.random >> 33).unwrap_or_default()
    }

    /// Returns a random session, of any age.
    fn session(&mut self) -> Result<String, Failure> {
        let index = self.pick() % self.sessions.len();
        Ok(self.sessions[index].clone())
    }

    /// Returns the path of a random one of some ids.
    fn pick_of(&mut self, of: fn(&Self) -> &Vec<String>, path: &str) -> Result<String, Failure> {
        let number = self.pick();
        let ids = of(self);
        Ok(format!("{path}/{}", ids[number % ids.len()]))
    }

    /// Returns a filter for three seconds in the middle of the time in which the world was filled.
    fn span(&self) -> String {
        let middle = i64::try_from(self.sessions.len()).unwrap_or_default() / 10 + 1_793_000_000;
        format!("created[gte]={}&created[lt]={}", middle, middle + 3)
    }

    fn verified(&mut self) -> Result<String, Failure> {
        let id = self.create_in(None, "")?;
        self.simulator.submit(id.as_str(), Outcome::Verified)?;
        Ok(id)
    }
}

fn account_with_hook(number: usize) -> String {
    format!("acct_hook{number}")
}

fn list(held: &Held, query: &str) -> Result<(), Failure> {
    held.get(query).map(drop)
}

fn nothing(_: &mut Held) -> Result<String, Failure> {
    Ok(String::new())
}

/// Makes a row that lists objects of the world with webhook endpoints.
macro_rules! of_hooks {
    ($name:literal, $path:literal) => {
        Row {
            name: $name,
            prepare: |_| Ok($path.to_owned()),
            run: |held, path| send(&held.simulator, request(HOOKS, "GET", path, None, String::new())?).map(drop),
        }
    };
}

/// Returns the CPU time in nanoseconds that the creation, the verification, a retrieve and the redaction of a session
/// take together. Linux counts CPU time in hundredths of a second.
pub fn cpu_of_life() -> Result<f64, Failure> {
    const LIVES: u32 = 20_000;
    let (simulator, before) = (Simulator::new(), cpu_seconds()?);
    for number in 0..LIVES {
        let id = create(&simulator, KEY, number.into(), None, "")?;
        simulator.submit(id.as_str(), Outcome::Verified)?;
        send(&simulator, request(KEY, "GET", &format!("{SESSIONS}/{id}"), None, String::new())?)?;
        send(&simulator, request(KEY, "POST", &format!("{SESSIONS}/{id}/redact"), None, String::new())?)?;
        simulator.finish_redaction(id)?;
    }
    Ok((cpu_seconds()? - before) * 1e9 / f64::from(LIVES))
}

/// Returns the user and system time of this process, in seconds.
fn cpu_seconds() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The second field, the name of the program, may contain spaces. The 14th and the 15th are wanted.
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    match fields.get(11..13) {
        Some([user, system]) => Ok((user.parse::<f64>()? + system.parse::<f64>()?) / 100.0),
        _ => Err("/proc/self/stat has an unknown format".into()),
    }
}

/// Makes a row that requests a page of a list.
const fn of(name: &'static str, prepare: fn(&mut Held) -> Result<String, Failure>) -> Row {
    Row { name, prepare, run: list }
}

/// Makes a function that returns the path of a list.
macro_rules! path {
    ($($part:tt)+) => { |_| Ok(format!($($part)+)) };
}

/// Each operation whose time could depend on the number of sessions in a world.
pub const ROWS: &[Row] = &[
    Row {
        name: "create a session",
        prepare: |held| {
            held.keys += 1;
            Ok(held.keys.to_string())
        },
        run: |held, key| create(&held.simulator, KEY, key.parse()?, None, "&client_reference_id=new").map(drop),
    },
    Row {
        name: "create a session again under its idempotency key",
        prepare: |_| Ok("1".to_owned()),
        run: |held, key| create(&held.simulator, KEY, key.parse()?, Some(FEW), "").map(drop),
    },
    Row { name: "retrieve a session", prepare: |held| Ok(format!("{SESSIONS}/{}", held.session()?)), run: list },
    Row {
        name: "retrieve a session with its report",
        prepare: |held| Ok(format!("{SESSIONS}/{}?expand[]=last_verification_report", held.session()?)),
        run: list,
    },
    Row {
        name: "update a session",
        prepare: Held::session,
        run: |held, id| held.post(&format!("{SESSIONS}/{id}"), "metadata[a]=b").map(drop),
    },
    Row {
        name: "cancel a session",
        prepare: |held| held.create_in(None, ""),
        run: |held, id| held.post(&format!("{SESSIONS}/{id}/cancel"), "").map(drop),
    },
    Row {
        name: "submit a session",
        prepare: |held| held.create_in(None, ""),
        run: |held, id| Ok(held.simulator.submit(id, Outcome::Verified)?),
    },
    Row {
        name: "redact a session",
        prepare: Held::verified,
        run: |held, id| {
            held.post(&format!("{SESSIONS}/{id}/redact"), "")?;
            Ok(held.simulator.finish_redaction(id)?)
        },
    },
    of("list sessions", path!("{SESSIONS}")),
    of("list 100 sessions", path!("{SESSIONS}?limit=100")),
    Row {
        name: "list sessions of an account with few",
        prepare: nothing,
        run: |held, _| send(&held.simulator, request(KEY, "GET", SESSIONS, Some(FEW), String::new())?).map(drop),
    },
    of("list sessions after one of any age", |held| Ok(format!("{SESSIONS}?starting_after={}", held.session()?))),
    of("list sessions before one of any age", |held| Ok(format!("{SESSIONS}?ending_before={}", held.session()?))),
    of("list sessions made in a span", |held| Ok(format!("{SESSIONS}?{}", held.span()))),
    of("list sessions of a status that none has", path!("{SESSIONS}?status=processing")),
    of("list sessions of a status that few have", path!("{SESSIONS}?status=canceled")),
    of("list sessions of a reference", path!("{SESSIONS}?client_reference_id=rare")),
    of("list sessions of a reference that none has", path!("{SESSIONS}?client_reference_id=none")),
    of("list sessions of a customer", path!("{SESSIONS}?related_customer=cus_rare")),
    of("list sessions of a customer and a status", path!("{SESSIONS}?related_customer=cus_open&status=requires_input")),
    of("list sessions of a customer and a status, none", path!("{SESSIONS}?related_customer=cus_rare&status=verified")),
    of("list sessions of a reference and a status, none", path!("{SESSIONS}?client_reference_id=rare&status=verified")),
    of("list sessions of a status, in a span, none", |held| Ok(format!("{SESSIONS}?status=canceled&{}", held.span()))),
    of(
        "list sessions of a customer and a status that many have, and none both",
        path!("{SESSIONS}?related_customer=cus_open&status=verified"),
    ),
    Row { name: "retrieve a report", prepare: |held| held.pick_of(|held| &held.reports, REPORTS), run: list },
    of("list reports of a session", |held| Ok(format!("{REPORTS}?verification_session={}", held.session()?))),
    of("list reports of a session and a type, none", |held| {
        Ok(format!("{REPORTS}?verification_session={}&type=id_number", held.session()?))
    }),
    of("list reports of a reference", path!("{REPORTS}?client_reference_id=user-2")),
    of("list reports of a type that none has", path!("{REPORTS}?type=id_number")),
    of("list reports made in a span", |held| Ok(format!("{REPORTS}?{}", held.span()))),
    Row { name: "retrieve an event", prepare: |held| held.pick_of(|held| &held.events, "/v1/events"), run: list },
    of("list events", path!("/v1/events")),
    of("list events of a type that few have", path!("/v1/events?type=file.created")),
    of("list events of a type that none has", path!("/v1/events?type=other")),
    of(
        "list events of two types",
        path!("/v1/events?types[]=file.created&types[]=identity.verification_session.requires_input"),
    ),
    of("list events of a pattern that many meet", path!("/v1/events?type=identity.*")),
    of("list events of a pattern that few meet", path!("/v1/events?type=file.*")),
    of("list events that did not arrive, none", path!("/v1/events?delivery_success=false")),
    of("list events made in a span", |held| Ok(format!("/v1/events?{}", held.span()))),
    of("list files of a purpose that few have", path!("/v1/files?purpose=dispute_evidence")),
    of("list files of a purpose that none has", path!("/v1/files?purpose=pci_document")),
    of("list files made in a span", |held| Ok(format!("/v1/files?{}", held.span()))),
    of("retrieve a file with its links", |held| Ok(format!("/v1/files/{}?expand[]=links", held.file))),
    of("list links of a file", |held| Ok(format!("/v1/file_links?file={}", held.file))),
    of("list links that have expired, none", path!("/v1/file_links?expired=true")),
    of("list links made in a span", |held| Ok(format!("/v1/file_links?{}", held.span()))),
    of("follow a link", |held| Ok(held.link.clone())),
    Row {
        name: "make an ephemeral key, and delete it",
        prepare: Held::session,
        run: |held, id| {
            let key = field(&held.post("/v1/ephemeral_keys", &format!("verification_session={id}"))?, "/id")?;
            send(&held.simulator, request(KEY, "DELETE", &format!("/v1/ephemeral_keys/{key}"), None, String::new())?)?;
            Ok(())
        },
    },
    Row {
        name: "advance a clock by nothing",
        prepare: nothing,
        run: |held, _| {
            held.simulator.advance(Duration::ZERO);
            Ok(())
        },
    },
    Row {
        name: "run until idle, with nothing due",
        prepare: nothing,
        run: |held, _| {
            if held.simulator.run_until_idle() { Ok(()) } else { Err("the simulator must become idle".into()) }
        },
    },
    Row {
        name: "create a session, and deliver its event",
        prepare: |held| {
            held.keys += 1;
            Ok(held.keys.to_string())
        },
        run: |held, key| {
            create(&held.simulator, HOOKS, key.parse()?, Some(&account_with_hook(0)), "")?;
            for webhook in held.simulator.world(HOOKS)?.take_webhooks() {
                webhook.report(StatusCode::OK);
            }
            Ok(())
        },
    },
    of_hooks!("list deliveries", "/_simulator/deliveries"),
    of_hooks!("list deliveries that failed, none", "/_simulator/deliveries?status=failed"),
    of_hooks!("list deliveries of an event, none", "/_simulator/deliveries?event=evt_none"),
    of_hooks!("list deliveries of an endpoint, none", "/_simulator/deliveries?webhook_endpoint=we_none"),
    Row {
        name: "add an endpoint, and remove it",
        prepare: nothing,
        run: |held, _| {
            let body = "url=http://localhost/webhook&enabled_events[]=*".to_owned();
            let endpoint = send(&held.simulator, request(HOOKS, "POST", ENDPOINTS, None, body)?)?;
            let path = format!("{ENDPOINTS}/{}", field(&endpoint, "/id")?);
            send(&held.simulator, request(HOOKS, "DELETE", &path, None, String::new())?).map(drop)
        },
    },
];

const ENDPOINTS: &str = "/v1/webhook_endpoints";
