//! `sse` and `websocket`: sessions that go on after the response head.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Response;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::support::{Server, Visitor};

/// The data of the next event; `None` when the stream has ended, in peace or not.
async fn next_event(events: &mut Response) -> Option<String> {
    let chunk = events.chunk().await.ok()??;
    let text = String::from_utf8(chunk.to_vec()).unwrap();
    Some(text.strip_prefix("data: ").unwrap().trim_end().to_owned())
}

#[tokio::test]
async fn a_stream_sets_its_cookie_in_the_head_and_goes_on_where_it_was_interrupted() {
    let server = Server::start("sse", &["127.0.0.1:0"]).await;
    let mut listener = Visitor::of(&server);
    let mut events = listener.get("/events").await;
    assert!(listener.cookies.contains_key("__Host-id"), "the first step was saved before the head");
    assert_eq!(next_event(&mut events).await.as_deref(), Some("1"));
    assert_eq!(next_event(&mut events).await.as_deref(), Some("2"));
    drop(events);

    // The second step was saved before it was told, and at most one more was.
    let mut events = listener.get("/events").await;
    let next: u64 = next_event(&mut events).await.unwrap().parse().unwrap();
    assert!((3..=4).contains(&next), "{next}");
}

#[tokio::test]
async fn a_stream_ends_when_its_session_does() {
    let server = Server::start("sse", &["127.0.0.1:0"]).await;
    let mut listener = Visitor::of(&server);
    let mut events = listener.get("/events").await;
    assert_eq!(next_event(&mut events).await.as_deref(), Some("1"));
    listener.delete("/events").await;
    // One step may have been saved before the session ended.
    let rest = [next_event(&mut events).await, next_event(&mut events).await];
    assert_eq!(rest[1], None, "{rest:?}");
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens a socket with the cookies of a writer, and learns those that come back with the upgrade.
async fn open(server: &Server, writer: &mut Visitor) -> Socket {
    let url = format!("{}/socket", server.url.replacen("http", "ws", 1));
    let mut request = url.into_client_request().unwrap();
    if !writer.cookies.is_empty() {
        request.headers_mut().insert("cookie", writer.cookie_line().parse().unwrap());
    }
    let (socket, response) = connect_async(request).await.unwrap();
    writer.learn(response.headers());
    socket
}

/// Writes a line and gives the reply.
async fn write(socket: &mut Socket, line: &str) -> Message {
    socket.send(Message::text(line)).await.unwrap();
    socket.next().await.unwrap().unwrap()
}

#[tokio::test]
async fn each_message_of_a_socket_is_saved_at_once_into_the_session_of_its_upgrade() {
    let server = Server::start("websocket", &["127.0.0.1:0"]).await;
    let mut writer = Visitor::of(&server);
    let mut first = open(&server, &mut writer).await;
    assert!(writer.cookies.contains_key("__Host-id"), "the cookie is in the head of the upgrade");
    let mut second = open(&server, &mut writer).await;
    assert_eq!(write(&mut first, "dear diary").await, Message::text("lines: 1"));
    assert_eq!(write(&mut second, "it rains").await, Message::text("lines: 2"));
    assert_eq!(write(&mut first, "still").await, Message::text("lines: 3"), "it sees what the other has written");
    assert_eq!(writer.read("/diary").await, "dear diary\nit rains\nstill");
}

#[tokio::test]
async fn a_socket_writes_nothing_after_a_logout_and_is_closed() {
    let server = Server::start("websocket", &["127.0.0.1:0"]).await;
    let mut writer = Visitor::of(&server);
    let mut socket = open(&server, &mut writer).await;
    write(&mut socket, "dear diary").await;
    let mut thief = writer.clone();
    writer.post("/logout", &[]).await;
    assert_farewell(write(&mut socket, "too late").await);
    assert_eq!(thief.read("/diary").await, "", "nothing came back");
}

#[tokio::test]
async fn a_socket_that_says_nothing_is_closed_too() {
    let server = Server::start("websocket", &["127.0.0.1:0"]).await;
    let mut writer = Visitor::of(&server);
    let mut socket = open(&server, &mut writer).await;
    writer.post("/logout", &[]).await;
    let closed = tokio::time::timeout(Duration::from_secs(30), socket.next()).await;
    assert_farewell(closed.expect("the server looks by itself").unwrap().unwrap());
}

fn assert_farewell(message: Message) {
    let Message::Close(Some(farewell)) = message else { panic!("it stays open") };
    assert_eq!((u16::from(farewell.code), farewell.reason.as_str()), (1008, "your session has ended"));
}
