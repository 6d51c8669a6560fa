//! The socket at the edge: its handshake, its frames, its end. All that can be decided without it is decided elsewhere.
//!
//! The handshake is a request through the same client as every call: same roots, same least version of TLS, same proxy of the
//! environment (through `CONNECT`), no redirects. A proxy that does not let it through ends in polling.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{FutureExt, Sink, SinkExt, Stream};
use reqwest::header::{
    AUTHORIZATION, CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{Response, StatusCode, Upgraded};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Bytes, Message, Utf8Bytes};

use super::super::client::Client;
use super::super::scope::{Access, Family};
use super::super::transport::{Broke, Fault, Transport, after_of};
use super::super::wire::odd;
use super::super::{Error, token::Token};
use super::line::Ending;

/// No event comes near this, in one frame or in many.
const LONGEST_MESSAGE: usize = 1 << 20;
/// What we say is short, and one ping is out at a time: more than this in the buffer means that nobody reads.
const LONGEST_BACKLOG: usize = 8 << 20;

/// What came from the socket.
#[derive(Debug)]
pub(super) enum Frame {
    /// A text.
    Text(Utf8Bytes),
    /// A pong.
    Pong(Bytes),
    /// Bytes, which nobody asked for.
    Binary,
    /// A ping of theirs; it is answered by itself.
    Ping,
    /// A message that is too long; there is no way to read on behind it.
    TooLong,
    /// The end.
    Ended(Ending),
}

/// An open socket. Dropping it says goodbye where that is possible without waiting.
pub(super) struct Socket {
    frames: WebSocketStream<Upgraded>,
    /// Something of ours is not on its way yet.
    unsent: bool,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").finish_non_exhaustive()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let goodbye = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
        let _ = tokio::task::unconstrained(self.frames.close(Some(goodbye))).now_or_never();
    }
}

impl Socket {
    async fn new(connection: Upgraded) -> Self {
        let mut config = WebSocketConfig::default();
        config.max_message_size = Some(LONGEST_MESSAGE);
        config.max_frame_size = Some(LONGEST_MESSAGE);
        config.max_write_buffer_size = LONGEST_BACKLOG;
        let frames = WebSocketStream::from_raw_socket(connection, Role::Client, Some(config)).await;
        Self { frames, unsent: false }
    }

    /// Sends as soon as the network takes it: at once, or while the next frame is waited for. Never waits itself.
    pub(super) fn send(&mut self, message: Message) -> Result<(), Ending> {
        Pin::new(&mut self.frames).start_send(message).map_err(|_| broken())?;
        // A failure is found again by the reading.
        self.unsent = tokio::task::unconstrained(self.frames.flush()).now_or_never().is_none();
        Ok(())
    }

