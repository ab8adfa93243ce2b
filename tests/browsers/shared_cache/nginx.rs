//! nginx as a cache of whatever the standard lets it keep.

use tokio::{
    net::TcpStream,
    process::Child,
    time::{Duration, sleep},
};

use crate::{
    driver::program,
    support::{Folder, RedisServer},
};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Manners {
    /// Keeps every answer to a `GET` that does not say otherwise.
    Standard,
    /// Keeps answers that set cookies too, and answers to a `POST`. It happens.
    Careless,
}

impl Manners {
    const fn settings(self) -> &'static str {
        match self {
            Self::Standard => "",
            Self::Careless => "proxy_ignore_headers Set-Cookie; proxy_cache_methods GET HEAD POST;",
        }
    }
}

/// It ends when this is dropped.
pub(super) struct Nginx {
    pub(super) url: String,
    _process: Child,
    _folder: Folder,
}

impl Nginx {
    /// In front of the playground and of the pages below `/pages/`.
    pub(super) async fn start(manners: Manners, playground: &str, pages: u16) -> Self {
        let (folder, port) = (Folder::new("nginx"), RedisServer::free_port());
        std::fs::write(folder.file("nginx.conf"), configuration(port, manners, playground, pages)).unwrap();
        let mut nginx = program("SCS_NGINX");
        nginx.arg("-p").arg(folder.path()).args(["-e", "errors", "-c", "nginx.conf"]);
        let process = nginx.spawn().unwrap();
        // It does not say when it listens.
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
        Self { url: format!("http://127.0.0.1:{port}"), _process: process, _folder: folder }
    }
}

/// The key is the address alone: that visitors differ, only the answers say.
fn configuration(port: u16, manners: Manners, playground: &str, pages: u16) -> String {
    let manners = manners.settings();
    format!(
        "daemon off; master_process off; pid pid; events {{}}
        http {{
            access_log off;
            client_body_temp_path bodies; proxy_temp_path answers;
            fastcgi_temp_path unused; uwsgi_temp_path unused; scgi_temp_path unused;
            proxy_cache_path cache keys_zone=shared:10m;
            proxy_cache shared; proxy_cache_key $request_uri; proxy_cache_valid any 1h; {manners}
            proxy_http_version 1.1; proxy_set_header Connection '';
            add_header X-Cache $upstream_cache_status always;
            server {{
                listen 127.0.0.1:{port};
                location / {{ proxy_pass {playground}; }}
                location /pages/ {{ proxy_pass http://127.0.0.1:{pages}; }}
            }}
        }}"
    )
}
