//! Calls each function of `http` and `secrets`, so that every one has a test where it is granted and one where it is not.

use lion_guest::host::http::{self, Failure, Head, Request};
use lion_guest::host::{poll, secrets};
use lion_guest::json::{json, Value};
use lion_guest::{http as client, packed, Select};

lion_guest::world!("probe-http:probe-http/probe-http", ["../../wit", "wit"]);

type Said = Result<String, String>;

struct Probe;

impl Guest for Probe {
    fn http_send(question: Question) -> Said {
        Ok(sent(question)?.to_string())
    }

    fn http_start(question: Question) -> Said {
        drop(http::start(&request(question), false)?);
        Ok("null".into())
    }

    fn http_read(question: Question, max: u32) -> Said {
        let started = http::start(&request(question), false)?;
        poll::wait(&started.readable.to_string(), None)?;
        let first = head(&started.exchange.head()?);
        let second = head(&started.exchange.head()?);
        let (pieces, body) = rest(&started.exchange, max)?;
        Ok(json!({ "head": first, "same": first == second, "pieces": pieces, "body": body }).to_string())
    }

    fn http_write(question: Question, pieces: Vec<String>) -> Said {
        let started = http::start(&request(question), true)?;
        for piece in &pieces {
            poll::wait(&started.writable.to_string(), None)?;
            started.exchange.write(piece)?;
        }
        started.exchange.finish()?;
        let first = head(&started.exchange.head()?);
        let (pieces, body) = rest(&started.exchange, 65_536)?;
        Ok(json!({ "head": first, "pieces": pieces, "body": body }).to_string())
    }

    fn http_race(urls: Vec<String>) -> Said {
        let exchanges: Result<Vec<_>, Failure> = urls.iter().map(|url| client::get(url).start()).collect();
        let exchanges = exchanges?;
        let mut select = Select::new();
        for (place, exchange) in exchanges.iter().enumerate() {
            select.add(exchange, place);
        }
        let mut order = Vec::new();
        while let Some(place) = select.next()? {
            order.push(json!([place, exchanges[place].head()?.status]));
        }
        Ok(Value::Array(order).to_string())
    }

    fn http_try(questions: Vec<Question>) -> Said {
        let tried = questions.into_iter().map(|one| match sent(one) {
            Ok(answer) => answer,
            Err(failure) => json!(failure.line()),
        });
        Ok(Value::Array(tried.collect()).to_string())
    }

    fn http_crash(question: Question) -> Said {
        let kept = sent(question)?.to_string();
        panic!("{kept}");
    }

    fn secrets_exists(name: String) -> Said {
        Ok(secrets::exists(&name)?.to_string())
    }
}

fn request(question: Question) -> Request {
    let Question { method, url, headers, body, timeout } = question;
    Request { method, url, headers, body, timeout }
}

fn sent(question: Question) -> Result<Value, Failure> {
    let answer = http::send(&request(question))?;
    let http::Response { status, headers, url, body } = answer;
    Ok(json!({ "status": status, "headers": headers, "url": url, "body": body }))
}

fn head(head: &Head) -> Value {
    json!({ "status": head.status, "headers": head.headers, "url": head.url })
}

/// How many pieces, and their bytes packed.
fn rest(exchange: &http::Exchange, max: u32) -> Result<(u32, String), String> {
    let (mut count, mut body) = (0, Vec::new());
    while let Some(piece) = exchange.read(max)? {
        count += 1;
        body.extend(packed::to_bytes(piece)?);
    }
    Ok((count, packed::from_bytes(&body)))
}

export!(Probe);
