//! Random faults in front of a simulator: whatever is lost, no session is created twice and none is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use stripe_identity::bytes::Bytes;
use stripe_identity::http::Response;
use stripe_identity::{
    BlockingClient, Config, CreateVerificationSession, ListVerificationSessions, VerificationSessionId,
};
use stripe_identity_mock::{Exchange, RawServer};
use stripe_identity_simulator::{Simulator, SimulatorTransport};

use crate::faults::{Create, HYPER, REQWEST, UREQ, creators};

const SCHEDULES: u64 = 1000;

/// Long enough for a response of the simulator, short enough to end often. On a busy machine, a timeout is another fault.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(150);

/// How a request that reached the server is treated.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Processed,
    /// It is not processed, and the connection ends or stays silent.
    RequestLost(Loss),
    /// It is processed, and its response is lost.
    ResponseLost(Loss),
    /// It is processed only after the caller has given up.
    ProcessedLate,
    /// It is not processed: an intermediary responds.
    Refused(&'static str, &'static str),
    /// It is processed, but an intermediary responds that it was not.
    Denied,
    /// It is processed, and the connection ends when the next request arrives.
    ProcessedLast,
}

#[derive(Clone, Copy, Debug)]
enum Loss {
    Close,
    Reset,
    Silence,
    InHeaders,
    InBody,
}

impl Fate {
    fn random(random: &mut fastrand::Rng) -> Self {
        let losses = [Loss::Close, Loss::Reset, Loss::InHeaders, Loss::InBody, Loss::Close, Loss::Reset];
        let loss = if random.u8(..30) == 0 { Loss::Silence } else { random.choice(losses).unwrap_or(Loss::Close) };
        let locked = r#"{"error": {"type": "invalid_request_error", "code": "lock_timeout"}}"#;
        let refusals =
            [("409 Conflict", "{}"), ("500 X", "{}"), ("503 X", "<html>"), ("429 X", locked), ("429 X", "{}")];
        let (status, body) = random.choice(refusals).unwrap_or(refusals[0]);
        match random.u8(..20) {
            0..8 => Self::Processed,
            8..11 => Self::RequestLost(loss),
            11..15 => Self::ResponseLost(loss),
            15..17 => Self::Refused(status, body),
            17 => Self::Denied,
            18 if random.u8(..4) == 0 => Self::ProcessedLate,
            _ => Self::ProcessedLast,
        }
    }
}

/// The server's side of one schedule.
struct Schedule {
    seed: u64,
    stripe: SimulatorTransport,
    random: Mutex<fastrand::Rng>,
    /// `false` while the caller repeats a failed call to learn its outcome.
    is_faulty: Mutex<bool>,
    bodies: Mutex<BTreeMap<String, Bytes>>,
    /// Violations, for the test to report: a panic here would only end a connection.
    violations: Mutex<Vec<String>>,
    /// The number of requests that are still to be processed late.
    late: AtomicUsize,
}

impl Schedule {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            stripe: SimulatorTransport::from(Simulator::with_seed(seed)),
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            is_faulty: Mutex::new(true),
            bodies: Mutex::default(),
            violations: Mutex::default(),
            late: AtomicUsize::new(0),
        }
    }

    fn serve(&self, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let request = exchange.request().clone();
        let Some(key) = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()) else {
            self.violations.lock().unwrap().push("a request without a key".to_owned());
            return Ok(());
        };
        let current = format!("client_reference_id=case-{}-", self.seed);
        if !String::from_utf8_lossy(request.body()).contains(&current) {
            // Its caller gave up in an earlier schedule.
            exchange.close();
            return Ok(());
        }
        let first = self.bodies.lock().unwrap().entry(key.to_owned()).or_insert_with(|| request.body().clone()).clone();
        if first != request.body() {
            self.violations.lock().unwrap().push(format!("{key}: an attempt has another body than the first"));
        }
        let is_faulty = *self.is_faulty.lock().unwrap();
        let fate = if is_faulty { Fate::random(&mut self.random.lock().unwrap()) } else { Fate::Processed };
        let process = || to_wire(&self.stripe.handle(request.clone()));
        match fate {
            Fate::Processed => exchange.write(process()),
            Fate::RequestLost(loss) => {
                lose(exchange, b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"id\": \"", loss)
            }
            Fate::ResponseLost(loss) => lose(exchange, &process(), loss),
            Fate::ProcessedLate => {
                self.late.fetch_add(1, Ordering::SeqCst);
                while exchange.wait(Duration::from_secs(1)) {}
                process();
                self.late.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
            Fate::Refused(status, body) => exchange.respond(status, body),
            Fate::Denied => {
                process();
                exchange.respond("502 Bad Gateway", "<html>")
            }
            Fate::ProcessedLast => {
                exchange.write(process())?;
                exchange.wait_for_next()?;
                exchange.reset();
                Ok(())
            }
        }
    }
}

