//! The least that sending recorded requests can cost, for `bench/floor`: sockets and bytes, no HTTP
//! library. Answers are read to their end, as `Content-Length` says, and not looked at.
//!
//! `socket_client HOST:PORT FILE...`, in pairs; each line on stdin is a number of rounds, answered
//! by a line when they are done. Compiled by `rustc` alone.

use std::io::{BufRead, Error, Read, Result, Write};
use std::net::TcpStream;

struct Sender {
    connection: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Sender {
    fn send(&mut self) -> Result<()> {
        self.connection.write_all(&self.request)?;
        let mut have = 0;
        let mut whole = None;
        while whole.is_none_or(|whole| have < whole) {
            let count = self.connection.read(&mut self.answer[have..])?;
            if count == 0 {
                return Err(Error::other("the answer ends in the middle"));
            }
            have += count;
            if whole.is_none() {
                whole = length(&self.answer[..have])?;
            }
        }
        Ok(())
    }
}

/// The length of an answer, once its headers are whole.
fn length(answer: &[u8]) -> Result<Option<usize>> {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let headers = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    if !headers.starts_with("http/1.1 200") {
        return Err(Error::other(headers));
    }
    let body: usize = headers
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
        .ok_or_else(|| Error::other("no Content-Length"))?;
    Ok(Some(end + 4 + body))
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut senders = Vec::new();
    for pair in arguments.chunks_exact(2) {
        let connection = TcpStream::connect(&pair[0])?;
        connection.set_nodelay(true)?;
        senders.push(Sender {
            connection,
            request: std::fs::read(&pair[1])?,
            answer: vec![0; 1 << 20],
        });
    }
    for line in std::io::stdin().lock().lines() {
        let rounds: usize = line?.trim().parse().map_err(Error::other)?;
        for _ in 0..rounds {
            for sender in &mut senders {
                sender.send()?;
            }
        }
        println!("done");
    }
    Ok(())
}
