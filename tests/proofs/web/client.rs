//! A client that speaks just enough HTTP/1.1 to be fast: one connection that is kept, one cookie.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::yield_now,
};

pub(crate) struct Client {
    address: SocketAddr,
    connection: Option<TcpStream>,
    pub(crate) cookie: Option<String>,
}

/// What a server answered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// The head of a response.
struct Head {
    status: u16,
    /// Bytes of the head, and of the body after it.
    length: usize,
    body: usize,
    cookie: Option<String>,
}

impl Client {
    pub(crate) const fn new(address: SocketAddr) -> Self {
        Self { address, connection: None, cookie: None }
    }

    /// Sends a request and learns the cookie from the answer.
    pub(crate) async fn send(&mut self, method: &str, path: &str) -> io::Result<Answer> {
        let request = self.request(method, path);
        let mut connection = self.connection().await?;
        connection.write_all(&request).await?;
        let (head, body) = read(&mut connection).await?;
        self.connection = Some(connection);
        if let Some(cookie) = head.cookie {
            self.cookie = Some(cookie).filter(|cookie| !cookie.ends_with('='));
        }
        Ok(Answer { status: head.status, body })
    }

    /// Sends so many bytes of a request at most and closes the connection a little later.
    pub(crate) async fn send_and_leave(
        &mut self,
        method: &str,
        path: &str,
        bytes: usize,
        later: u32,
    ) -> io::Result<()> {
        let request = self.request(method, path);
        let mut connection = self.connection().await?;
        connection.write_all(&request[..bytes.min(request.len())]).await?;
        for _ in 0..later {
            yield_now().await;
        }
        Ok(())
    }

    /// Closes the connection; the next request opens another.
    pub(crate) fn hang_up(&mut self) {
        self.connection = None;
    }

    fn request(&self, method: &str, path: &str) -> Vec<u8> {
        let cookie = self.cookie.as_ref().map(|cookie| format!("cookie: {cookie}\r\n")).unwrap_or_default();
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n{cookie}\r\n").into_bytes()
    }

    async fn connection(&mut self) -> io::Result<TcpStream> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => {
                let connection = TcpStream::connect(self.address).await?;
                connection.set_nodelay(true)?;
                Ok(connection)
            }
        }
    }
}

async fn read(connection: &mut TcpStream) -> io::Result<(Head, String)> {
    let mut buffer = Vec::with_capacity(1024);
    let head = loop {
        if connection.read_buf(&mut buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(head) = parse(&buffer)? {
            break head;
        }
    };
    while buffer.len() < head.length + head.body {
        if connection.read_buf(&mut buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let body = String::from_utf8(buffer.split_off(head.length)).map_err(io::Error::other)?;
    Ok((head, body))
}

/// `None` while it is not complete.
fn parse(bytes: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(bytes).map_err(io::Error::other)? else { return Ok(None) };
    let value = |name: &str| {
        let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok()
    };
    let cookie = value("set-cookie").and_then(|line| line.split(';').next()).map(ToOwned::to_owned);
    let body = value("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    Ok(Some(Head { status: response.code.unwrap_or_default(), length, body, cookie }))
}
