//! Sessions without HTTP: a notebook on a TCP port, one command per line, with the token as text.
//!
//! Start it, then type, and come back later with the token:
//!
//! ```sh
//! cargo run --example without_http
//! nc localhost 3000
//! note buy tea
//! note sell coffee
//! open TOKEN
//! notes
//! burn
//! ```

use std::fmt::Write as _;

use scs::{MemoryStore, Session, SessionError, SessionManager, TypedSession};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// Whoever talks longer must connect again, so that no line can fill the memory.
const LONGEST_TALK: u64 = 64 * 1024;

#[derive(Session)]
struct Notebook {
    notes: Vec<String>,
}

type Notebooks = SessionManager<Notebook, MemoryStore>;

/// What a client may say.
enum Command {
    Open { token: String },
    Note { text: String },
    Notes,
    Burn,
}

impl Command {
    fn parse(line: &str) -> Option<Self> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "open" => Some(Self::Open { token: rest.to_owned() }),
            "note" => Some(Self::Note { text: rest.to_owned() }),
            "notes" => Some(Self::Notes),
            "burn" => Some(Self::Burn),
            _ => None,
        }
    }
}

/// One client and the notebook that lies open.
struct Talk {
    notebooks: Notebooks,
    session: TypedSession<Notebook>,
}

impl Talk {
    async fn begin(notebooks: Notebooks) -> Result<Self, SessionError> {
        let session = notebooks.open(None).await?;
        Ok(Self { notebooks, session })
    }

    async fn answer(&mut self, command: Command) -> Result<String, SessionError> {
        match command {
            Command::Open { token } => {
                self.session = self.notebooks.open(token.as_str()).await?;
                Ok(format!("ok {}\n", if self.session.is_new() { "nothing" } else { "opened" }))
            }
            Command::Note { text } => {
                self.refresh().await?;
                self.session.update_notes(move |notes| notes.push(text.clone()));
                self.save().await
            }
            Command::Notes => {
                self.refresh().await?;
                let mut answer = String::new();
                for note in self.session.notes() {
                    // Writing to a string cannot fail.
                    let _ = writeln!(answer, "- {note}");
                }
                Ok(answer + "ok\n")
            }
            Command::Burn => {
                self.session.destroy();
                self.save().await
            }
        }
    }

    /// Sees what other clients with the same token have done since.
    async fn refresh(&self) -> Result<(), SessionError> {
        if self.session.is_new() { Ok(()) } else { self.session.reload().await }
    }

    /// There is no middleware here: we commit, and we tell the client what became of its token.
    async fn save(&self) -> Result<String, SessionError> {
        let committed = self.session.commit().await?;
        Ok(match committed.token() {
            Some(token) => format!("token {}\nok\n", token.expose()),
            None => "ok\n".to_owned(),
        })
    }
}

async fn serve(stream: TcpStream, notebooks: Notebooks) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader.take(LONGEST_TALK)).lines();
    let mut talk = Talk::begin(notebooks).await.map_err(std::io::Error::other)?;
    while let Some(line) = lines.next_line().await? {
        let answer = match Command::parse(&line) {
            Some(command) => talk.answer(command).await.unwrap_or_else(|error| format!("error {error}\n")),
            None => "error say `open TOKEN`, `note TEXT`, `notes` or `burn`\n".to_owned(),
        };
        writer.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let notebooks = Notebooks::new(MemoryStore::new());
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let notebooks = notebooks.clone();
        tokio::spawn(async move {
            if let Err(error) = serve(stream, notebooks).await {
                eprintln!("a client is gone: {error}");
            }
        });
    }
}
