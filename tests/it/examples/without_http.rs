//! `without_http`: sessions behind a protocol of lines.

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use crate::support::{Server, record_token};

struct Client {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
}

impl Client {
    async fn of(server: &Server) -> Self {
        let (reader, writer) = TcpStream::connect(&server.url).await.unwrap().into_split();
        Self { lines: BufReader::new(reader).lines(), writer }
    }

    /// Says a line and gives the answer, up to the line that ends it.
    async fn say(&mut self, line: &str) -> Vec<String> {
        self.writer.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        loop {
            let line = self.lines.next_line().await.unwrap().expect("an answer");
            let is_last = line.starts_with("ok") || line.starts_with("error");
            answer.push(line);
            if is_last {
                return answer;
            }
        }
    }

    /// Writes the first note and gives the token that comes with it.
    async fn begin(&mut self, note: &str) -> String {
        let answer = self.say(&format!("note {note}")).await;
        let [token, ok] = &answer[..] else { panic!("{answer:?}") };
        assert_eq!(ok, "ok");
        record_token(token.strip_prefix("token ").unwrap())
    }
}

#[tokio::test]
async fn a_token_from_one_connection_opens_the_notebook_in_another() {
    let server = Server::start("without_http", &["127.0.0.1:0"]).await;
    let mut client = Client::of(&server).await;
    assert_eq!(client.say("notes").await, ["ok"]);
    let token = client.begin("buy tea").await;
    assert_eq!(client.say("note sell coffee").await, ["ok"], "the token stays");

    let mut other = Client::of(&server).await;
    assert_eq!(other.say(&format!("open {token}")).await, ["ok opened"]);
    assert_eq!(other.say("notes").await, ["- buy tea", "- sell coffee", "ok"]);
    other.say("note drink tea").await;
    assert_eq!(client.say("notes").await, ["- buy tea", "- sell coffee", "- drink tea", "ok"]);
}

#[tokio::test]
async fn a_burnt_notebook_is_gone_for_everybody_and_nobody_writes_into_it_any_more() {
    let server = Server::start("without_http", &["127.0.0.1:0"]).await;
    let (mut client, mut other) = (Client::of(&server).await, Client::of(&server).await);
    let token = client.begin("buy tea").await;
    other.say(&format!("open {token}")).await;
    assert_eq!(client.say("burn").await, ["ok"]);
    assert_eq!(other.say("note too late").await, ["error the session has ended, or a sign-in has renewed its token"]);
    assert_eq!(other.say(&format!("open {token}")).await, ["ok nothing"]);
    assert_ne!(other.begin("a new one").await, token);
}

#[tokio::test]
async fn nonsense_is_answered_with_what_to_say_and_opens_nothing() {
    let server = Server::start("without_http", &["127.0.0.1:0"]).await;
    let mut client = Client::of(&server).await;
    assert!(client.say("hello").await[0].starts_with("error say `open TOKEN`"));
    assert_eq!(client.say("open sesame").await, ["ok nothing"]);
    assert_eq!(client.say(&format!("open {}", "A".repeat(64))).await, ["ok nothing"]);
}