    /// The next frame. Meanwhile what is unsent is sent.
    pub(super) async fn next(&mut self) -> Frame {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// The next frame, where one has arrived already.
    pub(super) fn arrived(&mut self) -> Option<Frame> {
        tokio::task::unconstrained(self.next()).now_or_never()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Frame> {
        let frames = &mut self.frames;
        if self.unsent {
            match Pin::new(&mut *frames).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.unsent = false,
                // What the tenant said before it went stands in front of the end, and the reading finds both.
                Poll::Ready(Err(_)) => self.unsent = false,
                Poll::Pending => {}
            }
        }
        Pin::new(frames).poll_next(cx).map(|message| match message {
            Some(Ok(Message::Text(text))) => Frame::Text(text),
            Some(Ok(Message::Pong(payload))) => Frame::Pong(payload),
            Some(Ok(Message::Binary(_))) => Frame::Binary,
            Some(Ok(Message::Ping(_) | Message::Frame(_))) => Frame::Ping,
            Some(Ok(Message::Close(frame))) => Frame::Ended(closed(frame.map(|frame| frame.code))),
            Some(Err(tungstenite::Error::Capacity(_))) => Frame::TooLong,
            Some(Err(_)) | None => Frame::Ended(broken()),
        })
    }
}

/// The connection broke without a word (1006).
fn broken() -> Ending {
    Ending::Dropped { why: "the connection broke".into(), after: None }
}

/// The other end closed it. Its words are not repeated.
fn closed(code: Option<CloseCode>) -> Ending {
    let code = code.map_or(1005, u16::from);
    let why = format!("the tenant closed the socket of events ({code})");
    match code {
        1008 => Ending::Refused { why },
        _ => Ending::Dropped { why, after: None },
    }
}

/// Opens the socket. A 401 renews the token and tries once more.
pub(super) async fn open(client: Client, way: Transport) -> Result<Socket, Ending> {
    let needed = Family::Events.needed(Access::Read);
    let asked = client.scopes();
    if !asked.covers(needed) {
        return Err(Ending::Never { why: format!("{needed} was not asked for") });
    }
    let tokens = &client.wire().tokens;
    let mut token = tokens.get(asked).await.map_err(|error| without_token(&error))?;
    let mut renewed = false;
    loop {
        if !token.granted.covers(needed) {
            return Err(Ending::Refused { why: format!("the tenant did not grant {needed}") });
        }
        let key = generate_key();
        let response = way.knock(headers(&token, &key)?).await.map_err(|fault| unreached(&fault))?;
        tracing::debug!(status = response.status().as_u16(), "the socket of events answered");
        if response.status() != StatusCode::UNAUTHORIZED {
            tokens.proven(&token);
            return upgrade(&way, response, &key).await;
        }
        if renewed {
            return Err(Ending::Refused { why: "the socket of events refuses the token".into() });
        }
        renewed = true;
        token = tokens.renew(asked, &token).await.map_err(|error| without_token(&error))?;
    }
}

/// Wrong credentials are told by the calls that are made meanwhile; here they are no more than a reason to poll.
fn without_token(error: &Error) -> Ending {
    match error {
        Error::Unreachable { .. } => Ending::Dropped { why: error.to_string(), after: None },
        Error::Throttled { after } => Ending::Dropped { why: error.to_string(), after: *after },
        _ => Ending::Refused { why: error.to_string() },
    }
}

fn unreached(fault: &Fault) -> Ending {
    let why = fault.detail.clone();
    match fault.broke {
        Broke::Certificate => Ending::Refused { why },
        Broke::Passing | Broke::TooLong => Ending::Dropped { why, after: None },
    }
}

fn headers(token: &Token, key: &str) -> Result<HeaderMap, Ending> {
    let key = HeaderValue::from_str(key).map_err(|_| broken())?;
    Ok(HeaderMap::from_iter([
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
        (SEC_WEBSOCKET_KEY, key),
        (AUTHORIZATION, token.header.clone()),
    ]))
}

/// Takes the connection over, where the tenant agrees to exactly what was asked.
async fn upgrade(way: &Transport, response: Response, key: &str) -> Result<Socket, Ending> {
    let status = response.status().as_u16();
    if status != 101 {
        return Err(refusal(way, &response));
    }
    let is = |name: &HeaderName, wanted: &str| {
        response
            .headers()
            .get(name)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(wanted.as_bytes()))
    };
    let accepted = derive_accept_key(key.as_bytes());
    let proves = response.headers().get(SEC_WEBSOCKET_ACCEPT).is_some_and(|value| *value == accepted);
    let adds = [SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL]
        .iter()
        .any(|name| response.headers().contains_key(name));
    if !is(&UPGRADE, "websocket") || !proves || adds {
        let why = odd("what answers at the address of events is no such socket").to_string();
        return Err(Ending::Refused { why });
    }
    match response.upgrade().await {
        Ok(connection) => Ok(Socket::new(connection).await),
        Err(_) => Err(broken()),
    }
}

/// What an answer means that opens no socket.
fn refusal(way: &Transport, response: &Response) -> Ending {
    let status = response.status().as_u16();
    let why = match way.redirect_of(response) {
        Some(to) => {
            format!("the socket of events redirects ({status}) to {to}; redirects are never followed")
        }
        None => format!("the socket of events answered {status}"),
    };
    match status {
        404 | 410 => Ending::Never { why },
        408 | 425 | 429 | 500 | 502..=599 => Ending::Dropped { why, after: after_of(response) },
        _ => Ending::Refused { why },
    }
}
