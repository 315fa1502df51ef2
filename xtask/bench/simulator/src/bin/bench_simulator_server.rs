//! Serves the simulator, or bare hyper with bodies of a length: `simulator` or `bare LENGTH`. Prints its port and, for
//! the simulator, the id of a session. Ends when its standard input is closed.

use std::convert::Infallible;
use std::io::Read as _;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use stripe_identity_bench_simulator::{Failure, create};
use stripe_identity_simulator::{Server, Simulator};

/// The number of threads of the simulator's server.
const WORKERS: usize = 4;

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["simulator"] => {
            let server = Server::start("127.0.0.1:0", Simulator::new())?;
            let id = create(&server, "sk_test_bench", 0, None, "")?;
            println!("{} {id}", server.address().port());
            until_input_ends();
            Ok(())
        }
        ["bare", length] => {
            let body = Bytes::from(vec![b' '; length.parse()?]);
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
            let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
            println!("{}", listener.local_addr()?.port());
            runtime.spawn(serve(listener, body));
            until_input_ends();
            Ok(())
        }
        _ => Err("usage: simulator | bare LENGTH".into()),
    }
}

fn until_input_ends() {
    // An error ends it, too.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

async fn serve(listener: tokio::net::TcpListener, body: Bytes) {
    while let Ok((stream, _)) = listener.accept().await {
        // The simulator's server does the same.
        let _ = stream.set_nodelay(true);
        let body = body.clone();
        let respond = service_fn(move |_: Request<Incoming>| {
            let response = Response::new(Full::new(body.clone()));
            async { Ok::<_, Infallible>(response) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), respond));
    }
}
