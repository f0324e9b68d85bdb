//! What stands on the way to AWS: a proxy as companies have it, and TLS with a certificate of their own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An HTTP proxy: it tunnels and forwards, and keeps what it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct HttpProxy {
    /// `HOST:PORT`.
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl HttpProxy {
    /// For everybody.
    pub(crate) async fn open() -> Self {
        Self::start(None).await
    }

    /// For who sends these credentials, as the header has them.
    pub(crate) async fn asking_for(authorization: &'static str) -> Self {
        Self::start(Some(authorization)).await
    }

    async fn start(authorization: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(serve(near, authorization, Arc::clone(&kept)));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Method and target of each connection since the last call.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

/// Nothing is said where a connection breaks: the client is what a test looks at.
async fn serve(
    mut near: TcpStream,
    authorization: Option<&'static str>,
    asked: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let mut read = Vec::new();
    let end = loop {
        if near.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let body = read.split_off(end);
    let head = String::from_utf8(read).unwrap();
    let (line, headers) = head.split_once("\r\n").unwrap();
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    asked.lock().unwrap().push(format!("{method} {target}"));
    let given = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.trim())
    });
    if authorization.is_some() && given != authorization {
        let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\
            proxy-authenticate: Basic\r\nconnection: close\r\n\r\n";
        return near.write_all(answer).await.ok();
    }
    let mut far;
    if method == "CONNECT" {
        far = TcpStream::connect(target).await.ok()?;
        near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
    } else {
        let rest = target.strip_prefix("http://").expect("a proxy is asked with a whole URL");
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        far = TcpStream::connect(host).await.ok()?;
        let head = format!("{method} /{path} HTTP/1.1\r\n{headers}");
        far.write_all(head.as_bytes()).await.ok()?;
        far.write_all(&body).await.ok()?;
    }
    tokio::io::copy_bidirectional(&mut near, &mut far).await.ok().map(drop)
}

/// HTTPS in front of a local server. It ends when its pipe closes.
#[derive(Debug)]
pub(crate) struct TlsRelay {
    pub(crate) url: String,
    _server: Child,
}

impl TlsRelay {
    /// In front of a URL; who trusts `bundle`, which is written here, trusts the relay.
    pub(crate) async fn in_front_of(url: &str, bundle: &Path) -> Self {
        let python = std::env::var("AMIWATCH_TEST_PYTHON")
            .expect("AMIWATCH_TEST_PYTHON names a Python: run tests/run, which sets it");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls_relay.py");
        let upstream = url.strip_prefix("http://").unwrap().trim_end_matches('/');
        let mut command = Command::new(python);
        command.arg(script).arg(upstream).arg(bundle).stdin(Stdio::piped()).stdout(Stdio::piped());
        tokio::task::spawn_blocking(move || {
            let mut server = command.spawn().expect("the relay starts");
            let mut line = String::new();
            let stdout = server.stdout.take().expect("stdout is piped");
            BufReader::new(stdout).read_line(&mut line).expect("the relay says where it listens");
            let url = line.trim().strip_prefix("listening on ").expect("a URL").to_owned();
            Self { url, _server: server }
        })
        .await
        .unwrap()
    }
}
