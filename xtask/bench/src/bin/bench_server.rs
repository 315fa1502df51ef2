//! Responds to each request with canned JSON, and with Stripe's headers: `[IDLE]`, the milliseconds after which it
//! closes an idle connection. Prints its port at the start, and the number of connections at the end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use stripe_identity_bench::{Failure, canned};

static CONNECTIONS: AtomicU32 = AtomicU32::new(0);

fn main() -> Result<(), Failure> {
    let idle = std::env::args().nth(1).map(|millis| millis.parse()).transpose()?.map(Duration::from_millis);
    let responses = Responses {
        created: response(canned::CREATED),
        verified: response(canned::VERIFIED),
        first_page: response(&canned::page(0)),
    };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    // It ends when its parent closes its standard input, or ends.
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        // Fails if the parent has ended.
        let _ = writeln!(std::io::stdout(), "{}", CONNECTIONS.load(Ordering::SeqCst));
        std::process::exit(0);
    });
    thread::scope(|scope| {
        for connection in listener.incoming().flatten() {
            CONNECTIONS.fetch_add(1, Ordering::SeqCst);
            let responses = &responses;
            // It fails when the client closes the connection, or when the connection is idle for too long.
            scope.spawn(move || drop(exchange(&connection, idle, responses)));
        }
    });
    Ok(())
}

struct Responses {
    created: Vec<u8>,
    verified: Vec<u8>,
    first_page: Vec<u8>,
}

fn response(body: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\n\
        server: nginx\r\ndate: Fri, 27 Nov 2026 10:00:00 GMT\r\ncontent-type: application/json\r\n\
        access-control-allow-credentials: true\r\naccess-control-allow-methods: GET,HEAD,PUT,PATCH,POST,DELETE\r\n\
        access-control-allow-origin: *\r\naccess-control-max-age: 300\r\ncache-control: no-cache, no-store\r\n\
        original-request: req_madeUp00000001\r\nrequest-id: req_madeUp00000001\r\nstripe-should-retry: false\r\n\
        stripe-version: 2026-10-28.endive\r\nvary: Origin\r\nstrict-transport-security: max-age=63072000\r\n";
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn exchange(mut connection: &TcpStream, idle: Option<Duration>, responses: &Responses) -> Result<(), Failure> {
    connection.set_nodelay(true)?;
    connection.set_read_timeout(idle)?;
    let mut reader = BufReader::new(connection);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let next_page;
        let response = match line.split(' ').collect::<Vec<_>>()[..] {
            ["POST", ..] => &responses.created,
            ["GET", path, _] if path.contains("/vs_") => &responses.verified,
            ["GET", path, _] => match path.split_once("starting_after=") {
                Some((_, id)) => {
                    let after = canned::number(id).ok_or("starting_after must be the id of a canned session")?;
                    next_page = response(&canned::page(after));
                    &next_page
                }
                None => &responses.first_page,
            },
            _ => return Err("the request line must begin with POST or GET".into()),
        };
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let header = line.trim_end();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        reader.read_exact(&mut vec![0; length])?;
        connection.write_all(response)?;
    }
}
