//! Starts `wrk` and reads what it prints.

use std::{error::Error, fs, net::SocketAddr, path::PathBuf, process::Command, time::Duration};

/// What one run of `wrk` found.
pub(crate) struct Load {
    pub(crate) requests: u64,
    pub(crate) requests_per_second: f64,
    pub(crate) microseconds_median: f64,
    pub(crate) microseconds_99: f64,
}

/// A script that lets requests take turns with sessions, so that no two in flight have the same.
pub(crate) struct Script(PathBuf);

impl Script {
    pub(crate) fn of(cookies: &[String]) -> Result<Self, Box<dyn Error>> {
        let file = std::env::temp_dir().join(format!("scs-socket-{}.lua", std::process::id()));
        let list: Vec<_> = cookies.iter().map(|cookie| format!("{cookie:?}")).collect();
        let script = format!(
            "local cookies = {{ {} }}\n\
             local requests, turn = {{}}, 0\n\
             function init()\n\
               for i, cookie in ipairs(cookies) do requests[i] = wrk.format('GET', '/', {{ Cookie = cookie }}) end\n\
             end\n\
             function request()\n\
               turn = turn % #requests + 1\n\
               return requests[turn]\n\
             end\n",
            list.join(", ")
        );
        fs::write(&file, script)?;
        Ok(Self(file))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// # Errors
///
/// `wrk` is not installed, or a request failed.
pub(crate) fn run(
    address: SocketAddr,
    script: &Script,
    connections: usize,
    time: Duration,
) -> Result<Load, Box<dyn Error>> {
    let output = Command::new("wrk")
        .args(["--threads", "1", "--latency", "--connections", &connections.to_string()])
        .args(["--duration", &format!("{}s", time.as_secs())])
        .arg("--script")
        .arg(&script.0)
        .arg(format!("http://{address}/"))
        .output()
        .map_err(|error| format!("wrk: {error}; on Debian: apt-get install wrk"))?;
    let text = String::from_utf8(output.stdout)?;
    if !output.status.success() || text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(format!("requests failed:\n{text}{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    parse(&text).ok_or_else(|| format!("not what wrk 4 prints:\n{text}").into())
}

fn parse(text: &str) -> Option<Load> {
    let after = |label: &str| {
        let line = text.lines().map(str::trim).find(|line| line.starts_with(label))?;
        line[label.len()..].split_whitespace().next()
    };
    let total = text.lines().find(|line| line.contains(" requests in "))?;
    Some(Load {
        requests: total.split_whitespace().next()?.parse().ok()?,
        requests_per_second: after("Requests/sec:")?.parse().ok()?,
        microseconds_median: microseconds(after("50%")?)?,
        microseconds_99: microseconds(after("99%")?)?,
    })
}

fn microseconds(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let factor = match &text[digits.len()..] {
        "us" => 1.0,
        "ms" => 1_000.0,
        "s" => 1_000_000.0,
        _ => return None,
    };
    digits.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_prints_is_understood() {
        let text = "  Latency Distribution\n     50%  466.00us\n     75%  612.00us\n     99%    1.71ms\n  \
                    211510 requests in 2.00s, 28.24MB read\nRequests/sec: 105753.20\nTransfer/sec:     14.12MB\n";
        let load = parse(text).unwrap();
        assert_eq!((load.requests, load.requests_per_second), (211_510, 105_753.2));
        assert_eq!((load.microseconds_median, load.microseconds_99), (466.0, 1_710.0));
    }
}
