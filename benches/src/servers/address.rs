//! Addresses of servers, as variables of the environment have them.

/// A URL of the form `SCHEME://[LOGIN@]HOST:PORT[/DATABASE]`.
#[derive(Clone)]
pub struct Address {
    /// The scheme, and the login if there is one.
    before: String,
    server: String,
    database: String,
}

impl Address {
    /// # Panics
    ///
    /// The variable has no URL in it.
    pub fn of(variable: &str) -> Option<Self> {
        let url = std::env::var(variable).ok()?;
        let (scheme, rest) = url.split_once("://").expect("a URL has a scheme");
        let (place, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, server) = place.rsplit_once('@').map_or(("", place), |(login, server)| (login, server));
        let login = if login.is_empty() { String::new() } else { format!("{login}@") };
        Some(Self { before: format!("{scheme}://{login}"), server: server.to_owned(), database: database.to_owned() })
    }

    pub fn url(&self) -> String {
        format!("{}{}/{}", self.before, self.server, self.database)
    }

    /// `HOST:PORT`.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The same database on what listens at `HOST:PORT`.
    #[must_use]
    pub fn at(&self, server: impl Into<String>) -> Self {
        Self { server: server.into(), ..self.clone() }
    }

    /// Another database on the same server; parameters may follow its name.
    #[must_use]
    pub fn with_database(&self, database: impl Into<String>) -> Self {
        Self { database: database.into(), ..self.clone() }
    }
}
