//! Just enough HTTP to make sessions and to read them.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

pub(crate) struct Response {
    pub(crate) cookie: Option<String>,
    pub(crate) body: String,
}

pub(crate) fn get(address: SocketAddr, path: &str, cookie: Option<&str>) -> io::Result<Response> {
    let mut stream = TcpStream::connect(address)?;
    let cookie = cookie.map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{cookie}\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| io::Error::other("no response"))?;
    if !head.starts_with("HTTP/1.1 200") {
        return Err(io::Error::other(format!("{path}: {head}")));
    }
    let pairs: Vec<_> = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
        .filter_map(|(_, value)| value.split(';').next())
        .collect();
    Ok(Response { cookie: (!pairs.is_empty()).then(|| pairs.join("; ")), body: body.to_owned() })
}
