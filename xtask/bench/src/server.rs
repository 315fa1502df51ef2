//! Responds to each request with canned JSON, in Stripe's indentation and with its headers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::{Value, json};

use crate::measure::Failure;

fn session(number: u32) -> Value {
    json!({
        "id": format!("vs_1Bench{number:06}"),
        "object": "identity.verification_session",
        "client_reference_id": format!("user_{number:04}"),
        "client_secret": format!("vs_1Bench{number:06}_secret_test_madeUpSecret{number:06}"),
        "created": 1_793_000_000 + number,
        "last_error": null,
        "last_verification_report": null,
        "livemode": false,
        "metadata": { "order": "6735", "team": "kyc" },
        "options": { "document": {
            "allowed_types": ["driving_license", "passport"],
            "require_id_number": false,
            "require_live_capture": true,
            "require_matching_selfie": true
        } },
        "provided_details": { "email": "robin@example.test", "phone": null },
        "redaction": null,
        "related_customer": null,
        "related_customer_account": null,
        "related_person": null,
        "status": "requires_input",
        "type": "document",
        "url": format!("https://verify.stripe.com/start/test_madeUpStart{number:06}"),
        "verification_flow": null
    })
}

fn verified() -> Value {
    let address = json!({
        "city": "Exampleton", "country": "US", "line1": "1 Made-up Street", "line2": null, "postal_code": "12345",
        "state": "CA"
    });
    let date = |year: u32| json!({ "day": 1, "month": 2, "year": year });
    let mut session = session(1);
    session["status"] = "verified".into();
    session["url"] = Value::Null;
    session["last_verification_report"] = json!({
        "id": "vr_1Bench000001",
        "object": "identity.verification_report",
        "client_reference_id": "user_0001",
        "created": 1_793_000_100,
        "document": {
            "address": address, "error": null, "expiration_date": date(2031),
            "files": ["file_1Bench000001", "file_1Bench000002"], "first_name": "Robin", "issued_date": date(2021),
            "issuing_country": "US", "last_name": "Example", "sex": "[redacted]", "status": "verified", "type": "passport",
            "unparsed_place_of_birth": null, "unparsed_sex": null
        },
        "livemode": false,
        "options": session["options"],
        "selfie": { "document": "file_1Bench000001", "error": null, "selfie": "file_1Bench000003", "status": "verified" },
        "type": "document",
        "verification_flow": null,
        "verification_session": "vs_1Bench000001"
    });
    session["verified_outputs"] = json!({
        "address": address, "dob": date(1990), "email": "robin@example.test", "first_name": "Robin", "id_number": null,
        "id_number_type": null, "last_name": "Example", "phone": null, "sex": null, "unparsed_place_of_birth": null,
        "unparsed_sex": null
    });
    session
}

fn response(body: &Value) -> Result<Vec<u8>, Failure> {
    let body = serde_json::to_string_pretty(body)?;
    let head = "HTTP/1.1 200 OK\r\n\
        server: nginx\r\ndate: Fri, 27 Nov 2026 10:00:00 GMT\r\ncontent-type: application/json\r\n\
        access-control-allow-credentials: true\r\naccess-control-allow-methods: GET,HEAD,PUT,PATCH,POST,DELETE\r\n\
        access-control-allow-origin: *\r\naccess-control-max-age: 300\r\ncache-control: no-cache, no-store\r\n\
        original-request: req_madeUp00000001\r\nrequest-id: req_madeUp00000001\r\nstripe-should-retry: false\r\n\
        stripe-version: 2026-10-28.endive\r\nvary: Origin\r\nstrict-transport-security: max-age=63072000\r\n";
    Ok(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

struct Responses {
    create: Vec<u8>,
    retrieve: Vec<u8>,
    list100: Vec<u8>,
}

pub(crate) fn serve() -> Result<(), Failure> {
    let all: Vec<_> = (0..100).map(session).collect();
    let list = json!({ "object": "list", "data": all, "has_more": true, "url": "/v1/identity/verification_sessions" });
    let responses =
        Responses { create: response(&session(1))?, retrieve: response(&verified())?, list100: response(&list)? };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    // It ends with its parent, which closes its standard input.
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    thread::scope(|scope| {
        for connection in listener.incoming().flatten() {
            let responses = &responses;
            // A connection that breaks off is the client's end.
            scope.spawn(move || drop(exchange(&connection, responses)));
        }
    });
    Ok(())
}

fn exchange(mut connection: &TcpStream, responses: &Responses) -> Result<(), Failure> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let response = match line.split(' ').collect::<Vec<_>>()[..] {
            ["POST", ..] => &responses.create,
            ["GET", path, _] if path.contains("/vs_1") => &responses.retrieve,
            _ => &responses.list100,
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
