//! Uploads in the formats of clients in other languages.

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::Request;
use stripe_identity_simulator::Simulator;

/// Uploads a body, and returns the status and the name of the file.
fn upload(content_type: &str, body: &str) -> (u16, String) {
    let stripe = Simulator::new();
    let request = Request::post("/v1/files").header("authorization", "Bearer sk_test_a");
    let request = request.header("content-type", content_type).body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
    let response = stripe.handle(request);
    let file: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    (response.status().as_u16(), file["filename"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn upload_in_the_format_of_each_client_is_parsed() {
    for (client, content_type, body, filename) in [
        (
            ".NET",
            "multipart/form-data; boundary=\"1f2e-3d\"",
            "--1f2e-3d\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=purpose\r\n\r\n\
             identity_document\r\n--1f2e-3d\r\nContent-Type: image/jpeg\r\nContent-Disposition: form-data; name=file; \
             filename=\"=?utf-8?B?cMOkc3MuanBn?=\"; filename*=utf-8''p%C3%A4ss.jpg\r\n\r\nmade up\r\n--1f2e-3d--\r\n",
            "päss.jpg",
        ),
        (
            "a client of tokens",
            "multipart/form-data;boundary=x",
            "--x\r\ncontent-disposition:form-data;name=file;filename=front.png\r\n\r\nmade up\r\n\
             --x\r\ncontent-disposition:form-data;name=purpose\r\n\r\nidentity_document\r\n--x--",
            "front.png",
        ),
        (
            "curl",
            "multipart/form-data; boundary=------------------------0123456789abcdef",
            "--------------------------0123456789abcdef\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n\
             identity_document\r\n--------------------------0123456789abcdef\r\nContent-Disposition: form-data; \
             name=\"file\"; filename=\"a \\\"b\\\".png\"\r\nContent-Type: image/png\r\n\r\nmade up\r\n\
             --------------------------0123456789abcdef--\r\n",
            "a \"b\".png",
        ),
        (
            "a client with a preamble",
            "multipart/form-data; charset=utf-8; boundary=----b",
            "\r\n------b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nidentity_document\r\n------b\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Length: 7\r\n\r\nmade up\r\n\
             ------b--\r\n",
            "a.png",
        ),
    ] {
        assert_eq!(upload(content_type, body), (200, filename.to_owned()), "{client}");
    }
}
