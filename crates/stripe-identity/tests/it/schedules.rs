//! Random faults, in front of a simulator that keeps state: whatever gets lost, no session is made twice and none is lost.

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

/// Long enough for a simulator at hand, short enough to run out often. When it runs out by mistake, that is one fault more.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(150);

/// What happens to a request that reached the server.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Answered,
    /// It is not taken up, and the connection ends or the client is kept waiting.
    RequestLost(Loss),
    /// It takes effect, and the caller does not hear of it.
    ResponseLost(Loss),
    /// It takes effect only after the caller has given it up.
    TakenUpLate,
    /// It is answered by somebody in between.
    Refused(&'static str, &'static str),
    /// It takes effect, and somebody in between says that it did not.
    Denied,
    /// It is answered, and the connection ends as soon as the next request comes.
    AnsweredForTheLastTime,
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
            0..8 => Self::Answered,
            8..11 => Self::RequestLost(loss),
            11..15 => Self::ResponseLost(loss),
            15..17 => Self::Refused(status, body),
            17 => Self::Denied,
            18 if random.u8(..4) == 0 => Self::TakenUpLate,
            _ => Self::AnsweredForTheLastTime,
        }
    }
}

/// The server's side of one schedule.
struct Schedule {
    seed: u64,
    stripe: SimulatorTransport,
    random: Mutex<fastrand::Rng>,
    /// Off when the caller makes sure of what became of his calls.
    is_faulty: Mutex<bool>,
    bodies: Mutex<BTreeMap<String, Bytes>>,
    /// What should never be seen here, for the test to find: a panic would only end a connection.
    offences: Mutex<Vec<String>>,
    /// Requests that wait to be taken up late.
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
            offences: Mutex::default(),
            late: AtomicUsize::new(0),
        }
    }

    fn serve(&self, exchange: &mut Exchange<'_>) -> io::Result<()> {
        let request = exchange.request().clone();
        let Some(key) = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()) else {
            self.offences.lock().unwrap().push("a request without a key".to_owned());
            return Ok(());
        };
        let ours = format!("client_reference_id=case-{}-", self.seed);
        if !String::from_utf8_lossy(request.body()).contains(&ours) {
            // Given up by its caller in an earlier schedule, and come through only now.
            exchange.close();
            return Ok(());
        }
        let first = self.bodies.lock().unwrap().entry(key.to_owned()).or_insert_with(|| request.body().clone()).clone();
        if first != request.body() {
            self.offences.lock().unwrap().push(format!("{key}: an attempt has another body than the first"));
        }
        let is_faulty = *self.is_faulty.lock().unwrap();
        let fate = if is_faulty { Fate::random(&mut self.random.lock().unwrap()) } else { Fate::Answered };
        let take_up = || to_wire(&self.stripe.handle(request.clone()));
        match fate {
            Fate::Answered => exchange.write(take_up()),
            Fate::RequestLost(loss) => {
                lose(exchange, b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"id\": \"", loss)
            }
            Fate::ResponseLost(loss) => lose(exchange, &take_up(), loss),
            Fate::TakenUpLate => {
                self.late.fetch_add(1, Ordering::SeqCst);
                while exchange.wait(Duration::from_secs(1)) {}
                take_up();
                self.late.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
            Fate::Refused(status, body) => exchange.respond(status, body),
            Fate::Denied => {
                take_up();
                exchange.respond("502 Bad Gateway", "<html>")
            }
            Fate::AnsweredForTheLastTime => {
                exchange.write(take_up())?;
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

/// The sessions that there are, by the caller's own id for them.
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

/// How the callers of all schedules fared, so that it shows whether the faults were any.
#[derive(Debug, Default)]
struct Tally {
    told: u32,
    learnt: u32,
    not_made: u32,
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
        suffer(seed, &schedule, &creator.create, &mut tally);
    }
    println!("{}: {tally:?}", creator.name);
    assert!(tally.told > 500 && tally.learnt > 100 && tally.not_made > 50, "the faults are too few: {tally:?}");
}

fn suffer(seed: u64, schedule: &Schedule, create: &Create, tally: &mut Tally) {
    let mut known = BTreeMap::new();
    for number in 0..=seed % 3 {
        let reference = format!("case-{seed}-{number}");
        let params = CreateVerificationSession::document().client_reference_id(reference.as_str());
        let own_key = (number % 2 == 0).then_some(reference.as_str());
        let told = create(params.clone(), own_key);
        let made = sessions(&schedule.stripe).remove(&reference).unwrap_or_default();
        let id = match told {
            Ok(session) => {
                tally.told += 1;
                session.into_inner().id
            }
            Err(error) => {
                assert!(error.was_sent() || made.is_empty(), "schedule {seed}: made, though not sent: {error:?}");
                if made.is_empty() {
                    tally.not_made += 1;
                } else {
                    tally.learnt += 1;
                }
                *schedule.is_faulty.lock().unwrap() = false;
                let key = error.idempotency_key().expect("every creation has one");
                let learnt = (0..1000).find_map(|_| create(params.clone(), Some(key)).ok());
                *schedule.is_faulty.lock().unwrap() = true;
                learnt.expect("a server without faults").into_inner().id
            }
        };
        assert!(made.is_empty() || made.contains(&id), "schedule {seed}: {id} was told, {made:?} were made");
        known.insert(reference, BTreeSet::from([id]));
    }
    let patience = Instant::now() + Duration::from_secs(60);
    while schedule.late.load(Ordering::SeqCst) > 0 {
        assert!(Instant::now() < patience, "schedule {seed}: a request is still to be taken up");
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(sessions(&schedule.stripe), known, "schedule {seed}");
    assert_eq!(*schedule.offences.lock().unwrap(), [""; 0], "schedule {seed}");
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
