//! Redis servers of a test's own, on loopback, which end with the test.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::ServerClock;

/// A server on a port of its own. It ends when this is dropped.
pub(crate) struct RedisServer {
    pub(crate) port: u16,
    arguments: Vec<String>,
    directory: PathBuf,
    /// The server itself; the one that is installed unless another one is named.
    program: String,
    clock: Option<ServerClock>,
    process: Option<Child>,
}

impl RedisServer {
    /// Starts a server that keeps nothing on disk unless the arguments say otherwise, and waits until it answers.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_by("redis-server".to_owned(), arguments, false)
    }

    /// Another server of the kind that runs at this port, with a clock that the test sets.
    pub(crate) fn start_with_clock(port: u16) -> Self {
        let information = Probe::try_connect(port).expect("the server is up").ask("INFO server");
        let program = information.lines().find_map(|line| line.strip_prefix("executable:"));
        Self::start_by(program.expect("it tells its program").to_owned(), &[], true)
    }

    /// The clock of [`start_with_clock`](Self::start_with_clock).
    pub(crate) fn clock(&self) -> &ServerClock {
        self.clock.as_ref().expect("it has a clock")
    }

    fn start_by(program: String, arguments: &[&str], has_clock: bool) -> Self {
        let port = Self::free_port();
        let directory = std::env::temp_dir().join(format!("scs-redis-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let clock = has_clock.then(|| ServerClock::within(&directory));
        let mut server = Self { port, arguments, directory, program, clock, process: None };
        server.start_again();
        server
    }

    /// A sentinel over the primary at this port; `service` is its name.
    pub(crate) fn sentinel(service: &str, primary: u16) -> Self {
        let configuration =
            std::env::temp_dir().join(format!("scs-sentinel-{}-{}.conf", std::process::id(), Self::free_port()));
        let lines = [
            format!("sentinel monitor {service} 127.0.0.1 {primary} 2"),
            format!("sentinel down-after-milliseconds {service} 1000"),
            format!("sentinel failover-timeout {service} 3000"),
        ];
        std::fs::write(&configuration, lines.join("\n")).unwrap();
        Self::start(&[configuration.to_str().unwrap(), "--sentinel"])
    }

    /// The end of a process that was given no time to write anything.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Stops the process where it is, as a machine does that is overloaded, or lets it go on.
    pub(crate) fn stand_still(&self, stands_still: bool) {
        let process = self.process.as_ref().expect("it runs").id().to_string();
        let signal = if stands_still { "-STOP" } else { "-CONT" };
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }

    /// Starts it (again) on the same port, with what is on its disk.
    pub(crate) fn start_again(&mut self) {
        let (files, options): (Vec<_>, Vec<_>) = self.arguments.iter().partition(|argument| argument.starts_with('/'));
        let directory = self.directory.to_str().unwrap();
        let mut command = Command::new(&self.program);
        if let Some(clock) = &self.clock {
            clock.rule(&mut command);
        }
        let process = command
            .args(files)
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--dir", directory])
            .args(if self.arguments.iter().any(|argument| argument == "--sentinel") {
                &[][..]
            } else {
                &["--save", ""]
            })
            .args(options)
            .stdout(Stdio::null())
            .spawn();
        self.process = Some(process.expect("the server is installed"));
        wait_until("the server answers", || Probe::try_connect(self.port).is_some_and(|mut it| it.is_ready()));
    }

    /// A port that was free a moment ago.
    pub(crate) fn free_port() -> u16 {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    }

    /// Where it talks to the other nodes of its cluster.
    pub(crate) fn bus_port(&self) -> &str {
        let option =
            self.arguments.iter().position(|argument| argument == "--cluster-port").expect("it is in a cluster");
        &self.arguments[option + 1]
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn probe(&self) -> Probe {
        Probe::try_connect(self.port).expect("the server is up")
    }

    /// The answer to one command, over a connection of its own.
    pub(crate) fn ask(&self, command: &str) -> String {
        self.probe().ask(command)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A connection that shares no code with what is tested: commands as lines of text, answers as text.
pub(crate) struct Probe(BufReader<TcpStream>);

impl Probe {
    pub(crate) fn try_connect(port: u16) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        Some(Self(BufReader::new(stream)))
    }

    pub(crate) fn ask(&mut self, command: &str) -> String {
        self.try_ask(command).expect("the server answers")
    }

    /// `None` if the server has gone.
    pub(crate) fn try_ask(&mut self, command: &str) -> Option<String> {
        self.0.get_mut().write_all(format!("{command}\r\n").as_bytes()).ok()?;
        self.answer()
    }

    fn is_ready(&mut self) -> bool {
        self.try_ask("PING").is_some_and(|answer| answer == "PONG" || answer.starts_with("NOAUTH"))
    }

    fn answer(&mut self) -> Option<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        let (kind, rest) = line.trim_end().split_at(1);
        match (kind, rest.parse::<i64>()) {
            ("$", Ok(length @ 0..)) => {
                let mut bytes = vec![0; usize::try_from(length).unwrap() + 2];
                self.0.read_exact(&mut bytes).ok()?;
                bytes.truncate(bytes.len() - 2);
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            ("*", Ok(length @ 0..)) => {
                let items: Option<Vec<_>> = (0..length).map(|_| self.answer()).collect();
                Some(items?.join("\n"))
            }
            _ => Some(rest.to_owned()),
        }
    }

    /// A number in `INFO`, such as `total_reads_processed`.
    pub(crate) fn statistic(&mut self, section: &str, name: &str) -> u64 {
        let answer = self.ask(&format!("INFO {section}"));
        let line = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::to_owned));
        let value = line.unwrap_or_default();
        let number = value.trim_start_matches("calls=").split(',').next().unwrap_or_default();
        number.parse().unwrap_or(0)
    }

    /// How often a command was called, by clients and by scripts.
    pub(crate) fn calls(&mut self, command: &str) -> u64 {
        self.statistic("commandstats", &format!("cmdstat_{command}"))
    }
}

/// Waits for something that another process does.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(20), "never came true: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