fn lose(exchange: &mut Exchange<'_>, response: &[u8], loss: Loss) -> io::Result<()> {
    let head = response.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap_or_default();
    match loss {
        Loss::Close => exchange.close(),
        Loss::Reset => exchange.reset(),
        Loss::Silence => while exchange.wait(Duration::from_secs(1)) {},
        Loss::InHeaders => {
            exchange.write(&response[..head / 2])?;
            exchange.close();
        }
        Loss::InBody => {
            exchange.write(&response[..head + 8])?;
            exchange.close();
        }
    }
    Ok(())
}

fn to_wire(response: &Response<Bytes>) -> Vec<u8> {
    let mut wire =
        format!("HTTP/1.1 {}\r\nContent-Length: {}\r\n", response.status(), response.body().len()).into_bytes();
    for (name, value) in response.headers() {
        wire.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    [&wire[..], b"\r\n", response.body()].concat()
}

/// Returns the ids of the sessions that exist, by their `client_reference_id`.
fn sessions(stripe: &SimulatorTransport) -> BTreeMap<String, BTreeSet<VerificationSessionId>> {
    let client = BlockingClient::new(Config::new("sk_test_123").unwrap(), stripe.clone());
    let mut sessions = BTreeMap::<_, BTreeSet<_>>::new();
    for session in client.verification_sessions().list(ListVerificationSessions::new().limit(100)).items() {
        let session = session.unwrap();
        let reference = session.client_reference_id.unwrap().into_inner();
        sessions.entry(reference).or_default().insert(session.id);
    }
    sessions
}

/// The outcomes of the calls of all schedules, which show whether the faults had effects.
#[derive(Debug, Default)]
struct Tally {
    responded: u32,
    repeated: u32,
    not_created: u32,
}

fn run(backend: usize) {
    let current = Arc::new(Mutex::new(Arc::new(Schedule::new(0))));
    let schedules = current.clone();
    let server = RawServer::start(move |exchange| {
        let schedule = schedules.lock().unwrap().clone();
        schedule.serve(exchange)
    });
    let server = server.unwrap();
    let config = Config::builder("sk_test_123").base_url(server.url()).attempt_timeout(ATTEMPT_TIMEOUT);
    let creator = &creators(&config.build().unwrap(), None)[backend];
    let mut tally = Tally::default();
    for seed in 0..SCHEDULES {
        let schedule = Arc::new(Schedule::new(seed));
        *current.lock().unwrap() = schedule.clone();
        run_schedule(seed, &schedule, &creator.create, &mut tally);
    }
    println!("{}: {tally:?}", creator.name);
    assert!(tally.responded > 500 && tally.repeated > 100 && tally.not_created > 50, "too few faults: {tally:?}");
}

fn run_schedule(seed: u64, schedule: &Schedule, create: &Create, tally: &mut Tally) {
    let mut known = BTreeMap::new();
    for number in 0..=seed % 3 {
        let reference = format!("case-{seed}-{number}");
        let params = CreateVerificationSession::document().client_reference_id(reference.as_str());
        let own_key = (number % 2 == 0).then_some(reference.as_str());
        let responded = create(params.clone(), own_key);
        let created = sessions(&schedule.stripe).remove(&reference).unwrap_or_default();
        let id = match responded {
            Ok(session) => {
                tally.responded += 1;
                session.into_inner().id
            }
            Err(error) => {
                assert!(
                    error.was_sent() || created.is_empty(),
                    "schedule {seed}: a session was created, though nothing was sent: {error:?}"
                );
                if created.is_empty() {
                    tally.not_created += 1;
                } else {
                    tally.repeated += 1;
                }
                *schedule.is_faulty.lock().unwrap() = false;
                let key = error.idempotency_key().expect("every `POST` has a key");
                let repeated = (0..1000).find_map(|_| create(params.clone(), Some(key)).ok());
                *schedule.is_faulty.lock().unwrap() = true;
                repeated.expect("a call to a server without faults should succeed").into_inner().id
            }
        };
        assert!(
            created.is_empty() || created.contains(&id),
            "schedule {seed}: the response has {id}, but {created:?} exist"
        );
        known.insert(reference, BTreeSet::from([id]));
    }
    let patience = Instant::now() + Duration::from_secs(60);
    while schedule.late.load(Ordering::SeqCst) > 0 {
        assert!(Instant::now() < patience, "schedule {seed}: a request is still to be processed");
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(sessions(&schedule.stripe), known, "schedule {seed}");
    assert_eq!(*schedule.violations.lock().unwrap(), [""; 0], "schedule {seed}");
}

#[test]
fn no_session_is_doubled_or_lost_over_hyper() {
    run(HYPER);
}

#[test]
fn no_session_is_doubled_or_lost_over_reqwest() {
    run(REQWEST);
}

#[test]
fn no_session_is_doubled_or_lost_over_ureq() {
    run(UREQ);
}
