//! Sites for browsers: the playground, and servers of a test's own.

use axum::Router;

use crate::support::Server;

/// Where browsers find the playground, on an address that counts as secure without TLS.
pub(crate) fn localhost(playground: &Server) -> String {
    playground.url.replace("127.0.0.1", "localhost")
}

/// Serves until the test is over, and gives the port.
pub(crate) async fn serve(app: Router) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    port
}
