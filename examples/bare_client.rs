//! The floor of what a poll can cost, for `bench/floor`: recorded requests, sent again by the HTTP
//! client that the AWS SDK uses, without the SDK. Answers are read to their end and not looked at.
//!
//! `bare_client REQUESTS.json`; each line on stdin is a number of rounds, answered by a line when
//! they are done.

use std::io::{BufRead, Write};

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde::Deserialize;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[derive(Deserialize)]
struct Recorded {
    method: String,
    url: String,
    headers: std::collections::BTreeMap<String, String>,
    body: String,
}

impl Recorded {
    fn request(&self) -> Result<HttpRequest, Error> {
        let mut request = HttpRequest::new(SdkBody::from(self.body.as_str()));
        request.set_method(&self.method)?;
        request.set_uri(self.url.as_str())?;
        for (name, value) in &self.headers {
            request.headers_mut().try_insert(name.to_lowercase(), value.clone())?;
        }
        Ok(request)
    }
}

async fn send(connector: &Connector, recorded: &Recorded) -> Result<(), Error> {
    let mut answer = connector.call(recorded.request()?).await?;
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    ByteStream::new(body).collect().await?;
    if answer.status().is_success() {
        Ok(())
    } else {
        Err(format!("{} answered {}", recorded.url, answer.status()).into())
    }
}

fn main() -> Result<(), Error> {
    let path = std::env::args().nth(1).ok_or("name the file of requests")?;
    let requests: Vec<Recorded> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Within the runtime, as the client looks for its timer there.
    let connector = runtime.block_on(async { Connector::builder().build_http() });
    for line in std::io::stdin().lock().lines() {
        let rounds: usize = line?.trim().parse()?;
        runtime.block_on(async {
            for _ in 0..rounds {
                let all = requests.iter().map(|recorded| send(&connector, recorded));
                futures_util::future::try_join_all(all).await?;
            }
            Ok::<_, Error>(())
        })?;
        let mut out = std::io::stdout();
        writeln!(out, "done")?;
        out.flush()?;
    }
    Ok(())
}
